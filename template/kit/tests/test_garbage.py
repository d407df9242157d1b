"""Objects that live as long as the service are excluded from garbage collection."""

import gc

import pytest

from kit.testing.service import given, started

pytestmark = pytest.mark.anyio


async def test_objects_are_frozen_while_the_service_runs() -> None:
    frozen = gc.get_freeze_count()
    async with started(given()):
        assert gc.get_freeze_count() > frozen
    assert gc.get_freeze_count() == 0
