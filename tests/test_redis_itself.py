"""What talks to Redis passes its tests on Redis itself; all other tests of this machine use the wheel's Valkey."""

import contextlib
import shutil
from pathlib import Path

import pytest

from tests.combinations import all_combinations
from tests.environments import Environment
from tests.servers.redis import RedisItself
from tests.template import Service

ON_REDIS = all_combinations()[0].but(scheduler="taskiq", store="redis")


@pytest.mark.every
@pytest.mark.combinations([ON_REDIS])
def test_the_store_the_jobs_and_the_limits_work_with_redis_itself(
    service: Service, environment: Environment, tmp_path: Path
) -> None:
    workspace = shutil.copytree(service.path, tmp_path / "service")
    with contextlib.closing(RedisItself()) as server, server.database() as store, server.database() as queue:
        assert "redis" in server.program_version().lower()
        folders = [f"kit/tests/{name}" for name in ("store", "scheduler", "limits")]
        tests = environment.run(
            "-m", "pytest", "--no-header", *folders, cwd=workspace, STORE_URL=store, SCHEDULER_URL=queue
        )
    assert tests.returncode == 0, tests.stdout
