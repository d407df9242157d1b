"""A run of a job: with a time limit, logged, and with its result saved."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from logging import INFO, WARNING
from time import perf_counter
from typing import Literal
from uuid import uuid4

import structlog
from fastapi import FastAPI
from pydantic import AwareDatetime, BaseModel, ValidationError
from structlog.contextvars import bound_contextvars
from structlog.typing import FilteringBoundLogger

from kit.scheduler.job import Job
from kit.scheduler.threads import threads_of_run, wait_for_threads
from kit.scheduler.timetable import Timetable

log: FilteringBoundLogger = structlog.get_logger(__name__)

Result = Literal["started", "succeeded", "failed", "timed out", "cancelled"]
MIN_CLOCK_ERROR = timedelta(seconds=10)  # the clocks of several machines differ
MAX_CLOCK_ERROR = timedelta(hours=1)


class JobState(BaseModel):
    """The state of a job: its last run and the counts of its runs, in whichever process they were."""

    slot: AwareDatetime | None = None
    last_run: AwareDatetime | None = None
    last_result: Result | None = None
    last_error: str | None = None
    last_seconds: float | None = None
    runs: int = 0
    failures: int = 0

    def lacks(self, slot: datetime, now: datetime, clock_error: timedelta = MAX_CLOCK_ERROR) -> bool:
        """Return whether this slot has had no run; a saved slot far in the future comes from a clock that was wrong."""
        return self.slot is None or slot > self.slot or self.slot > now + clock_error


def clock_error(timetable: Timetable, now: datetime) -> timedelta:
    """Return how far in the future a saved slot may be: after a larger correction of the clock, the job goes on.

    After a smaller one, no slot is repeated, and the job waits for not much longer than its interval.
    """
    return min(max(timetable.interval_at(now), MIN_CLOCK_ERROR), MAX_CLOCK_ERROR)


def read_state(job_id: str, stored: bytes) -> JobState:
    """Return a stored state; one that cannot be read counts as that of a new job, because the job must go on."""
    try:
        return JobState.model_validate_json(stored)
    except ValidationError as error:
        reason = error.errors(include_url=False, include_input=False)[0]["msg"]
        log.warning("the stored state of a job is invalid and is ignored", job=job_id, error=reason)
        return JobState()


Save = Callable[[JobState], Awaitable[None]]
Begun = Callable[[asyncio.Task[None]], object]


async def run_job(  # noqa: PLR0913 - the last two are named in the call
    job: Job,
    app: FastAPI,
    limit: float,
    state: JobState,
    save: Save,
    *,
    patience: float = 5,
    begun: Begun = lambda _work: None,
) -> JobState:
    """Run a job for at most `limit` seconds, then save and return its state; a failure is logged, not raised.

    Work that has not ended `patience` seconds after its cancellation goes on without its run. `begun` is called with
    the work, to wait for its end.
    """
    with bound_contextvars(job=job.id, run=uuid4().hex[:12]):
        state = state.model_copy(
            update={"last_run": datetime.now(UTC), "last_result": "started", "last_error": None, "last_seconds": None}
        )
        await _try_to_save(state, save)
        started = perf_counter()
        work = asyncio.create_task(in_own_threads(partial(job, app)))
        begun(work)
        result, error = await result_of(work, limit, patience)
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


async def in_own_threads(work: Callable[[], Awaitable[None]]) -> None:
    """Do the work; if it is cancelled, wait for the threads that it has started too."""
    threads_of_run.set(set())
    try:
        await work()
    except asyncio.CancelledError:
        await wait_for_threads()
        raise
    except SystemExit as error:  # it would end the process, with all that runs in it
        raise RuntimeError(f"sys.exit({error.code!r}) was called") from error


async def result_of(
    work: asyncio.Task[None], limit: float, patience: float, kind: str = "job"
) -> tuple[Result, str | None]:
    """Wait for the work for at most `limit` seconds, and return its result and its error, which is logged too."""
    result, reason = "timed out", f"not done within {limit:g} s"
    try:
        await asyncio.wait([work], timeout=limit)
    except asyncio.CancelledError:  # a run is cancelled only when the service stops, which waits for its end
        result, reason = "cancelled", "the service stopped"
    if not work.done():
        return result, reason + await _cancel(work, patience, kind)
    if work.cancelled():
        return "failed", f"CancelledError: something that the {kind} awaited was cancelled"
    if error := work.exception():
        failed = f"{kind} failed"
        log.error(failed, exc_info=error)
        return "failed", _described(error)
    return "succeeded", None


def _described(error: BaseException) -> str:
    """Return an error as one line that can be stored anywhere: without NUL, and without halves of characters."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - an error without text is an error like others
        text = "it has no text"
    line = f"{type(error).__name__}: {text.partition(chr(10))[0]}".replace("\0", "\\x00")
    return line.encode("utf-8", "backslashreplace").decode()


async def _cancel(work: asyncio.Task[None], patience: float, kind: str) -> str:
    """Cancel the work and wait for its end; return what to add to the error if it has not ended."""
    work.add_done_callback(_ignore_error)
    work.cancel()
    with suppress(asyncio.CancelledError):  # the service stops while this waits
        await asyncio.wait([work], timeout=patience)
    if work.done():
        return ""
    endless = f"the {kind} does not end although it was cancelled"
    log.error(endless, seconds=patience)
    return ", and it still runs although it was cancelled"


def _ignore_error(work: asyncio.Task[None]) -> None:
    """Read the error of cancelled work, because asyncio reports errors that nobody reads."""
    if not work.cancelled():
        work.exception()


async def _try_to_save(state: JobState, save: Save) -> None:
    try:
        await save(state)
    except Exception:  # a full disk or an absent server must not prevent the run
        log.warning("the state of the job was not saved", exc_info=True)
