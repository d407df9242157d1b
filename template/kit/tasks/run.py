"""Runs of tasks in this process: each has a time limit, is logged, and leaves its result in the database."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from logging import INFO, WARNING
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

import structlog
from fastapi import FastAPI
from structlog.contextvars import bound_contextvars
from structlog.typing import FilteringBoundLogger

from kit.scheduler import get_scheduler
from kit.scheduler.run import Result, in_own_threads, result_of
from kit.scheduler.settings import SchedulerSettings
from kit.settings import get_settings
from kit.tasks.context import restored
from kit.tasks.leases import BEAT
from kit.tasks.pauses import pause_after
from kit.tasks.signature import ArgumentsError
from kit.tasks.storage import Storage, StoredTask
from kit.tasks.task import Task, TaskRun

log: FilteringBoundLogger = structlog.get_logger(__name__)

RETRY_AFTER = 1.0  # seconds
DEATHS = 2  # of workers, more than a task may be repeated: it may be what killed them


class Runs:
    """The tasks that this process runs. `tasks` are those that it knows."""

    def __init__(self, app: FastAPI, storage: Storage, tasks: Mapping[str, Task]) -> None:
        self.tasks = tasks
        self.lease = uuid4()
        self.running: dict[UUID, asyncio.Task[Any]] = {}
        self._app = app
        self._storage = storage
        self._settings = get_settings(app, SchedulerSettings)

    async def begin(self, ids: Collection[UUID], *, wait: bool = False) -> list[asyncio.Task[Any]]:
        """Begin those of these tasks that wait, and return their runs.

        If this is cancelled, it goes on, and the stop of the service waits for it: tasks must not begin without runs.
        """
        beginning = asyncio.create_task(self._begin(ids, wait=wait), name="beginning of tasks")
        get_scheduler(self._app).track(beginning)
        return await asyncio.shield(beginning)

    async def _begin(self, ids: Collection[UUID], *, wait: bool) -> list[asyncio.Task[Any]]:
        begun = await self._storage.begin(ids, self.lease, datetime.now(UTC), wait=wait)
        for stored in begun:
            run = asyncio.create_task(self._run(stored), name=f"task {stored.name}")
            self.running[stored.id] = run
            run.add_done_callback(lambda _, task_id=stored.id: self.running.pop(task_id))
            get_scheduler(self._app).track(run)
        return [self.running[stored.id] for stored in begun]

    async def keep(self) -> None:
        """Show again and again that this process lives."""
        while True:
            await asyncio.sleep(BEAT)
            if self.running:
                try:
                    await self._storage.renew(list(self.running), self.lease)
                except Exception as error:  # noqa: BLE001 - the process goes on when the error has passed
                    log.warning("cannot show that the tasks of this process run", error=str(error))

    async def _run(self, stored: StoredTask) -> None:
        task = self.tasks[stored.name]
        with restored(stored.context) as context, bound_contextvars(task=task.id, task_id=str(stored.id)):
            try:
                arguments = task.signature.load(stored.arguments)
            except ArgumentsError as error:
                await self._fail(stored, f"the arguments do not fit the signature any more: {error}")
                return
            if stored.attempt > task.retries + 1 + DEATHS:
                await self._fail(stored, stored.error or "no attempt has ended")
                return
            is_last = stored.attempt > task.retries
            run = TaskRun(self._app, stored.id, stored.attempt, is_last, context.get("user_id"))
            started = perf_counter()
            result, error = await self._result(task, run, arguments)
            shown = {name: arguments[name] for name in sorted(task.loggable)}
            seconds = round(perf_counter() - started, 3)
            level = INFO if result == "succeeded" else WARNING
            log.log(level, "task finished", result=result, seconds=seconds, attempt=run.attempt, **shown)
            await self._settle(stored, result, error or result, is_last=is_last)

    async def _result(self, task: Task, run: TaskRun, arguments: dict[str, Any]) -> tuple[Result, str | None]:
        """Run an attempt; work that ignores its cancellation keeps the task, so that no other attempt begins."""
        limit = (task.timeout or self._settings.job_timeout).total_seconds()
        work = asyncio.create_task(in_own_threads(partial(task.work, run, **arguments)))
        result, error = await result_of(work, limit, self._settings.cancel_timeout, "task")
        if not work.done():
            await asyncio.wait([work])
        return result, error

    async def _settle(self, stored: StoredTask, result: Result, error: str, *, is_last: bool) -> None:
        now = datetime.now(UTC)
        if result == "succeeded":
            await _until_stored(lambda: self._storage.finish(stored.id, self.lease))
        elif result == "cancelled":  # the service stops, which is no fault of the task
            stored = replace(stored, attempt=stored.attempt - 1)
            await _until_stored(lambda: self._storage.repeat(stored, self.lease, stored.due_at, error))
        elif is_last:
            await self._fail(stored, error)
        else:
            due_at = now + pause_after(stored.attempt)
            await _until_stored(lambda: self._storage.repeat(stored, self.lease, due_at, error))

    async def _fail(self, stored: StoredTask, error: str) -> None:
        log.error("the task has failed for good", error=error, attempts=stored.attempt)
        await _until_stored(lambda: self._storage.fail(stored.id, self.lease, error))


async def _until_stored(store: Callable[[], Awaitable[None]]) -> None:
    """Store a result, however long the database is away: the task would be repeated without it."""
    while True:
        try:
            return await store()
        except Exception as error:  # noqa: BLE001 - the result is stored when the error has passed
            log.warning("the result of a task is stored later", error=str(error))
            await asyncio.sleep(RETRY_AFTER)


def runs_of(app: FastAPI) -> Runs:
    """Return what runs tasks in this process."""
    return app.state.task_runs
