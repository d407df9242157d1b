"""Runs of jobs that a worker does not know: they stay in the queue until a worker comes that knows the job."""

from collections.abc import Collection
from datetime import timedelta
from time import time
from typing import Any

import structlog
from redis.asyncio import Redis
from structlog.typing import FilteringBoundLogger

log: FilteringBoundLogger = structlog.get_logger(__name__)

Entry = tuple[bytes, dict[bytes, bytes]]

# Each script is one step, so that a worker cannot die in between. A parked entry is not delivered to anybody.
PARK = """
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
return redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
"""
ADOPT = """
local queue, parked, group, worker = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
local known = {}
for number = 3, #ARGV do known[ARGV[number]] = true end
local entries = redis.call('HGETALL', parked)
for number = 1, #entries, 2 do
    if known[entries[number + 1]] then
        local claimed = redis.call('XCLAIM', queue, group, worker, 0, entries[number], 'FORCE')
        redis.call('HDEL', parked, entries[number])
        if claimed[1] then return claimed[1] end
    end
end
"""


class Parking:
    """The parked entries of one queue, with the ids of their jobs; they are removed after `limit`."""

    def __init__(self, redis: Redis, queue: str, group: str, limit: timedelta) -> None:
        self._redis: Any = redis
        self._queue, self._group, self._limit = queue, group, limit
        self._keys = [queue, f"{queue}:parked"]
        self._park = redis.register_script(PARK)
        self._adopt = redis.register_script(ADOPT)

    async def park(self, entry_id: bytes, job_id: str) -> None:
        """Keep an entry that was delivered to a worker that does not know its job."""
        await self._park(keys=self._keys, args=[self._group, entry_id, job_id])
        log.warning("this worker does not know a job; the run waits for a worker that does", job=job_id)

    async def adopt(self, worker: str, job_ids: Collection[str]) -> Entry | None:
        """Deliver a parked entry of one of these jobs to a worker."""
        found: Any = await self._adopt(keys=self._keys, args=[self._group, worker, *job_ids])
        return (found[0], dict(zip(found[1][::2], found[1][1::2], strict=True))) if found else None

    async def job_ids(self) -> list[str]:
        """Return the jobs whose runs are parked."""
        return sorted({job_id.decode() for job_id in await self._redis.hvals(self._keys[1])})

    async def clear(self) -> None:
        """Remove the entries that have waited too long."""
        oldest = (time() - self._limit.total_seconds()) * 1000
        for entry_id, job_id in (await self._redis.hgetall(self._keys[1])).items():
            if int(entry_id.partition(b"-")[0]) < oldest:
                await self._remove(entry_id, job_id.decode())

    async def _remove(self, entry_id: bytes, job_id: str) -> None:
        async with self._redis.pipeline() as pipeline:
            pipeline.hdel(self._keys[1], entry_id)
            pipeline.xdel(self._queue, entry_id)
            removed, _ = await pipeline.execute()
        if removed:
            log.error("a run is given up: no worker came that knows its job", job=job_id, waited=str(self._limit))
