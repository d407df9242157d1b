"""Cron lines, and the times that they describe."""

from datetime import UTC, datetime

import pytest

from kit.scheduler.cron import Cron

NOW = datetime(2026, 11, 20, 12, 30, 15, tzinfo=UTC)  # a Friday


@pytest.mark.parametrize(
    ("line", "before", "after"),
    [
        ("* * * * *", "2026-11-20 12:30", "2026-11-20 12:31"),
        ("*/15 * * * *", "2026-11-20 12:30", "2026-11-20 12:45"),
        ("5/20 * * * *", "2026-11-20 12:25", "2026-11-20 12:45"),
        ("0 3 * * *", "2026-11-20 03:00", "2026-11-21 03:00"),
        ("10-12,50 4,22 * * *", "2026-11-20 04:50", "2026-11-20 22:10"),
        ("0 0 1 * *", "2026-11-01 00:00", "2026-12-01 00:00"),
        ("0 0 31 * *", "2026-10-31 00:00", "2026-12-31 00:00"),
        ("0 0 29 2 *", "2024-02-29 00:00", "2028-02-29 00:00"),
        ("0 0 * jan,MAR *", "2026-03-31 00:00", "2027-01-01 00:00"),
        ("0 9 * * 1-5", "2026-11-20 09:00", "2026-11-23 09:00"),
        ("0 9 * * mon-fri/2", "2026-11-20 09:00", "2026-11-23 09:00"),
        ("0 0 * * 0", "2026-11-15 00:00", "2026-11-22 00:00"),
        ("0 0 * * 7", "2026-11-15 00:00", "2026-11-22 00:00"),
        ("0 0 * * sun", "2026-11-15 00:00", "2026-11-22 00:00"),
        ("0 0 13 * fri", "2026-11-20 00:00", "2026-11-27 00:00"),  # on either, as in cron
        ("0 0 */10 * fri", "2026-09-11 00:00", "2026-12-11 00:00"),  # on both
    ],
)
def test_a_line_has_a_slot_before_and_one_after_a_moment(line: str, before: str, after: str) -> None:
    cron = Cron(line)
    assert f"{cron.latest(NOW):%Y-%m-%d %H:%M}" == before
    assert f"{cron.after(NOW):%Y-%m-%d %H:%M}" == after
    assert cron.latest(NOW).utcoffset() == cron.after(NOW).utcoffset() == NOW.utcoffset()


def test_a_slot_is_not_after_itself() -> None:
    slot = NOW.replace(second=0)
    assert Cron("30 12 * * *").latest(slot) == slot
    assert Cron("30 12 * * *").after(slot) > slot


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("", "0 fields"),
        ("* * * *", "4 fields"),
        ("60 * * * *", "'60' is not a valid minute"),
        ("* 24 * * *", "'24' is not a valid hour"),
        ("* * 0 * *", "'0' is not a valid day of the month"),
        ("* * * 13 *", "'13' is not a valid month"),
        ("* * * * 8", "'8' is not a valid day of the week"),
        ("* * * * monday", "'monday' is not a valid day of the week"),
        ("*/0 * * * *", "'\\*/0' is not a valid minute"),
        ("9-5 * * * *", "'9-5' is not a valid minute"),
        ("1,,2 * * * *", "'' is not a valid minute"),
        ("-1 * * * *", "'-1' is not a valid minute"),
        ("0 0 30 2 *", "never matches a day"),
    ],
)
def test_an_invalid_line_is_refused(line: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        Cron(line)
