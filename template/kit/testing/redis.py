"""A Redis in a container, for the tests of what no setting points at another."""

from collections.abc import Generator

import pytest
from testcontainers.community.redis import RedisContainer

from kit.testing.containers import running


@pytest.fixture(scope="session")
def redis_container() -> Generator[str]:
    """Start the container, and give its URL."""
    with running(RedisContainer, "redis:8", "the URL of one that runs") as container:
        yield f"redis://{container.get_container_host_ip()}:{container.get_exposed_port(6379)}/0"
