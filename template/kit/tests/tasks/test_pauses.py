"""The pauses before a task is repeated."""

from kit.tasks import pauses


def test_pauses_grow_up_to_an_hour_and_differ() -> None:
    for attempt, longest in ((1, 1), (2, 2), (3, 4), (10, 512), (13, 3600), (100, 3600)):
        seconds = [pauses.pause_after(attempt).total_seconds() for _ in range(20)]
        assert all(longest / 2 <= each <= longest for each in seconds)
        assert len(set(seconds)) > 1
