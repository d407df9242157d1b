"""What the processes of one machine share about each job: a file with its state, and a lock for its runs."""

from pathlib import Path

from kit.process_lock import ProcessLock
from kit.scheduler.run import JobState


class StateFiles:
    """The states of the jobs, in a folder that the processes share."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def lock(self, job_id: str) -> ProcessLock:
        """Return the lock that a process holds while it runs this job."""
        return ProcessLock(self._folder / f"{job_id}.lock")

    def read(self, job_id: str) -> JobState:
        try:
            return JobState.model_validate_json((self._folder / f"{job_id}.json").read_bytes())
        except FileNotFoundError:
            return JobState()

    def write(self, job_id: str, state: JobState) -> None:
        """Replace the file of a job as a whole; the caller must hold the lock of the job."""
        new = self._folder / f"{job_id}.new"
        new.write_text(state.model_dump_json(), "utf-8")
        new.replace(self._folder / f"{job_id}.json")

    def read_all(self) -> dict[str, JobState]:
        return {path.stem: self.read(path.stem) for path in self._folder.glob("*.json")}
