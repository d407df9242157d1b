"""What lives as long as the service is kept from the collector."""

import gc

import pytest

from kit.testing.service import given, started

pytestmark = pytest.mark.anyio


async def test_the_collector_leaves_alone_what_lives_as_long_as_the_service() -> None:
    frozen = gc.get_freeze_count()
    async with started(given()):
        assert gc.get_freeze_count() > frozen
    assert gc.get_freeze_count() == 0
