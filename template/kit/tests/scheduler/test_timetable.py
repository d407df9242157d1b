"""When jobs are due."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from kit.scheduler.cron import Cron
from kit.scheduler.timetable import Every, Timetable

HOUR = timedelta(hours=1)
SPRING = datetime(2026, 3, 29, tzinfo=UTC)  # Berlin has no 02:30 on this day, and two of them in autumn
AUTUMN = datetime(2026, 10, 25, tzinfo=UTC)


def table(slots: Every | Cron, jitter: timedelta = timedelta(0), name: str = "work") -> Timetable:
    return Timetable(slots, jitter, name)


def test_intervals_are_counted_from_a_fixed_moment() -> None:
    every = Every(timedelta(minutes=7))
    moments = [SPRING + timedelta(seconds=seconds) for seconds in range(0, 420, 60)]
    assert len({every.latest(moment) for moment in moments}) <= 2
    for moment in moments:
        assert every.latest(moment) <= moment < every.after(moment)
        assert every.latest(every.after(moment)) == every.after(moment)


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
def test_a_change_of_the_local_clock_moves_nothing(day: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        due = [day]
        while len(due) < 25:
            due.append(table(Every(HOUR)).due_after(due[-1]))
        assert due == [day + number * HOUR for number in range(25)]
        assert table(Cron("30 1 * * *")).due_after(day) == day + 1.5 * HOUR
        assert table(Cron("30 1 * * *")).due_after(day + 1.5 * HOUR) == day + 25.5 * HOUR
    finally:
        monkeypatch.undo()
        time.tzset()


def test_jitter_delays_each_slot_differently_but_in_all_processes_alike() -> None:
    delays = {table(Every(HOUR), HOUR / 2, name).due_after(SPRING) - SPRING for name in "abcdefgh"}
    assert len(delays) == 8
    assert all(timedelta(0) <= delay < HOUR * 1.5 for delay in delays)
    assert table(Every(HOUR), HOUR / 2).due_after(SPRING) == table(Every(HOUR), HOUR / 2).due_after(SPRING)


def test_a_delayed_slot_is_due_after_its_delay_and_not_before() -> None:
    delayed = table(Every(HOUR), HOUR / 2)
    due = delayed.due_after(SPRING)
    assert delayed.slot_at(due) > delayed.slot_at(due - timedelta(microseconds=1))
    assert delayed.due_after(due) > due
