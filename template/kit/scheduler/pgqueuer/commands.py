"""`python -m app worker`: the processes that run the jobs, any number of them."""

import asyncio
import signal

import click

from kit.discovery import application
from kit.scheduler.pgqueuer.queue_scheduler import QueueScheduler
from kit.scheduler.scheduler import get_scheduler
from kit.server.ending import SPARE_SECONDS, end_within
from kit.settings.names import warn_of_unknown_settings


@click.command()
def worker() -> None:
    """Run the jobs that are due until SIGTERM or Ctrl+C.

    Then finish the running ones and stop.
    """
    asyncio.run(_work())


async def _work() -> None:
    app, stop = application(), asyncio.Event()
    warn_of_unknown_settings()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    async with app.router.lifespan_context(app):
        scheduler = get_scheduler(app)
        assert isinstance(scheduler, QueueScheduler)
        await scheduler.work(stop)
    end_within(SPARE_SECONDS)
