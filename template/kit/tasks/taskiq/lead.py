"""Which of the schedulers brings the tasks into the queue: one at a time, so that they keep their order."""

from uuid import uuid4

from redis.asyncio import Redis

SECONDS = 5

TAKE = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return 1
"""


class Lead:
    """A key that the process which leads keeps alive."""

    def __init__(self, redis: Redis, key: str) -> None:
        self._key = key
        self._own = uuid4().hex
        self._take = redis.register_script(TAKE)

    async def try_acquire(self) -> bool:
        """Take the lead, or keep it for some seconds more; return whether this process leads."""
        return bool(await self._take(keys=[self._key], args=[self._own, SECONDS]))
