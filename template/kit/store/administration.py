"""Commands that export and import the store."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import BinaryIO, TextIO, TypeVar

import click

from kit.discovery import entrypoint
from kit.settings import read_settings
from kit.store.store import StoreService, get_store
from kit.store.transfer import export_lines, import_lines

Result = TypeVar("Result")


@click.command("export")
@click.argument("file", type=click.File("wb"))
def export_store(file: BinaryIO) -> None:
    """Export all keys to FILE, as lines of JSON.

    Each line has the time at which its key expires.
    """

    async def write(store: StoreService) -> int:
        count = 0
        async for line in export_lines(store):
            file.write(line)
            count += 1
        return count

    click.echo(f"exported {_with_store(write)} keys", err=True)


@click.command("import")
@click.argument("file", type=click.File("r", encoding="utf-8"))
def import_store(file: TextIO) -> None:
    """Import the keys that `export` wrote to FILE.

    They overwrite existing ones.
    """
    count = _with_store(lambda store: import_lines(store, file))
    click.echo(f"imported {count} keys", err=True)


def _with_store(work: Callable[[StoreService], Awaitable[Result]]) -> Result:
    """Start the service as the doctor does, and return what `work` returns for its store."""
    app = entrypoint().create_app(*(each.for_doctor() for each in read_settings().values()))

    async def run() -> Result:
        async with app.router.lifespan_context(app):
            return await work(get_store(app))

    return asyncio.run(run())
