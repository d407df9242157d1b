"""Counts for rate limits on the Redis of the store, shared by all processes of the service."""

from time import monotonic

from kit.errors import ServiceUnavailableException
from kit.limits.memory import MemoryCounters
from kit.limits.rate import Count, Rate
from kit.store.redis.server import Server

HIT = """
local hits = redis.call('INCR', KEYS[1])
if hits == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {hits, redis.call('PTTL', KEYS[1])}
"""
PAUSE = 1.0  # seconds between two requests that find out whether the server is back; the others do not wait for it


class RedisCounters:
    """Counts in this process while the server is away: an inexact limit is better than none."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._own = MemoryCounters()
        self._is_away = False
        self._asked_again = 0.0

    async def hit(self, limit: str, client: str, rate: Rate) -> Count:
        if self._is_away and monotonic() < self._asked_again + PAUSE:
            return await self._own.hit(limit, client, rate)
        self._asked_again = monotonic()
        try:
            count = await self._ask(limit, client, rate)
        except ServiceUnavailableException:
            self._is_away, self._asked_again = True, monotonic()
            return await self._own.hit(limit, client, rate)
        self._is_away = False
        return count

    async def _ask(self, limit: str, client: str, rate: Rate) -> Count:
        key = self._server.key(f"limits:{limit}:{client}".encode())
        hits, milliseconds = await self._server.ask(self._server.redis.eval(HIT, 1, key, rate.seconds * 1000))
        return Count(hits, milliseconds / 1000)
