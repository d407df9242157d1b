"""The example job."""

import pytest
import structlog
from fastapi import FastAPI

from app.jobs.heartbeat import heartbeat
from kit.settings import Environment

pytestmark = pytest.mark.anyio


async def test_it_logs_that_it_ran(app: FastAPI) -> None:
    with structlog.testing.capture_logs() as lines:
        await heartbeat(app)
    assert [line["event"] for line in lines] == ["example job executed"]


def test_it_runs_every_five_minutes_in_local_and_development_environments() -> None:
    assert str(heartbeat.timetable) == "every 0:05:00"
    assert heartbeat.environments == {Environment.LOCAL, Environment.DEVELOPMENT}
