"""A Redis container, used if no setting points at a server."""

from collections.abc import Generator

import pytest
from testcontainers.community.redis import RedisContainer

from kit.testing.containers import running


@pytest.fixture(scope="session")
def redis_container() -> Generator[str]:
    """Start the container, and yield its URL."""
    with running(RedisContainer, "redis:8", "the setting that points at a running server") as container:
        yield f"redis://{container.get_container_host_ip()}:{container.get_exposed_port(6379)}/0"
