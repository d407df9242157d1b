"""Counters in memory: each process counts only its own requests."""

from collections import OrderedDict, defaultdict
from dataclasses import dataclass
from time import monotonic

from kit.limits.rate import Count, Rate

MAX_CLIENTS = 100_000  # per limit; above it, the oldest count is dropped


@dataclass(slots=True)
class Window:
    ends: float
    hits: int = 0


class MemoryCounters:
    """Drops up to two old counts for each new one, so that memory stays bounded and no request does all the work."""

    def __init__(self) -> None:
        self._limits = defaultdict[str, OrderedDict[str, Window]](OrderedDict)  # sorted by the time at which they end

    async def hit(self, limit: str, client: str, rate: Rate) -> Count:
        now = monotonic()
        windows = self._limits[limit]
        window = windows.get(client)
        if window is None or window.ends <= now:
            windows.pop(client, None)
            _forget_two(windows, now)
            window = windows[client] = Window(now + rate.seconds)
        window.hits += 1
        return Count(window.hits, window.ends - now)


def _forget_two(windows: OrderedDict[str, Window], now: float) -> None:
    for _ in range(2):
        if windows and (len(windows) >= MAX_CLIENTS or next(iter(windows.values())).ends <= now):
            windows.popitem(last=False)
