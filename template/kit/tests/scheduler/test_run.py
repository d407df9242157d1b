"""The state of a run."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI

from kit.scheduler.cron import Cron
from kit.scheduler.run import JobState, clock_error, run_job
from kit.scheduler.timetable import Every, Timetable
from kit.tests.scheduler.trials import Work

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


async def test_a_job_runs_even_if_its_state_cannot_be_saved() -> None:
    async def refuse(_state: JobState) -> None:
        raise OSError("disk full")

    work = Work()
    state = await run_job(work.as_job(), FastAPI(), 10, JobState(), refuse)
    assert (work.count, state.last_result) == (1, "succeeded")


async def test_a_state_is_saved_before_and_after_the_work() -> None:
    saved: list[JobState] = []

    async def save(state: JobState) -> None:
        saved.append(state)

    await run_job(Work().as_job(), FastAPI(), 10, JobState(slot=NOW), save)
    assert [(state.last_result, state.runs, state.slot) for state in saved] == [
        ("started", 0, NOW),
        ("succeeded", 1, NOW),
    ]


async def test_a_job_that_raises_a_timeout_error_has_failed_and_has_not_timed_out() -> None:
    def wait() -> None:
        raise TimeoutError("the other side is slow")

    async def save(_state: JobState) -> None: ...

    state = await run_job(Work(wait).as_job(), FastAPI(), 10, JobState(), save)
    assert (state.last_result, state.last_error) == ("failed", "TimeoutError: the other side is slow")


async def test_a_job_whose_own_task_is_cancelled_has_failed() -> None:
    def cancel_a_part() -> asyncio.Task[None]:
        part = asyncio.create_task(asyncio.sleep(60))
        part.cancel()
        return part

    async def save(_state: JobState) -> None: ...

    state = await run_job(Work(cancel_a_part).as_job(), FastAPI(), 10, JobState(), save)
    assert (state.last_result, state.failures) == ("failed", 1)
    assert "cancelled" in str(state.last_error)


def test_a_slot_is_run_once_even_when_the_clock_went_back() -> None:
    state = JobState(slot=NOW)
    assert JobState().lacks(NOW, NOW)
    assert state.lacks(NOW + MINUTE, NOW + MINUTE)
    assert not state.lacks(NOW, NOW)
    assert not state.lacks(NOW - MINUTE, NOW - MINUTE)


def test_a_saved_slot_far_in_the_future_is_ignored() -> None:
    assert JobState(slot=NOW + timedelta(days=30)).lacks(NOW, NOW)


@pytest.mark.parametrize(
    ("slots", "back", "goes_on"),
    [
        (Every(timedelta(seconds=1)), timedelta(seconds=5), False),  # clocks of two machines may differ by this much
        (Every(timedelta(seconds=1)), timedelta(seconds=20), True),
        (Every(MINUTE), timedelta(seconds=30), False),
        (Every(MINUTE), timedelta(minutes=2), True),
        (Cron("* * * * *"), timedelta(minutes=59), True),
        (Cron("0 3 * * *"), timedelta(minutes=59), False),  # not twice on one day
        (Cron("0 3 * * *"), timedelta(minutes=61), True),
    ],
)
def test_a_clock_that_was_put_back_stops_no_job_for_much_longer_than_its_interval(
    slots: Every | Cron, back: timedelta, goes_on: bool
) -> None:
    timetable = Timetable(slots, timedelta(0), "work")
    ran = timetable.slot_at(NOW + back)
    now = ran - back
    assert JobState(slot=ran).lacks(timetable.slot_at(now), now, clock_error(timetable, now)) == goes_on
