"""A provider for one test."""

from collections.abc import Generator

import pytest

from kit.testing.provider import Provider


@pytest.fixture
def own() -> Generator[Provider]:
    """Start a provider that only this test uses."""
    with Provider() as own:
        yield own
