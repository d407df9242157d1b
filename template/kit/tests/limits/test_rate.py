"""Parsing rates."""

import pytest

from kit.limits.rate import Rate


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("100/minute", Rate(100, 60)),
        ("1 / second", Rate(1, 1)),
        ("10/30 seconds", Rate(10, 30)),
        ("5/2hours", Rate(5, 7200)),
        ("1000/day", Rate(1000, 86_400)),
    ],
)
def test_rates_are_parsed(text: str, rate: Rate) -> None:
    assert Rate.parse(text) == rate


@pytest.mark.parametrize("text", ["", "100", "0/minute", "-1/minute", "5/0 minutes", "5/fortnight", "many/hour", "5/m"])
def test_an_invalid_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a rate; write it like 100/minute"):
        Rate.parse(text)
