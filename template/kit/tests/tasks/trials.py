"""Helpers for the tests of tasks."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI

from kit.tasks import Task, TaskRun, task
from kit.tasks.storage import State, Storage, StoredTask, storage_module

SECONDS = 20


class Work:
    """The work of a task: it keeps its runs, and calls `then` with each."""

    def __init__(self, then: Callable[[TaskRun], Any] = lambda _: None) -> None:
        self._then = then
        self._begun = asyncio.Semaphore(0)
        self.runs: list[TaskRun] = []
        self.numbers: list[int] = []

    def as_task(self, name: str = "work", **options: Any) -> Task:
        async def work(run: TaskRun, number: int = 0) -> None:
            self.runs.append(run)
            self.numbers.append(number)
            self._begun.release()
            if result := self._then(run):
                await result

        return task(id=name, **options)(work)

    async def wait(self, runs: int = 1) -> None:
        """Wait until it has begun `runs` times since the last call."""
        async with asyncio.timeout(SECONDS):
            for _ in range(runs):
                await self._begun.acquire()


def raising(error: BaseException) -> Callable[[TaskRun], None]:
    def work(_run: TaskRun) -> None:
        raise error

    return work


def storage_of(app: FastAPI) -> Storage:
    return storage_module().storage_of(app)


async def stored(app: FastAPI, state: State | None = None) -> list[StoredTask]:
    return [*await storage_of(app).list_tasks(state, None, 1000)]


async def until(condition: Callable[[], Awaitable[object]]) -> None:
    """Wait until the condition is true; fail after `SECONDS` seconds."""
    async with asyncio.timeout(SECONDS):
        while not await condition():  # noqa: ASYNC110 - a database sends no event
            await asyncio.sleep(0.02)


async def until_done(app: FastAPI) -> None:
    """Wait until no task waits or runs."""

    async def is_done() -> bool:
        return all(each.state is State.FAILED for each in await stored(app))

    await until(is_done)
