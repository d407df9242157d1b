"""The example of a job."""

import pytest
import structlog
from fastapi import FastAPI

from app.jobs.heartbeat import heartbeat
from kit.settings import Environment

pytestmark = pytest.mark.anyio


async def test_it_says_that_it_ran(app: FastAPI) -> None:
    with structlog.testing.capture_logs() as lines:
        await heartbeat(app)
    assert [line["event"] for line in lines] == ["Example job executed"]


def test_it_runs_every_five_minutes_where_people_develop() -> None:
    assert str(heartbeat.timetable) == "every 0:05:00"
    assert heartbeat.environments == {Environment.LOCAL, Environment.DEVELOPMENT}
