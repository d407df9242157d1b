"""What `/health/jobs`, `/ready` and the doctor report about the jobs."""

from datetime import UTC, datetime

from pydantic import BaseModel

from kit.scheduler.job import Job
from kit.scheduler.run import JobState, Result
from kit.scheduler.scheduler import Scheduler


class JobHealth(BaseModel):
    """A job, its last run and its next run; a job without a timetable in this environment has no next run."""

    id: str
    description: str
    timetable: str | None
    next_run: datetime | None
    last_run: datetime | None
    last_result: Result | None
    last_error: str | None
    last_seconds: float | None
    runs: int
    failures: int

    def __str__(self) -> str:
        last = f"last run {self.last_run:%Y-%m-%d %H:%M:%S} {self.last_result}" if self.last_run else "never run"
        following = f"next run {self.next_run:%Y-%m-%d %H:%M:%S}" if self.next_run else "not scheduled here"
        return f"{self.id}: {self.description} ({self.timetable or 'by hand'}; {last}; {following})"


class JobsHealth(BaseModel):
    """The jobs, and which processes run them."""

    processes: dict[str, bool | int | list[str]]
    jobs: list[JobHealth]

    def __str__(self) -> str:
        processes = [f"{name}: {_words(value)}" for name, value in self.processes.items()]
        return "\n".join([*processes, *map(str, self.jobs)])


def _words(value: bool | int | list[str]) -> str:  # noqa: FBT001 - private
    return (", ".join(value) or "none") if isinstance(value, list) else str(value).lower()


async def examine(scheduler: Scheduler) -> JobsHealth:
    """Return the jobs with their runs in all processes."""
    states = await scheduler.states()
    scheduled, now = scheduler.scheduled, datetime.now(UTC)
    jobs = [_health(job, states.get(job.id, JobState()), job in scheduled, now) for job in scheduler.jobs.values()]
    return JobsHealth(processes=await scheduler.processes(), jobs=jobs)


def _health(job: Job, state: JobState, scheduled: bool, now: datetime) -> JobHealth:  # noqa: FBT001 - private
    return JobHealth(
        id=job.id,
        description=job.description,
        timetable=str(job.timetable) if job.timetable else None,
        next_run=job.timetable.due_after(now) if job.timetable and scheduled else None,
        **state.model_dump(exclude={"slot"}),
    )
