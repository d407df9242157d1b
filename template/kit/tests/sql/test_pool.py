"""The pool: order, timeouts, and connections that work."""

import asyncio
import inspect
from typing import Any

import pytest
from sqlalchemy import event, exc, text

from kit.errors import ServiceUnavailableException
from kit.sql import Database, pool
from kit.sql.settings import DatabaseSettings

pytestmark = pytest.mark.anyio


@pytest.fixture
def small() -> DatabaseSettings:
    return DatabaseSettings().model_copy(update={"pool_size": 1, "pool_timeout": 0.05})


async def test_waiting_tasks_are_served_in_the_order_they_came(small: DatabaseSettings) -> None:
    database = Database(small.model_copy(update={"pool_timeout": 30}))
    served: list[int] = []

    async def use(number: int) -> None:
        for _ in range(3):
            async with database.engines.writer.connect() as connection:
                served.append(number)
                await connection.execute(text("SELECT 1"))

    await asyncio.gather(*(use(number) for number in range(5)))
    await database.close()
    assert served == [*range(5)] * 3


async def test_a_newcomer_does_not_overtake_a_task_that_waits(small: DatabaseSettings) -> None:
    database = Database(small.model_copy(update={"pool_timeout": 30}))
    engine = database.engines.writer
    served: list[str] = []

    async def use(name: str) -> None:
        async with engine.connect() as connection:
            served.append(name)
            await connection.execute(text("SELECT 1"))

    async with asyncio.TaskGroup() as group, engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
        group.create_task(use("waits"))
        await asyncio.sleep(0.01)
        # It begins after the connection is free and before the task that waits is awake.
        event.listen(engine.sync_engine, "checkin", lambda *_: group.create_task(use("newcomer")), once=True)
    await database.close()
    assert served == ["waits", "newcomer"]


async def test_a_task_that_waits_too_long_gets_an_error(small: DatabaseSettings) -> None:
    database = Database(small)
    async with database.session() as first:
        await first.execute(text("SELECT 1"))
        with pytest.raises(ServiceUnavailableException) as error:
            async with database.session() as second:
                await second.execute(text("SELECT 1"))
    assert isinstance(error.value.__cause__, exc.TimeoutError)
    await database.ping()
    await database.close()


async def test_a_task_that_stops_waiting_takes_no_turn(small: DatabaseSettings) -> None:
    database = Database(small)
    async with database.engines.writer.connect() as connection:
        await connection.execute(text("SELECT 1"))
        waiting = asyncio.create_task(database.engines.writer.connect().start())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    async with database.engines.writer.connect() as connection:
        assert (await connection.execute(text("SELECT 1"))).scalar_one() == 1
    await database.close()


async def test_a_connection_that_broke_while_idle_is_replaced(
    small: DatabaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "HOT_SECONDS", 0)
    database = Database(small)
    async with database.engines.writer.connect() as connection:
        raw = await connection.get_raw_connection()
        broken = raw.driver_connection
    assert broken is not None
    await _break(broken)
    async with database.engines.writer.connect() as connection:
        assert (await connection.execute(text("SELECT 1"))).scalar_one() == 1
        assert (await connection.get_raw_connection()).driver_connection is not broken
    await database.close()


async def test_a_connection_that_broke_in_use_is_not_taken_for_a_server_that_is_away(small: DatabaseSettings) -> None:
    database = Database(small)
    async with database.primary.connect() as connection:
        raw = await connection.get_raw_connection()
        broken = raw.driver_connection
    assert broken is not None
    await _break(broken)
    await database.ping()
    await database.close()


async def _break(connection: Any) -> None:
    closing = connection.close()
    if inspect.isawaitable(closing):
        await closing
