"""Statements that take long are logged, without their parameters."""

import pytest
from sqlalchemy import literal, select
from structlog.testing import capture_logs

from kit.sql import Database
from kit.sql.settings import DatabaseSettings

pytestmark = pytest.mark.anyio


async def warnings(milliseconds: float, *, writing: bool = False) -> list[str]:
    """Run a statement, and return its warnings in the log."""
    database = Database(DatabaseSettings().model_copy(update={"slow_query_ms": milliseconds}))
    with capture_logs() as lines:
        async with database.session() if writing else database.read_session() as session:
            await session.execute(select(literal("hunter2").label("answer")))
    await database.close()
    return [str(line) for line in lines if line["event"] == "slow statement" and "answer" in line["statement"]]


@pytest.mark.parametrize("writing", [False, True])
async def test_a_slow_statement_is_logged_once_without_its_parameters(writing: bool) -> None:
    (line,) = await warnings(milliseconds=1e-6, writing=writing)
    assert "hunter2" not in line


async def test_a_quick_statement_is_not_logged() -> None:
    assert await warnings(milliseconds=60_000) == []


async def test_zero_turns_the_warning_off() -> None:
    assert await warnings(milliseconds=0) == []
