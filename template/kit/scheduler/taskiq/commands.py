"""`python -m app worker` and `python -m app scheduler`: the processes that run the jobs, any number of each."""

import asyncio
import signal
from collections.abc import Awaitable, Callable

import click
import structlog
from redis.exceptions import RedisError
from structlog.typing import FilteringBoundLogger

from kit.background import end
from kit.discovery import application
from kit.scheduler.clock import Clock
from kit.scheduler.scheduler import get_scheduler
from kit.scheduler.taskiq.queue_scheduler import QueueScheduler
from kit.server.ending import SPARE_SECONDS, end_within
from kit.settings.names import warn_of_unknown_settings

log: FilteringBoundLogger = structlog.get_logger(__name__)


@click.command()
def worker() -> None:
    """Run the jobs that are due until SIGTERM or Ctrl+C.

    Then finish the running ones and stop.
    """
    asyncio.run(_until_stopped(_work))


@click.command()
def scheduler() -> None:
    """Put the jobs into the queue when they are due.

    It does so until SIGTERM or Ctrl+C.
    """
    asyncio.run(_until_stopped(_keep_time))


async def _work(jobs: QueueScheduler, stop: asyncio.Event) -> None:
    await jobs.work(stop)


async def _keep_time(jobs: QueueScheduler, stop: asyncio.Event) -> None:
    log.info("scheduler started", jobs=len(jobs.scheduled))
    loops = [Clock(jobs.ledger, jobs.scheduled, RedisError).run, *jobs.beside_clock]
    running = [asyncio.create_task(loop()) for loop in loops]
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([*running, stopping], return_when=asyncio.FIRST_COMPLETED)
    await end(*running, stopping)
    for each in running:
        if not each.cancelled():
            each.result()  # raises the error of a loop that has failed


async def _until_stopped(main: Callable[[QueueScheduler, asyncio.Event], Awaitable[None]]) -> None:
    """Start the service without serving requests, and run `main` in it."""
    app, stop = application(), asyncio.Event()
    warn_of_unknown_settings()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    async with app.router.lifespan_context(app):
        jobs = get_scheduler(app)
        assert isinstance(jobs, QueueScheduler)
        await main(jobs, stop)
    end_within(SPARE_SECONDS)
