"""Helpers for the tests of jobs."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import FastAPI

from kit.scheduler import Job, get_scheduler, job
from kit.scheduler.cron import Cron
from kit.scheduler.timetable import Timetable

DAY = timedelta(days=1)
SECONDS = 10


class Work:
    """The work of a job: it counts its runs, and calls `then`."""

    def __init__(self, then: Callable[[], Any] = lambda: None) -> None:
        self._then = then
        self._runs = asyncio.Semaphore(0)
        self.begun = asyncio.Event()
        self.count = 0

    def as_job(self, name: str = "work", **options: Any) -> Job:
        async def work(_app: FastAPI) -> None:
            self.count += 1
            self.begun.set()
            self._runs.release()
            if result := self._then():
                await result

        return job(id=name, **options)(work)

    async def wait(self, runs: int = 1) -> None:
        """Wait until it has begun `runs` times since the last call."""
        async with asyncio.timeout(SECONDS):
            for _ in range(runs):
                await self._runs.acquire()

    async def run_through(self, app: FastAPI) -> None:
        """Wait until it has begun and ended."""
        await self.wait()
        await settled(app)


class Days(Cron):
    """One slot at midnight of each day; a test decides which day it is."""

    def __init__(self, *, at_once: bool) -> None:
        super().__init__("0 0 * * *")
        self.at_once = at_once
        self.today = datetime(2026, 10, 1, tzinfo=UTC)

    def latest(self, moment: datetime) -> datetime:
        del moment
        return self.today

    def in_job(self, work: Work, name: str = "work") -> Job:
        """Return a job that is due on these days."""
        return replace(work.as_job(name), timetable=Timetable(self, timedelta(0), name))


async def settled(app: FastAPI) -> None:
    """Wait until no job runs."""
    if running := get_scheduler(app).running:
        await asyncio.wait(running, timeout=SECONDS)
