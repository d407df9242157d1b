"""Rates such as `100/minute`, and counts of requests."""

import re
from dataclasses import dataclass
from math import ceil
from typing import Protocol, Self

SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
RATE = re.compile(rf"([1-9]\d*) ?/ ?([1-9]\d*)? ?({'|'.join(SECONDS)})s?")


@dataclass(frozen=True)
class Rate:
    """At most `amount` requests in `seconds` seconds."""

    amount: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a rate such as `100/minute` or `10/30 seconds`; raise `ValueError` for anything else."""
        found = RATE.fullmatch(text)
        if not found:
            raise ValueError(f"'{text}' is not a rate; write it like 100/minute or 10/30 seconds")
        amount, multiple, unit = found.groups()
        return cls(int(amount), int(multiple or 1) * SECONDS[unit])

    def __str__(self) -> str:
        return f"{self.amount}/{self.seconds}s"


@dataclass(frozen=True)
class Count:
    """The requests counted so far in a window that ends in `ends_in` seconds."""

    hits: int
    ends_in: float

    @property
    def seconds_left(self) -> int:
        return max(ceil(self.ends_in), 1)


class Counters(Protocol):
    """The interface of the counters behind `rate_limit`."""

    async def hit(self, limit: str, client: str, rate: Rate) -> Count:
        """Count a request; the first one starts a window of `rate.seconds` seconds, after which a new window starts."""
        ...
