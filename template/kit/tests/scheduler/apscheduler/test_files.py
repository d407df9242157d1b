"""The files with the states of the jobs."""

import os
from pathlib import Path

import pytest

from kit.scheduler.apscheduler.files import StateFiles
from kit.scheduler.run import JobState
from kit.testing.service import ask
from kit.testing.started_jobs import RunJobs
from kit.tests.scheduler.trials import DAY, Work

pytestmark = pytest.mark.anyio
TORN = [
    b"",
    b"\0" * 200,
    b'{"slot":"2026-11-20T12:00:0',
    b"[1]",
    b"null",
    b'{"runs": "many"}',
    b'{"slot": "2026-11-20T12:00:00"}',
    b'{"last_result": 7}',
    b"\xff\xfe",
]


@pytest.mark.parametrize("content", TORN)
async def test_a_job_whose_state_cannot_be_read_goes_on(
    content: bytes, run_jobs: RunJobs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "scheduler/jobs"
    folder.mkdir(parents=True)
    (folder / "work.json").write_bytes(content)
    work = Work()
    async with run_jobs(work.as_job(every=DAY)) as app, ask(app) as client:
        await work.run_through(app)
        assert (await client.get("/ready")).status_code == 200
        assert (await client.get("/health/jobs")).json()["jobs"][0]["runs"] == 1
    assert "state of a job is invalid" in capsys.readouterr().out


async def test_a_state_that_is_a_folder_is_ignored_and_told(
    run_jobs: RunJobs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "scheduler/jobs/work.json").mkdir(parents=True)
    work = Work()
    async with run_jobs(work.as_job(every=DAY)) as app, ask(app) as client:
        await work.run_through(app)
        assert (await client.get("/ready")).status_code == 200
    assert "state of a job cannot be read" in capsys.readouterr().out


def test_a_state_is_on_the_disk_before_its_name_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named: list[bool] = []

    def sync(_descriptor: int) -> None:
        named.append((tmp_path / "work.json").exists())

    monkeypatch.setattr(os, "fsync", sync)
    files = StateFiles(tmp_path)
    files.write("work", JobState(runs=3))
    assert named == [False, True]
    assert files.read("work") == JobState(runs=3)
