"""Which process starts the jobs."""

from pathlib import Path

import pytest

from kit.scheduler.apscheduler.settings import LeaderSettings
from kit.testing.telemetry import Collector, observed

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("leads", [True, False])
async def test_a_process_shows_whether_it_leads(collector: Collector, tmp_path: Path, leads: bool) -> None:
    async with observed(collector, LeaderSettings(enabled=leads, directory=tmp_path)):
        await collector.until(lambda: value(collector) == int(leads))


def value(collector: Collector) -> int:
    found = collector.metrics.get("job.leader")
    return found.sum.data_points[0].as_int if found else -1
