"""A job: one coroutine function in a file of `app/jobs`, and its timetable."""

import inspect
import re
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from fastapi import FastAPI

from kit.discovery import ROOTS
from kit.scheduler.cron import Cron
from kit.scheduler.timetable import Every, Timetable
from kit.settings import Environment

Work = Callable[[FastAPI], Awaitable[None]]
ID = re.compile(r"\w[\w.-]*", re.ASCII)


class JobError(Exception):
    """A job is declared wrongly; the message names its file, and the service does not start."""


class Starter(Protocol):
    """The part of the scheduler that a job needs; the scheduler itself imports this module."""

    async def start(self, job: "Job", /) -> bool: ...


@dataclass(frozen=True)
class Job:
    """Work with an id. Call it to do the work here and now; `start` it for a run like those of its timetable."""

    id: str
    work: Work
    file: str
    timetable: Timetable | None
    environments: frozenset[Environment]
    timeout: timedelta | None

    @property
    def description(self) -> str:
        return (inspect.getdoc(self.work) or "").partition("\n")[0]

    async def __call__(self, app: FastAPI) -> None:
        await self.work(app)

    async def start(self, app: FastAPI) -> bool:
        """Start a run outside the timetable, in any environment; return `False` if one is already waiting or running.

        This does not wait for the run. Raises `ServiceUnavailableException` if the run cannot be started.
        """
        scheduler: Starter = app.state.scheduler
        return await scheduler.start(self)


def job(  # noqa: PLR0913 - each is named in the call
    *,
    every: timedelta | None = None,
    cron: str | None = None,
    id: str | None = None,  # noqa: A002 - the clearest name for callers
    environments: Collection[str] = tuple(Environment),
    timeout: timedelta | None = None,
    jitter: timedelta = timedelta(0),
) -> Callable[[Work], Job]:
    """Make a coroutine function a job, due at intervals or by a cron line in UTC; without both, only `start` runs it.

    The default id is the path of the module. Do not change the id: the state of the job is stored under it.
    A run is cancelled after `timeout` (default `SCHEDULER_JOB_TIMEOUT`), and delayed by up to `jitter`.
    Raises `JobError` if the options are invalid.
    """

    def make(work: Work) -> Job:
        name, file = id or work.__module__, file_of(work)
        try:
            _check(work, name, timeout)
            known = frozenset(Environment(each) for each in environments)
            return Job(name, work, file, _timetable(name, every, cron, jitter), known, timeout)
        except ValueError as error:
            raise JobError(f"{file}: {error}") from error

    return make


def _check(work: Work, name: str, timeout: timedelta | None) -> None:
    if not inspect.iscoroutinefunction(work):
        raise ValueError("a job must be an `async def`")
    if not ID.fullmatch(name):
        raise ValueError(f"'{name}' is not a valid id; use letters, digits, dots, dashes and underscores")
    if timeout is not None and timeout <= timedelta(0):
        raise ValueError(f"timeout must be positive, not {timeout}")


def _timetable(name: str, every: timedelta | None, cron: str | None, jitter: timedelta) -> Timetable | None:
    if every is not None and cron is not None:
        raise ValueError("every and cron exclude each other; keep one of them")
    if every is not None and every <= timedelta(0):
        raise ValueError(f"every must be positive, not {every}")
    if jitter < timedelta(0) or (every is not None and jitter >= every):
        raise ValueError(f"jitter must not be negative, and must be shorter than the interval; it is {jitter}")
    if every is not None:
        return Timetable(Every(every), jitter, name)
    return Timetable(Cron(cron), jitter, name) if cron is not None else None


def file_of(work: Work) -> str:
    path = Path(inspect.getfile(inspect.unwrap(work)))
    return next((str(path.relative_to(root.parent)) for root in ROOTS if path.is_relative_to(root.parent)), str(path))
