"""`python -m app`: the commands of the service, and those that its features bring in their `commands.py`."""

import json
from collections.abc import Iterable
from math import ceil

import click
from granian.constants import Interfaces
from granian.server import Server

from kit.discovery import APPLICATION, ENTRYPOINT, ROOTS, application, modules
from kit.log import configure_logging
from kit.settings import BaseSettings, Environment, Settings, SettingsError, read_settings
from kit.start import reason_of

SPARE_SECONDS = 1


@click.group()
def cli() -> None:
    """Run the service and look after it."""


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option("--workers", default=1, show_default=True, help="Worker processes; one that dies is replaced.")
@click.option("--reload", is_flag=True, help="Start again when a file changes.")
def serve(host: str, port: int, workers: int, *, reload: bool) -> None:
    """Serve the service until SIGTERM or Ctrl+C.

    Then what is under way is finished. A request that no worker has read by then is refused: a proxy in front has to
    send elsewhere before the stop.
    """
    all_settings = read_settings()
    settings: Settings = all_settings[Settings]
    configure_logging(settings.model_copy(update={"log_dir": None}))  # the files are the workers'
    Server(
        ENTRYPOINT,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        workers=workers,
        reload=reload,
        reload_paths=list(ROOTS),  # not where the service writes its data and logs
        log_dictconfig={"loggers": {}, "handlers": {}},  # keep ours
        # A local service that cannot start says so once, and not in a loop.
        respawn_failed_workers=settings.environment is not Environment.LOCAL,
        workers_kill_timeout=_stop_seconds(all_settings.values()),
    ).serve()


def _stop_seconds(settings: Iterable[BaseSettings]) -> int:
    """Add up how long the requests, and then the features, may take to stop."""
    return ceil(sum(getattr(each, "shutdown_timeout", 0) for each in settings)) + SPARE_SECONDS


@cli.command()
def openapi() -> None:
    """Print the OpenAPI document."""
    click.echo(json.dumps(application().openapi(), indent=2, ensure_ascii=False))


for module in modules("**/commands.py"):
    for command in vars(module).values():
        if isinstance(command, click.Command):
            cli.add_command(command)


def main() -> None:
    """Run a command; faulty settings and servers that are away end it with a sentence, not with a traceback."""
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


if __name__ == "__main__":
    main()
