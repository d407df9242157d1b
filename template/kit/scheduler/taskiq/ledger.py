"""What Redis stores for each job: its last slot, its entry in the queue, and the state of its runs."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from taskiq import TaskiqMessage

from kit.scheduler.job import Job
from kit.scheduler.run import JobState, clock_error, read_state
from kit.scheduler.taskiq.queue import JobQueue

# Refuses a job whose entry is still in the queue, waiting or running, and a slot that this scheduler or another has
# taken. All of this is one step, so that a scheduler cannot die in between.
OFFER = """
local queue, job = KEYS[1], KEYS[2]
local message, slot, now, clock_error, at_once = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
local entry = redis.call('HGET', job, 'entry')
if entry and #redis.call('XRANGE', queue, entry, entry) > 0 then return 0 end
if slot ~= '' then
    local last = tonumber(redis.call('HGET', job, 'slot') or nil)
    if last and tonumber(slot) <= last and last <= now + clock_error then return 0 end
    redis.call('HSET', job, 'slot', slot)
    if not last and at_once == '' then return 0 end
end
redis.call('HSET', job, 'entry', redis.call('XADD', queue, '*', 'data', message))
return 1
"""
# Writes as OFFER does, but to keys of its own: a server that refuses writes may still answer all reads.
PROBE = """
redis.call('HSET', KEYS[2], 'slot', ARGV[1])
redis.call('XADD', KEYS[1], 'MAXLEN', '1', '*', 'data', '')
"""


class Ledger:
    """The stored jobs of one queue."""

    def __init__(self, queue: JobQueue) -> None:
        self._queue = queue
        self._redis = queue.redis
        self._offer = queue.redis.register_script(OFFER)
        self._probe = queue.redis.register_script(PROBE)

    async def offer(self, job: Job, slot: datetime | None, now: datetime) -> bool:
        """Put a job into the queue, for this slot if given; return `False` if it was refused."""
        at_once = job.timetable is None or job.timetable.at_once
        keys = [self._queue.queue_name, self._key(job.id)]
        error = clock_error(job.timetable, now).total_seconds() if job.timetable else 0
        times = [slot.timestamp() if slot else "", now.timestamp(), error]
        return bool(await self._offer(keys=keys, args=[self._message(job.id), *times, "at once" if at_once else ""]))

    async def probe(self) -> None:
        """Raise a `RedisError` if the server would refuse a run."""
        probe = f"{self._queue.queue_name}:probe"
        await self._probe(keys=[probe, f"{probe}:of"], args=[datetime.now(UTC).timestamp()])

    async def read(self, job_id: str) -> JobState:
        return (await self.read_all([job_id])).get(job_id, JobState())

    async def write(self, job_id: str, state: JobState) -> None:
        await self._redis.hset(self._key(job_id), "state", state.model_dump_json())

    async def read_all(self, job_ids: Iterable[str]) -> dict[str, JobState]:
        """Return the states of the jobs that have run."""
        ids = list(job_ids)
        async with self._redis.pipeline(transaction=False) as pipeline:
            for job_id in ids:
                pipeline.hget(self._key(job_id), "state")
            states: list[Any] = await pipeline.execute()
        return {job_id: read_state(job_id, state) for job_id, state in zip(ids, states, strict=True) if state}

    def _key(self, job_id: str) -> str:
        return f"{self._queue.queue_name}:of:{job_id}"

    def _message(self, job_id: str) -> bytes:
        message = TaskiqMessage(task_id=uuid4().hex, task_name=job_id, labels={}, args=[], kwargs={})
        return self._queue.formatter.dumps(message).message
