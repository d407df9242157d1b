"""Counts for rate limits on the Redis of the store, shared by all processes of the service."""

from kit.errors import ServiceUnavailableException
from kit.limits.memory import MemoryCounters
from kit.limits.rate import Count, Rate
from kit.store.redis.server import Server

HIT = """
local hits = redis.call('INCR', KEYS[1])
if hits == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {hits, redis.call('PTTL', KEYS[1])}
"""


class RedisCounters:
    """Counts in this process while the server is away: an inexact limit is better than none."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._own = MemoryCounters()

    async def hit(self, limit: str, client: str, rate: Rate) -> Count:
        key = self._server.key(f"limits:{limit}:{client}".encode())
        try:
            hits, milliseconds = await self._server.ask(self._server.redis.eval(HIT, 1, key, rate.seconds * 1000))
        except ServiceUnavailableException:
            return await self._own.hit(limit, client, rate)
        return Count(hits, milliseconds / 1000)
