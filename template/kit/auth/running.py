"""Runs the work of a command, prints the lines that it returns, and reads long lists in pages."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from typing import Any, Protocol, TypeVar
from uuid import UUID

import click

from kit.errors import AppException
from kit.log import configure_logging
from kit.settings import Settings, read_settings

PAGE = 100


class Stored(Protocol):
    """Something with an id, by which pages are ordered."""

    @property
    def id(self) -> UUID: ...


AnyStored = TypeVar("AnyStored", bound=Stored)


def run(work: Coroutine[Any, Any, Iterable[str]]) -> None:
    configure_logging(read_settings()[Settings])
    try:
        lines = asyncio.run(work)
    except AppException as error:
        raise click.ClickException(error.message) from error
    for line in lines:
        click.echo(line)


async def all_pages(page: Callable[[UUID | None, int], Awaitable[Sequence[AnyStored]]]) -> list[AnyStored]:
    """Return all of a list, of which `page` returns those after an id, at most so many."""
    found: list[AnyStored] = []
    while some := await page(found[-1].id if found else None, PAGE):
        found += some
    return found
