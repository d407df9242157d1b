"""The processes that run the jobs, and a queue that cannot be reached."""

from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from kit.errors import ServiceUnavailableException
from kit.scheduler import get_scheduler
from kit.scheduler.taskiq.queue_scheduler import QueueScheduler
from kit.scheduler.taskiq.settings import QueueSettings
from kit.testing.service import ask, given, started
from kit.testing.started_jobs import RunJobs
from kit.tests.scheduler.trials import DAY, Work

pytestmark = pytest.mark.anyio
NOWHERE = QueueSettings(url=SecretStr("redis://127.0.0.1:1/0"))


async def test_without_redis_the_service_starts_and_is_not_ready() -> None:
    work = Work()
    async with started(given(), NOWHERE) as app, ask(app) as client:
        ready = await client.get("/ready")
        assert (ready.status_code, ready.json()["checks"]["jobs"]["status"]) == (503, "failed")
        assert (await client.get("/health/jobs")).status_code == 503
        assert (await client.get("/health")).status_code == 200
        with pytest.raises(ServiceUnavailableException, match="queue of jobs"):
            await work.as_job().start(app)


async def test_only_the_state_of_a_run_is_kept(run_jobs: RunJobs, queue_name: str) -> None:
    work = Work()
    async with run_jobs(work.as_job(every=DAY)) as app:
        await work.run_through(app)
        jobs = get_scheduler(app)
        assert isinstance(jobs, QueueScheduler)
        redis: Any = jobs.queue.redis
        keys = {key.decode().partition(":of:")[0] async for key in redis.scan_iter(f"{{{queue_name}}}*")}
    assert keys == {f"{{{queue_name}}}:jobs", f"{{{queue_name}}}:jobs:workers"}


@pytest.mark.parametrize("url", ["http://localhost", "localhost:6379", "redis"])
def test_an_invalid_url_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="redis://localhost:6379/0"):
        QueueSettings(url=SecretStr(url))


def test_the_url_is_a_secret() -> None:
    assert "hunter2" not in repr(QueueSettings(url=SecretStr("redis://:hunter2@localhost:6379/0")))
