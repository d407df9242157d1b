"""New servers for the tests, used if no setting points at one: in containers, or without Docker from programs."""

import gc
import warnings
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from typing import TypeVar

import pytest
from testcontainers.core.container import DockerContainer

from kit.testing.local.kinds import how_to_get
from kit.testing.local.server import Server, temporary

Container = TypeVar("Container", bound=DockerContainer)


@contextmanager
def running(
    container: Callable[[], Container], url_of: Callable[[Container], str], server: type[Server], instead: str
) -> Generator[str]:
    """Run a new server and yield its URL; without one, end the test run, because each test would fail."""
    with ExitStack() as stack:
        started = _started(container)
        if not isinstance(started, str):
            stack.callback(started.stop)
            yield url_of(started)
        elif advice := how_to_get({server}, "pytest"):
            pytest.exit(f"Docker does not start {server.name}: {started}\nSet {instead}. {advice}.", returncode=1)
        else:
            yield stack.enter_context(temporary(server))


def _started(container: Callable[[], Container]) -> Container | str:
    """Start a container, or return why that fails."""
    with warnings.catch_warnings():
        # Without Docker, docker-py leaves a socket open, which would fail the tests when Python finds it.
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            return container().start()
        except Exception as error:  # noqa: BLE001 - each library and each image fails in its own way
            reason = str(error)
        gc.collect()
    return reason
