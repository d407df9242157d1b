"""A new Redis server, used if no setting points at one."""

from collections.abc import Generator

import pytest
from testcontainers.community.redis import RedisContainer

from kit.testing.containers import running
from kit.testing.local.redis import Redis


@pytest.fixture(scope="session")
def redis_server() -> Generator[str]:
    """Start the server, and yield its URL."""
    with running(_container, _url_of, Redis, "the setting that points at a running server") as url:
        yield url


def _container() -> RedisContainer:
    return RedisContainer("redis:8")


def _url_of(container: RedisContainer) -> str:
    return f"redis://{container.get_container_host_ip()}:{container.get_exposed_port(6379)}/0"
