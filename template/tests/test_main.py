"""The service as a whole."""

import pytest
from httpx2 import AsyncClient

pytestmark = pytest.mark.anyio


async def test_the_service_is_ready(client: AsyncClient) -> None:
    assert (await client.get("/ready")).status_code == 200
