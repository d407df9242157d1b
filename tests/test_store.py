"""A store keeps acknowledged writes and reports each expiry, although its processes are killed, and can be moved."""

import json
import os
import re
import shutil
import signal
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import httpx2
import pytest

from tests.combinations import Combination
from tests.environments import Environment, environment_of
from tests.servers.waiting import wait_until
from tests.serving import serving
from tests.template import Service

ON_LMDB = Combination((("database", "none"), ("scheduler", "none"), ("store", "lmdb"), ("example", False)))
ON_REDIS = ON_LMDB.but(store="redis")
WITH_JOBS = ON_LMDB.but(scheduler="apscheduler")
KEYS = 300
LEASE = 30  # seconds after which a callback is called again, if the process that called it has died

LISTENER = """
import asyncio, os
from contextlib import asynccontextmanager
from pathlib import Path
from fastapi import APIRouter, FastAPI
from kit.store import StoreDep, get_store

@asynccontextmanager
async def lifespan(app: FastAPI):
    @get_store(app).on_expiry("note")
    async def note(namespace: str, key: str) -> None:
        write("begun", key)
        await asyncio.sleep(0.2)
        write("heard", key)
    yield

def write(name: str, key: str) -> None:
    with Path(f"{name}.txt").open("a") as file:
        file.write(f"{key}:{os.getpid()}\\n")

router = APIRouter(lifespan=lifespan)

@router.post("/{count}")
async def put(count: int, store: StoreDep) -> None:
    await store.set_many("visits", {f"key {each}": each for each in range(count)}, ttl=0.5, on_expiry="note")
"""

JOB = """
import asyncio
from datetime import timedelta
from pathlib import Path
from fastapi import FastAPI
from kit.scheduler import job
from kit.store import get_store

@job(every=timedelta(days=1))
async def count(app: FastAPI) -> None:
    Path("begun").touch()
    await asyncio.sleep(1)
    Path("counted").write_text(str(await get_store(app).increment("jobs", "count")))
"""

WRITER = """
import asyncio
from app.main import app
from kit.store import get_store

async def main():
    async with app.router.lifespan_context(app):
        store = get_store(app)
        await store.set_many("values", {"bytes": b"\\0", "json": {"a": [1.5, None]}, "number": 7, "text": "é"})
        await store.set("visits", "ann", 1, ttl=3600, on_expiry="note")

asyncio.run(main())
"""


@pytest.mark.axis("kills", default=[50], every=[200])
@pytest.mark.combinations([ON_LMDB])
def test_after_many_kills_every_acknowledged_write_is_there_and_whole(
    kills: int, workspace: Path, environment: Environment, tmp_path: Path
) -> None:
    command = ["-m", "kit.tests.store.lmdb.processes", str(kills), str(tmp_path / "store")]
    run = environment.run(*command, cwd=workspace)
    assert run.returncode == 0, run.stdout
    assert f"{kills} kills, " in run.stdout


@pytest.mark.thorough
@pytest.mark.axis("sequences", default=[300], every=[2000])
@pytest.mark.combinations([ON_LMDB, ON_REDIS])
def test_the_store_does_what_its_model_does_in_many_sequences(
    sequences: int, workspace: Path, environment: Environment, settings: Mapping[str, str]
) -> None:
    tests = workspace / "kit/tests/store/test_model.py"
    text, found = re.subn("^SEQUENCES = .*", f"SEQUENCES = {sequences}", tests.read_text("utf-8"), flags=re.MULTILINE)
    assert found
    tests.write_text(text, "utf-8")
    run = environment.run("-m", "pytest", "-q", str(tests), cwd=workspace, **settings)
    assert run.returncode == 0, run.stdout


@pytest.mark.thorough
@pytest.mark.combinations([ON_LMDB, ON_REDIS])
def test_each_expiry_is_heard_of_although_the_worker_that_tells_of_it_is_killed(
    workspace: Path, environment: Environment, settings: Mapping[str, str]
) -> None:
    (workspace / "app/api/visits").mkdir(parents=True)
    (workspace / "app/api/visits/routes.py").write_text(LISTENER, "utf-8")

    def noted(name: str) -> list[tuple[str, int]]:
        path = workspace / f"{name}.txt"
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        return [(key, int(pid)) for key, _, pid in (line.partition(":") for line in lines)]

    with serving(environment, workspace, {**settings, "ENVIRONMENT": "development"}, workers=3) as service:
        assert httpx2.post(f"{service.url}/api/visits/{KEYS}", trust_env=False).is_success
        wait_until(lambda: noted("begun"), seconds=20, what="a callback has begun")
        killed = noted("begun")[0][1]
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: len(dict(noted("heard"))) == KEYS, seconds=LEASE * 2, what="each expiry is heard of")
    assert set(noted("begun")) - set(noted("heard")), "none was cut off"


@pytest.mark.combinations([WITH_JOBS])
def test_a_job_that_is_under_way_at_the_stop_still_has_the_store(workspace: Path, environment: Environment) -> None:
    (workspace / "app/jobs/count.py").write_text(JOB, "utf-8")
    with serving(environment, workspace, {"ENVIRONMENT": "development"}, workers=1):
        wait_until((workspace / "begun").exists, seconds=20, what="the job has begun")
    assert (workspace / "counted").read_text("utf-8") == "1"


@pytest.mark.combinations([ON_REDIS])
def test_what_lmdb_keeps_moves_to_redis(  # noqa: PLR0913, PLR0917 - two services
    workspace: Path,
    environment: Environment,
    settings: Mapping[str, str],
    rendered: Callable[[Combination], Service],
    run_folder: Path,
    tmp_path: Path,
) -> None:
    before = shutil.copytree(rendered(ON_LMDB).path, tmp_path / "before")
    lmdb = environment_of(before, run_folder / "environments")
    exported, again = tmp_path / "exported", tmp_path / "exported again"
    for run in (
        lmdb.run("-c", WRITER, cwd=before),
        lmdb.run("-m", "app", "store", "export", str(exported), cwd=before),
        environment.run("-m", "app", "store", "import", str(exported), cwd=workspace, **settings),
        environment.run("-m", "app", "store", "export", str(again), cwd=workspace, **settings),
    ):
        assert run.returncode == 0, run.stdout
    (lines, deadlines), (lines_again, deadlines_again) = map(read_export, (exported, again))
    assert len(lines) == 5
    assert lines_again == lines
    [early], [late] = deadlines, deadlines_again
    assert abs(late - early) < timedelta(seconds=1)


def read_export(path: Path) -> tuple[list[dict[str, object]], list[datetime]]:
    """Return the lines of an export without their times, and the times at which keys expire."""
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return lines, [datetime.fromisoformat(line.pop("expires_at")) for line in lines if "expires_at" in line]
