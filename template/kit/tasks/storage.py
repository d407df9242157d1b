"""Tasks as the database of the service keeps them, and what a database must do with them."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, cast
from uuid import UUID

from fastapi import FastAPI

from kit.discovery import modules

MAX_ERROR = 1000  # characters


class State(StrEnum):
    """`QUEUED` is for an engine with a queue of its own: the task is in there too."""

    WAITING = "waiting"
    QUEUED = "queued"
    RUNNING = "running"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class NewTask:
    """A task that is deferred. `unique_key` is the same for tasks of which one is enough while it waits."""

    id: UUID
    name: str
    arguments: str
    context: str
    created_at: datetime
    due_at: datetime
    unique_key: str | None = None


@dataclass(frozen=True, kw_only=True)
class StoredTask:
    """A task in the database. `attempt` counts the runs that have begun; `beat` changes while its worker lives."""

    id: UUID
    name: str
    arguments: str
    context: str
    due_at: datetime
    created_at: datetime
    state: State
    attempt: int
    beat: int
    error: str | None


@dataclass(frozen=True)
class Held:
    """A task that a worker runs or that is in a queue."""

    state: State
    beat: int


@dataclass(frozen=True)
class Counts:
    """How many tasks there are of a state, counted up to a limit, and when the first waiting one was due."""

    waiting: int
    failed: int
    oldest: datetime | None


class Storage(Protocol):
    """Tasks in a database. Each method is atomic, also against other processes, and none reads from a replica.

    What a worker does to a task that it began has no effect once the task has been taken from it: `lease` tells whose
    it is.
    """

    async def due(self, names: Collection[str], limit: int, now: datetime) -> Sequence[tuple[UUID, str]]:
        """Return the ids and names of tasks that are due, those due first in front; other names are left alone."""
        ...

    async def begin(
        self, ids: Collection[UUID], lease: UUID, now: datetime, *, wait: bool = False
    ) -> Sequence[StoredTask]:
        """Begin an attempt of those of these tasks that wait, and return them.

        A transaction that has dropped a task in favour of one of these keeps that one from beginning: leave it out, or
        `wait` for the transaction.
        """
        ...

    async def mark_queued(self, ids: Collection[UUID], now: datetime) -> None: ...

    async def renew(self, ids: Collection[UUID], lease: UUID) -> None:
        """Show that the worker of these tasks lives."""
        ...

    async def held(self) -> Mapping[UUID, Held]: ...

    async def release(self, tasks: Mapping[UUID, Held], error: str) -> None:
        """Let tasks wait again unless their workers have shown that they live."""
        ...

    async def finish(self, task_id: UUID, lease: UUID) -> None: ...

    async def repeat(self, task: StoredTask, lease: UUID, due_at: datetime, error: str) -> None:
        """Let a task wait for another attempt; the count of its attempts becomes the given one."""
        ...

    async def fail(self, task_id: UUID, lease: UUID, error: str) -> None: ...

    async def follow_clock(self, now: datetime) -> None:
        """Make tasks due that were so when they were deferred, because the clock has been put back since."""
        ...

    async def forget_effects(self, before: datetime) -> None:
        """Delete the effects from before a time whose tasks are done."""
        ...

    async def counts(self, now: datetime) -> Counts: ...

    async def list_tasks(self, state: State | None, after: UUID | None, limit: int) -> Sequence[StoredTask]: ...

    async def retry(self, ids: Collection[UUID] | None, now: datetime) -> int:
        """Let failed tasks wait again, all or these, and return their number."""
        ...

    async def drop(self, ids: Collection[UUID] | None) -> int:
        """Delete these tasks, or all failed ones, and return their number."""
        ...


class StorageModule(Protocol):
    """A package that keeps tasks in the database of this service."""

    def storage_of(self, app: FastAPI) -> Storage: ...

    def open_storage(self) -> AbstractAsyncContextManager[Storage]: ...

    def open_transaction(self, app: FastAPI) -> AbstractAsyncContextManager[Any]: ...

    async def add(self, session: Any, task: NewTask) -> bool:
        """Add a task in a session; return `False` if one with the same unique key waits, which then sees this data."""
        ...

    async def add_alone(self, app: FastAPI, task: NewTask) -> bool:
        """Add a task as `add` does, and commit it."""
        ...

    async def claim_effect(self, session: Any, task_id: UUID, key: str) -> bool:
        """Return whether no committed transaction has claimed this effect of a task."""
        ...


def storage_module() -> StorageModule:
    """Return the package for the database of this service; a service has one."""
    (found,) = (each for each in modules("tasks/*/__init__.py") if hasattr(each, "open_storage"))
    return cast("StorageModule", found)


def transaction(app: FastAPI) -> AbstractAsyncContextManager[Any]:
    """Open a session of the service's database in which data and tasks commit together.

    Where the server has no transactions, each write stands for itself.
    """
    return storage_module().open_transaction(app)
