"""A user of the server."""

from collections.abc import AsyncGenerator

import pytest

from kit.testing.store_on_redis import RedisPlace
from kit.tests.store.redis.member import Member


@pytest.fixture
async def member(place: RedisPlace) -> AsyncGenerator[Member]:
    member = Member(place.redis, place.settings)
    await member.allow()
    yield member
    await member.remove()
