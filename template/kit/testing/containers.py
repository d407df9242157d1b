"""Containers for the tests, used if no setting points at a server."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TypeVar

import pytest
from testcontainers.core.container import DockerContainer

Container = TypeVar("Container", bound=DockerContainer)


@contextmanager
def running(kind: Callable[[str], Container], image: str, instead: str) -> Generator[Container]:
    """Run a container; if it does not start, end the test run, because each test would fail for the same reason."""
    try:
        container = kind(image).start()
    except Exception as error:  # noqa: BLE001 - each library and each image fails in its own way
        pytest.exit(f"{image} does not start: {error}\nStart Docker, or set {instead}.", returncode=1)
    try:
        yield container
    finally:
        container.stop()
