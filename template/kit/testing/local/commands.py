"""`python -m app servers`: run the servers that the service needs, without Docker."""

import signal
import time
from collections.abc import Iterable
from contextlib import ExitStack
from itertools import product
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import click
from pydantic import SecretStr

from kit.settings import BaseSettings, read_settings
from kit.testing.local.kinds import all_kinds, how_to_get, kind_of
from kit.testing.local.programs import ServerError
from kit.testing.local.server import Server

LOCAL = {"localhost", "127.0.0.1"}
DATA = Path("data")


class Wanted(NamedTuple):
    """A server, and the settings that point at it, with their values."""

    server: Server
    settings: dict[str, str]


@click.command()
def servers() -> None:
    """Run the servers that the service needs.

    They run without Docker until Ctrl+C, at the URLs of the settings, with their data in the folder `data`. The
    programs come from wheels (`uv run --with …`) or from the system.
    """
    for name in {"SIGINT", "SIGTERM", "SIGHUP"} & signal.Signals.__members__.keys():
        signal.signal(signal.Signals[name], signal.default_int_handler)
    try:
        run(wanted(read_settings().values()))
    except ServerError as error:
        raise click.ClickException(str(error)) from None
    except KeyboardInterrupt:
        click.echo("All servers have stopped.")


def wanted(all_settings: Iterable[BaseSettings]) -> list[Wanted]:
    """Return the servers of this machine at which the settings point; several settings can point at one."""
    found: dict[tuple[type[Server], int], Wanted] = {}
    names = sorted({kind.setting for kind in all_kinds()})
    for settings, name in product(all_settings, names):
        url, password = _text(settings, name.lower()), _text(settings, "password")
        if not (kind := kind_of(name, url)):
            continue
        setting = f"{settings.model_config.get('env_prefix', '')}{name}"
        if _is_local(url):
            server = kind(url, DATA, password)
            found.setdefault((kind, server.port), Wanted(server, {})).settings[setting] = url
        else:
            click.echo(f"{setting} does not point at a server of this machine.")
    return list(found.values())


def run(wanted: Iterable[Wanted]) -> None:
    """Start the servers whose ports are free, and run them until one of them ends."""
    free = [each for each in wanted if _is_free(each)]
    if not free:
        raise ServerError("There is no server to start.")
    if advice := how_to_get({type(each.server) for each in free}):
        raise ServerError(advice)
    with ExitStack() as stack:
        for server, settings in free:
            stack.callback(server.stop)
            server.start()
            said = [*(f"{setting}={url}" for setting, url in settings.items()), server.hint()]
            click.echo("\n".join(filter(None, said)))
        click.echo("Press Ctrl+C to stop.")
        while not (ended := [server for server, _ in free if not server.runs]):
            time.sleep(0.2)
        raise ServerError(ended[0].last_words())


def _is_free(wanted: Wanted) -> bool:
    server = wanted.server
    if not server.port_is_free:
        click.echo(f"{' and '.join(wanted.settings)}: port {server.port} is taken; perhaps {server.name} runs already.")
    return server.port_is_free


def _is_local(url: str) -> bool:
    parts = urlsplit(url)
    return parts.hostname in LOCAL and "," not in parts.netloc  # a URL can name several servers


def _text(settings: BaseSettings, name: str) -> str:
    value = getattr(settings, name, None)
    return value.get_secret_value() if isinstance(value, SecretStr) else value if isinstance(value, str) else ""
