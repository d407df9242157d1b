"""The sample items."""

import pytest
from anyio import to_thread
from click.testing import CliRunner
from httpx2 import AsyncClient

from app.api.v1.items.commands import ITEMS, seed

pytestmark = pytest.mark.anyio


def run_seed() -> str:
    return CliRunner().invoke(seed, catch_exceptions=False).output


@pytest.mark.usefixtures("database")
async def test_seed_creates_the_items_once(client: AsyncClient) -> None:
    assert await to_thread.run_sync(run_seed) == f"{len(ITEMS)} items are new, 0 were changed.\n"
    assert await to_thread.run_sync(run_seed) == "0 items are new, 0 were changed.\n"
    answer = await client.get("/api/v1/items", params={"name": "Sample 7"})
    assert [item["sku"] for item in answer.json()["items"]] == ["sample-7"]


def test_seed_does_nothing_in_staging(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"ENVIRONMENT": "staging", "SECRET_KEY": "x" * 32}.items():
        monkeypatch.setenv(name, value)
    assert "for development only" in run_seed()
