"""Commands that take long are logged, without the values in them."""

import pytest
from structlog.testing import capture_logs

from kit.mongo import MongoDBConnectionManager
from kit.mongo.settings import DatabaseSettings

pytestmark = pytest.mark.anyio


async def warnings(milliseconds: float) -> list[str]:
    """Run a command, and return its warnings in the log."""
    settings = DatabaseSettings(slow_query_ms=milliseconds)
    with capture_logs() as lines:
        async with MongoDBConnectionManager(settings) as database, database.session() as session:
            await session.scratch_notes.find_one({"title": "hunter2"})
            with pytest.raises(Exception, match="unknown operator"):
                await session.scratch_notes.find_one({"title": {"$no": 1}})
    return [str(line) for line in lines if line["event"] == "slow command" and line["command"] == "find"]


async def test_a_slow_command_is_logged_with_its_collection_and_without_its_values() -> None:
    (line,) = await warnings(milliseconds=1e-6)
    assert "scratch_notes" in line
    assert "hunter2" not in line


@pytest.mark.parametrize("milliseconds", [0, 60_000])
async def test_a_quick_command_is_not_logged_and_zero_turns_the_warning_off(milliseconds: float) -> None:
    assert await warnings(milliseconds) == []
