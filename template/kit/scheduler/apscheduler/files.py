"""What the processes of one machine share about each job: a file with its state, and a lock for its runs."""

import os
from collections.abc import Iterable
from pathlib import Path

import structlog
from structlog.typing import FilteringBoundLogger

from kit.process_lock import ProcessLock
from kit.scheduler.run import JobState, read_state

log: FilteringBoundLogger = structlog.get_logger(__name__)


class StateFiles:
    """The states of the jobs, in a folder that the processes share."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def lock(self, job_id: str) -> ProcessLock:
        """Return the lock that a process holds while it runs this job."""
        return ProcessLock(self._folder / f"{job_id}.lock")

    def read(self, job_id: str) -> JobState:
        """Return the state of a job; a file that cannot be read counts as none, because the job must go on."""
        try:
            return read_state(job_id, (self._folder / f"{job_id}.json").read_bytes())
        except FileNotFoundError:
            return JobState()
        except OSError as error:
            log.warning("the state of a job cannot be read", job=job_id, error=str(error))
            return JobState()

    def write(self, job_id: str, state: JobState) -> None:
        """Replace the file of a job as a whole, also if the machine fails; the caller must hold the lock of the job."""
        new = self._folder / f"{job_id}.new"
        with new.open("w", encoding="utf-8") as file:
            file.write(state.model_dump_json())
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._folder / f"{job_id}.json")
        _sync(self._folder)

    def read_all(self, job_ids: Iterable[str]) -> dict[str, JobState]:
        """Return the states of these jobs, if they have run."""
        states = {job_id: self.read(job_id) for job_id in job_ids}
        return {job_id: state for job_id, state in states.items() if state != JobState()}


def _sync(folder: Path) -> None:
    """Make the names of the files in a folder durable; only POSIX systems can and need to."""
    if os.name == "posix":
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
