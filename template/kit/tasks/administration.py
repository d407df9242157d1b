"""The commands of `python -m app tasks`. They work on the database of the settings, also while the service runs."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from uuid import UUID

import click

from kit.errors import AppException
from kit.log import configure_logging
from kit.settings import Settings, read_settings
from kit.tasks.registry import find_tasks
from kit.tasks.storage import State, Storage, StoredTask, storage_module

PAGE = 100  # tasks
Work = Callable[[Storage], Awaitable[Iterable[str]]]

ids = click.argument("ids", metavar="[ID]...", nargs=-1, type=click.UUID)


@click.command("list")
@click.option("--state", type=click.Choice([each.value for each in State]), help="Only those in this state.")
def list_tasks(state: str | None) -> None:
    """List all tasks, without their arguments."""
    _run(lambda storage: _list(storage, State(state) if state else None))


@click.command()
@ids
@click.option("--all", "everything", is_flag=True, help="All that have failed.")
def retry(ids: tuple[UUID, ...], *, everything: bool) -> None:
    """Let tasks that have failed wait again, with all their attempts."""
    chosen = _chosen(ids, everything=everything)
    _run(lambda storage: _changed("wait again", storage.retry(chosen, datetime.now(UTC))))


@click.command()
@ids
@click.option("--all", "everything", is_flag=True, help="All that have failed.")
def drop(ids: tuple[UUID, ...], *, everything: bool) -> None:
    """Delete tasks, whatever their state; one that runs ends its attempt."""
    chosen = _chosen(ids, everything=everything)
    _run(lambda storage: _changed("dropped", storage.drop(chosen)))


def _chosen(ids: tuple[UUID, ...], *, everything: bool) -> tuple[UUID, ...] | None:
    if bool(ids) == everything:
        raise click.UsageError("name the tasks by their ids, or all that have failed with --all")
    return None if everything else ids


def _run(work: Work) -> None:
    configure_logging(read_settings()[Settings])
    try:
        lines = asyncio.run(_with_storage(work))
    except AppException as error:
        raise click.ClickException(error.message) from error
    for line in lines:
        click.echo(line)


async def _with_storage(work: Work) -> list[str]:
    async with storage_module().open_storage() as storage:
        return [*await work(storage)]


async def _list(storage: Storage, state: State | None) -> Iterable[str]:
    found: list[StoredTask] = []
    known = find_tasks()
    while page := await storage.list_tasks(state, found[-1].id if found else None, PAGE):
        found += page
    return [_line(each, known=each.name in known) for each in found]


async def _changed(what: str, change: Awaitable[int]) -> Iterable[str]:
    return [f"{await change} {what}"]


def _line(task: StoredTask, *, known: bool) -> str:
    name = task.name if known else f"{task.name} (unknown here)"
    times = f"deferred {task.created_at:%Y-%m-%d %H:%M:%S}, due {task.due_at:%Y-%m-%d %H:%M:%S}"
    error = f": {task.error.splitlines()[0]}" if task.error else ""
    return f"{task.id} {task.state} {name} attempts {task.attempt}, {times}{error}"
