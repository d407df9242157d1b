"""A task: one coroutine function in a file of `app/jobs`, with arguments; it runs later, at least once."""

import hashlib
import inspect
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from fastapi import FastAPI
from uuid_utils.compat import uuid7

from kit.scheduler.job import ID, file_of
from kit.tasks import context
from kit.tasks.signature import ArgumentsError, Signature
from kit.tasks.storage import NewTask, storage_module

Work = Callable[..., Awaitable[None]]
MAX_RETRIES = 100


class TaskError(Exception):
    """A task is declared wrongly; the message names its file, and the service does not start."""


@dataclass(frozen=True)
class TaskRun:
    """One attempt at a task, which the function of the task gets first. `attempt` begins with 1."""

    app: FastAPI
    id: UUID = field(default_factory=uuid7)
    attempt: int = 1
    is_last: bool = False
    user_id: str | None = None

    async def idempotent(self, session: Any, key: str = "") -> bool:
        """Return whether an effect of this task is still to do; commit the effect in the same session.

        A task with several effects has a key for each.
        """
        return await storage_module().claim_effect(session, self.id, key)


class Sender(Protocol):
    """The part of an engine that a task needs; the engine itself imports this module."""

    async def send(self, task: NewTask, /) -> None: ...


@dataclass(frozen=True)
class Task:
    """Work with an id and arguments. Call it to do the work here and now; `defer` it for later."""

    id: str
    work: Work
    file: str
    signature: Signature
    retries: int
    timeout: timedelta | None
    unique: bool
    loggable: frozenset[str]

    async def __call__(self, app: FastAPI, /, **arguments: Any) -> None:
        await self.work(TaskRun(app, is_last=True), **arguments)

    async def defer(self, where: Any, /, *, delay: timedelta = timedelta(0), **arguments: Any) -> UUID | None:
        """Have the task run in a worker, after `delay` at the earliest, and return its id.

        With a session, the task exists if and only if the session's transaction commits. With the application, it is
        committed at once. Of a `unique` task, one with the same arguments is enough while it waits: then return `None`.
        Raises `TypeError` if the arguments do not fit.
        """
        new = self._new(delay, arguments)
        if not isinstance(where, FastAPI):
            return new.id if await storage_module().add(where, new) else None
        added = await storage_module().add_alone(where, new)
        if added and not delay:
            sender: Sender = where.state.tasks
            await sender.send(new)
        return new.id if added else None

    def _new(self, delay: timedelta, arguments: dict[str, Any]) -> NewTask:
        try:
            text = self.signature.dump(arguments)
        except ArgumentsError as error:
            raise ArgumentsError(f"{self.id}: {error}") from error.__cause__
        now = datetime.now(UTC)
        try:
            due_at = now + delay
        except (OverflowError, TypeError):
            wanted = "a timedelta that ends before the year 10000"
            raise TypeError(f"{self.id}: the delay must be {wanted}, not {delay!r}") from None
        return NewTask(
            id=uuid7(),
            name=self.id,
            arguments=text,
            context=context.capture(),
            created_at=now,
            due_at=due_at,
            unique_key=hashlib.sha256(f"{self.id} {text}".encode()).hexdigest() if self.unique else None,
        )


def task(
    *,
    retries: int = 5,
    timeout: timedelta | None = None,
    unique: bool = False,
    id: str | None = None,  # noqa: A002 - the clearest name for callers
    loggable: Collection[str] = (),
) -> Callable[[Work], Task]:
    """Make a coroutine function a task. Its first parameter is its `TaskRun`; the others are its arguments.

    The default id is the path of the module. Do not change the id: tasks that wait are stored under it.
    An attempt is cancelled after `timeout` (default `SCHEDULER_JOB_TIMEOUT`). One that fails is repeated up to
    `retries` times, after growing pauses. Log lines have the arguments in `loggable`, and no others.
    Raises `TaskError` if the options or the parameters are invalid.
    """

    def make(work: Work) -> Task:
        name, file = id or work.__module__, file_of(work)
        try:
            _check(work, name, retries, timeout)
            signature = Signature(work)
            if unknown := set(loggable).difference(signature.names):
                raise ValueError(f"loggable has {', '.join(sorted(unknown))}, which is no argument")  # noqa: TRY301
            return Task(name, work, file, signature, retries, timeout, unique, frozenset(loggable))
        except (ValueError, NameError) as error:
            raise TaskError(f"{file}: {error}") from error

    return make


def _check(work: Work, name: str, retries: int, timeout: timedelta | None) -> None:
    if not inspect.iscoroutinefunction(work):
        raise ValueError("a task must be an `async def`")
    if not ID.fullmatch(name):
        raise ValueError(f"'{name}' is not a valid id; use letters, digits, dots, dashes and underscores")
    if not 0 <= retries <= MAX_RETRIES:
        raise ValueError(f"retries must be between 0 and {MAX_RETRIES}, not {retries}")
    if timeout is not None and timeout <= timedelta(0):
        raise ValueError(f"timeout must be positive, not {timeout}")
