"""Cron lines: minute, hour, day of the month, month and day of the week, in UTC."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

PART = re.compile(r"(\*|\w+)(?:-(\w+))?(?:/(\d+))?")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
NUMBERS_OF_MONTHS = {name: number for number, name in enumerate(MONTHS, 1)}
NUMBERS_OF_DAYS = {name: number for number, name in enumerate(DAYS)}
SEARCHED_DAYS = 8 * 366  # the 29th of February is at most eight years away


class Cron:
    """The times that a cron line describes; Sunday is 0 or 7, and names such as `mon` and `jan` are allowed.

    As in cron, a line that restricts both the day of the month and the day of the week is due when either matches.
    Raises `ValueError` if the line is invalid or never matches a day.
    """

    at_once = False

    def __init__(self, line: str) -> None:
        fields = line.split()
        if len(fields) != 5:  # noqa: PLR2004 - the docstring of the module lists them
            raise ValueError(f"'{line}' is not a cron line: it has {len(fields)} fields; write 5, as in '0 3 * * *'")
        minute, hour, day, month, weekday = fields
        hours, minutes = _numbers(hour, "hour", 0, 23), _numbers(minute, "minute", 0, 59)
        self._line = line
        self._times = [time(hour, minute, tzinfo=UTC) for hour in sorted(hours) for minute in sorted(minutes)]
        self._days = _numbers(day, "day of the month", 1, 31)
        self._months = _numbers(month, "month", 1, 12, NUMBERS_OF_MONTHS)
        self._weekdays = {each % 7 for each in _numbers(weekday, "day of the week", 0, 7, NUMBERS_OF_DAYS)}
        self._either_day = not day.startswith("*") and not weekday.startswith("*")
        if not any(self._matches(date(2024, 1, 1) + timedelta(each)) for each in range(SEARCHED_DAYS)):
            raise ValueError(f"the cron line '{line}' never matches a day")

    def after(self, moment: datetime) -> datetime:
        """Return the first slot after a moment."""
        return next(slot for slot in self._slots(moment.date(), 1) if slot > moment)

    def latest(self, moment: datetime) -> datetime:
        """Return the last slot at or before a moment."""
        return next(slot for slot in self._slots(moment.date(), -1) if slot <= moment)

    def __str__(self) -> str:
        return self._line

    def _slots(self, day: date, step: int) -> Iterator[datetime]:
        for _ in range(SEARCHED_DAYS):
            if self._matches(day):
                yield from (datetime.combine(day, each) for each in self._times[::step])
            day += timedelta(step)

    def _matches(self, day: date) -> bool:
        if day.month not in self._months:
            return False
        matched = (day.day in self._days, day.isoweekday() % 7 in self._weekdays)
        return any(matched) if self._either_day else all(matched)


def _numbers(field: str, what: str, low: int, high: int, names: dict[str, int] | None = None) -> set[int]:
    """Parse one field of a line, such as `*/15`, `1-5` or `mon,fri`."""
    numbers: set[int] = set()
    for part in field.lower().split(","):
        found = PART.fullmatch(part)
        first, last, step = found.groups() if found else ("", None, None)
        start = low if first == "*" else _number(first, names or {})
        end = _number(last, names or {}) if last else high if first == "*" or step else start
        if start is None or end is None or not low <= start <= end <= high or step == "0":
            raise ValueError(f"'{part}' is not a valid {what} of a cron line; it must be from {low} to {high}")
        numbers |= set(range(start, end + 1, int(step or 1)))
    return numbers


def _number(text: str, names: dict[str, int]) -> int | None:
    return names.get(text, int(text) if text.isdecimal() else None)
