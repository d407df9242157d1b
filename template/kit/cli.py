"""`python -m app`: the commands of the service, and those that packages define in their `commands.py`."""

import json
from collections.abc import Iterable
from math import ceil

import click
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings

from kit.discovery import APPLICATION, ENTRYPOINT, ROOTS, application, modules
from kit.log import configure_logging
from kit.server.ending import MARGIN
from kit.server.server import ServiceServer, held_port, max_connections
from kit.server.start import reason_of
from kit.settings import BaseSettings, Environment, Settings, SettingsError, read_settings
from kit.settings.names import warn_of_unknown_settings

__all__ = ["main"]

HEADER_TIMEOUT = 30  # seconds, also for an idle connection to send its next request


@click.group()
def cli() -> None:
    """Run and maintain the service."""


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option("--workers", default=1, show_default=True, help="Number of worker processes; one that dies is replaced.")
@click.option("--reload", is_flag=True, help="Restart when a file changes.")
def serve(host: str, port: int, workers: int, *, reload: bool) -> None:
    """Run the server until SIGTERM or Ctrl+C.

    Then finish the running requests and stop. Requests that no worker has read by then are refused: a proxy in front
    must stop sending before the service stops.
    """
    all_settings = read_settings()
    settings: Settings = all_settings[Settings]
    configure_logging(settings.model_copy(update={"log_dir": None}))  # each worker opens its own files
    warn_of_unknown_settings()
    server = ServiceServer(
        ENTRYPOINT,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        workers=workers,
        http=HTTPModes.http1,  # otherwise a connection that sends nothing stays open for ever
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_TIMEOUT * 1000),
        backpressure=max_connections(),
        reload=reload,
        reload_paths=list(ROOTS),  # not the folders of data and logs
        log_dictconfig={"loggers": {}, "handlers": {}},  # keep our own configuration
        once=settings.environment is Environment.LOCAL,
        send_timeout=settings.send_timeout,
        workers_kill_timeout=_stop_seconds(all_settings.values()),
    )
    with held_port(host, port):
        server.run()


def _stop_seconds(settings: Iterable[BaseSettings]) -> int:
    """Return how many seconds the requests, the features and then the process may take to stop."""
    limits = [getattr(each, name, 0) for each in settings for name in ("shutdown_timeout", "cancel_timeout")]
    return ceil(sum(limits)) + MARGIN


@cli.command()
def openapi() -> None:
    """Print the OpenAPI document."""
    click.echo(json.dumps(application().openapi(), indent=2, ensure_ascii=False))


for module in modules("**/commands.py"):
    for command in vars(module).values():
        if isinstance(command, click.Command):
            cli.add_command(command)


def main() -> None:
    """Run a command; for invalid settings and servers that are away, print the reason instead of a traceback."""
    try:
        cli(prog_name=f"python -m {APPLICATION}")
    except SettingsError as error:
        click.echo(error, err=True)
        raise SystemExit(1) from None
    except Exception as error:
        if not (reason := reason_of(error)):
            raise
        click.echo(f"Error: {reason}", err=True)
        raise SystemExit(1) from None
