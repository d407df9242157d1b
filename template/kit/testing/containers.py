"""Containers of the tests, for what no setting points at a server."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TypeVar

import pytest
from testcontainers.core.container import DockerContainer

Container = TypeVar("Container", bound=DockerContainer)


@contextmanager
def running(kind: Callable[[str], Container], image: str, instead: str) -> Generator[Container]:
    """Run a container of an image; one that cannot start ends all tests, since each would fail for the same reason."""
    try:
        container = kind(image).start()
    except Exception as error:  # noqa: BLE001 - of whatever kind
        pytest.exit(f"{image} does not start: {error}\nStart Docker, or set {instead}.", returncode=1)
    try:
        yield container
    finally:
        container.stop()
