"""A run of a job: with a time limit, logged, and with its result saved."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from logging import INFO, WARNING
from time import perf_counter
from typing import Literal
from uuid import uuid4

import structlog
from fastapi import FastAPI
from pydantic import BaseModel
from structlog.contextvars import bound_contextvars
from structlog.typing import FilteringBoundLogger

from kit.scheduler.job import Job

log: FilteringBoundLogger = structlog.get_logger(__name__)

Result = Literal["started", "succeeded", "failed", "timed out", "cancelled"]
CLOCK_ERROR = timedelta(hours=1)


class JobState(BaseModel):
    """The state of a job: its last run and the counts of its runs, in whichever process they were."""

    slot: datetime | None = None
    last_run: datetime | None = None
    last_result: Result | None = None
    last_error: str | None = None
    last_seconds: float | None = None
    runs: int = 0
    failures: int = 0

    def lacks(self, slot: datetime, now: datetime) -> bool:
        """Return whether this slot has had no run; a saved slot far in the future comes from a clock that was wrong."""
        return self.slot is None or slot > self.slot or self.slot > now + CLOCK_ERROR


Save = Callable[[JobState], Awaitable[None]]


async def run_job(job: Job, app: FastAPI, limit: float, state: JobState, save: Save) -> JobState:
    """Run a job for at most `limit` seconds, then save and return its state; a failure is logged, not raised."""
    with bound_contextvars(job=job.id, run=uuid4().hex[:12]):
        state = state.model_copy(
            update={"last_run": datetime.now(UTC), "last_result": "started", "last_error": None, "last_seconds": None}
        )
        await _try_to_save(state, save)
        started = perf_counter()
        result, error = await _result(job, app, limit)
        seconds = round(perf_counter() - started, 3)
        log.log(INFO if result == "succeeded" else WARNING, "job finished", result=result, seconds=seconds)
        state = state.model_copy(
            update={
                "last_result": result,
                "last_error": error,
                "last_seconds": seconds,
                "runs": state.runs + 1,
                "failures": state.failures + (result != "succeeded"),
            }
        )
        await _try_to_save(state, save)
        return state


async def _result(job: Job, app: FastAPI, limit: float) -> tuple[Result, str | None]:
    deadline = asyncio.timeout(limit)
    try:
        async with deadline:
            await job(app)
    except asyncio.CancelledError:  # a run is cancelled only when the service stops, which waits for its end
        return "cancelled", "the service stopped"
    except Exception as error:
        if deadline.expired():
            return "timed out", f"not done within {limit:g} s"
        log.exception("job failed")
        return "failed", f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
    return "succeeded", None


async def _try_to_save(state: JobState, save: Save) -> None:
    try:
        await save(state)
    except Exception:  # a full disk or an absent server must not prevent the run
        log.warning("the state of the job was not saved", exc_info=True)
