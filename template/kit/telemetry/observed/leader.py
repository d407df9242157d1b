"""Which process starts the jobs."""

from collections.abc import Generator, Iterable
from contextlib import contextmanager

from fastapi import FastAPI
from opentelemetry.metrics import CallbackOptions, Observation

from kit.scheduler.apscheduler.leader_scheduler import LeaderScheduler
from kit.telemetry.observing import meter


@contextmanager
def observed(app: FastAPI) -> Generator[None]:
    """Observe whether this process leads; the sum over all processes should be 1."""

    def look(_options: CallbackOptions) -> Iterable[Observation]:
        scheduler = getattr(app.state, "scheduler", None)
        if isinstance(scheduler, LeaderScheduler):
            yield Observation(int(scheduler.leads))

    meter().create_observable_up_down_counter(
        "job.leader", [look], unit="{process}", description="Whether this process starts the jobs that are due."
    )
    yield
