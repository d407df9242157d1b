"""The pauses between the attempts at a task: they double, and differ, so that not all tasks come back at once."""

from datetime import timedelta
from random import uniform

FIRST_PAUSE = 1.0  # seconds
LONGEST_PAUSE = 3600.0


def pause_after(attempt: int) -> timedelta:
    """Return how long to wait after an attempt: between a half and the whole of 1 s, 2 s, 4 s, …, 1 hour."""
    longest = min(FIRST_PAUSE * 2 ** (attempt - 1), LONGEST_PAUSE)
    return timedelta(seconds=uniform(longest / 2, longest))  # noqa: S311 - it protects nothing
