"""How jobs are declared and found."""

from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI

from kit.scheduler import JobError, job
from kit.scheduler.registry import find_jobs
from kit.tests.trial import write_package

pytestmark = pytest.mark.anyio
CLEANUP = """
    from datetime import timedelta
    from kit.scheduler import job

    @job({options})
    async def cleanup(app):
        '''Delete what nobody wants.

        And more.'''
"""


def write_jobs(folder: Path, monkeypatch: pytest.MonkeyPatch, **options: str) -> str:
    files = {f"jobs/{name}.py": CLEANUP.format(options=each) for name, each in options.items()}
    return write_package(folder, monkeypatch, files)


def test_jobs_are_found_in_their_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = write_jobs(tmp_path, monkeypatch, b='cron="0 3 * * *"', a="every=timedelta(hours=1)", c="")
    jobs = find_jobs()
    assert list(jobs) == [f"{package}.jobs.{name}" for name in "abc"]
    assert [str(job.timetable) for job in jobs.values()] == ["every 1:00:00", "0 3 * * *", "None"]
    assert jobs[f"{package}.jobs.a"].description == "Delete what nobody wants."


def test_a_job_that_another_module_imports_is_found_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"jobs/a.py": CLEANUP.format(options=""), "jobs/b.py": "from .a import cleanup\nagain = cleanup"}
    package = write_package(tmp_path, monkeypatch, files)
    assert list(find_jobs()) == [f"{package}.jobs.a"]


def test_two_jobs_with_one_id_are_refused_with_both_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_jobs(tmp_path, monkeypatch, a="id='cleanup'", b="id='cleanup'")
    with pytest.raises(JobError, match=r"jobs/b\.py: the job in .*jobs/a\.py has the id 'cleanup' too"):
        find_jobs()


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ("cron='0 3 * *'", "4 fields"),
        ("cron=''", "0 fields"),
        ("cron='0 3 * * *', every=timedelta(hours=1)", "exclude each other"),
        ("every=timedelta(0)", "every must be positive"),
        ("every=timedelta(hours=1), jitter=timedelta(hours=1)", "shorter than the interval"),
        ("cron='* * * * *', jitter=timedelta(-1)", "must not be negative"),
        ("timeout=timedelta(0)", "timeout must be positive"),
        ("id='../cleanup'", "not a valid id"),
        ("environments={'prodution'}", "prodution"),
    ],
)
def test_an_invalid_job_is_refused_with_its_file(
    options: str, fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = write_jobs(tmp_path, monkeypatch, cleanup=options)
    with pytest.raises(JobError, match=rf"{package}/jobs/cleanup\.py: .*{fault}"):
        find_jobs()


def test_a_job_must_be_a_coroutine_function() -> None:
    with pytest.raises(JobError, match=r"test_job\.py: a job must be an `async def`"):

        @job()  # pyright: ignore[reportArgumentType] - that is what is wrong with it
        def _(app: FastAPI) -> None:
            del app


async def test_a_job_that_is_called_does_its_work_at_once() -> None:
    seen: list[FastAPI] = []

    @job(every=timedelta(hours=1))
    async def note(app: FastAPI) -> None:
        seen.append(app)

    app = FastAPI()
    await note(app)
    assert seen == [app]
    assert note.id == __name__
