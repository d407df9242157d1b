"""What the database stores for each job: its last slot, its entry in the queue, and the state of its runs."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from kit.scheduler.job import Job
from kit.scheduler.pgqueuer.driver import queries_in
from kit.scheduler.pgqueuer.model import ScheduledJob
from kit.scheduler.run import JobState, clock_error, read_state
from kit.sql import Database

END = text("UPDATE pgqueuer SET dedupe_key = NULL WHERE id = :id")


class Ledger:
    """The stored jobs of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def offer(self, job: Job, slot: datetime | None, now: datetime) -> bool:
        """Put a job into the queue, for this slot if given.

        Return `False` if its entry is still there, waiting or running, or if another worker has taken the slot.
        """
        async with self._database.session() as session:
            row = await _locked(session, job.id)
            if slot and _is_taken(row, job, slot, now):
                return False
            queries = await queries_in(session)
            if await queries.enqueue(job.id, None, dedupe_key=job.id, on_conflict="skip") == [None]:
                return False
            row.slot, row.deliveries = slot or row.slot, 0
            return True

    async def begin(self, job_id: str) -> int:
        """Count a worker that begins the run in the queue, and return how many have."""
        async with self._database.session() as session:
            row = await _locked(session, job_id)
            row.deliveries += 1
            return row.deliveries

    async def end(self, entry_id: int) -> None:
        """Let a job be put into the queue again; PgQueuer deletes the entry itself a moment later."""
        async with self._database.session() as session:
            await session.execute(END, {"id": entry_id})

    async def read(self, job_id: str) -> JobState:
        return (await self.read_all([job_id])).get(job_id, JobState())

    async def write(self, job_id: str, state: JobState) -> None:
        async with self._database.session() as session:
            (await _locked(session, job_id)).state = state.model_dump_json()

    async def read_all(self, job_ids: Collection[str]) -> dict[str, JobState]:
        """Return the states of the jobs that have run."""
        query = select(ScheduledJob.name, ScheduledJob.state).where(ScheduledJob.name.in_(job_ids))
        async with self._database.read_session(of_primary=True) as session:
            return {name: read_state(name, state.encode()) for name, state in await session.execute(query) if state}


def _is_taken(row: ScheduledJob, job: Job, slot: datetime, now: datetime) -> bool:
    """Return whether the slot is not to be run; the first slot of a new job may only be noted."""
    assert job.timetable
    if row.slot is None and not job.timetable.at_once:
        row.slot = slot
        return True
    return not JobState(slot=row.slot).lacks(slot, now, clock_error(job.timetable, now))


async def _locked(session: AsyncSession, job_id: str) -> ScheduledJob:
    """Return the row of a job, which no other transaction changes until this one ends."""
    await session.execute(
        insert(ScheduledJob).values(id=uuid7(), name=job_id).on_conflict_do_nothing(index_elements=["name"])
    )
    query = select(ScheduledJob).where(ScheduledJob.name == job_id).with_for_update()
    return (await session.scalars(query)).one()
