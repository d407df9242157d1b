"""Sessions: what they store, what they refuse, and many of them at once."""

import asyncio

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import delete, func, insert, literal, select, update

from kit.errors import ConflictException, ServiceUnavailableException
from kit.sql import Database, get_database
from kit.sql.settings import DatabaseSettings
from kit.testing.scratch_tables import Note

pytestmark = pytest.mark.anyio


async def count(database: Database) -> int:
    async with database.read_session() as session:
        return (await session.execute(select(func.count()).select_from(Note))).scalar_one()


async def test_a_session_commits_at_its_end(notes: Database) -> None:
    async with notes.session() as session:
        session.add(Note(title="a"))
    assert await count(notes) == 1


async def test_a_session_that_fails_leaves_nothing(notes: Database) -> None:
    with pytest.raises(RuntimeError, match="late"):
        async with notes.session() as session:
            session.add(Note(title="a"))
            await session.flush()
            raise RuntimeError("late")
    assert await count(notes) == 0


async def test_a_savepoint_can_be_rolled_back(notes: Database) -> None:
    async with notes.session() as session:
        session.add(Note(title="a"))
        with pytest.raises(RuntimeError):
            async with session.begin_nested():
                session.add(Note(title="b"))
                raise RuntimeError
    assert await count(notes) == 1


async def test_a_cancelled_session_leaves_nothing_and_gives_its_connection_back(notes: Database) -> None:
    written = asyncio.Event()

    async def write_and_wait() -> None:
        async with notes.session() as session:
            session.add(Note(title="a"))
            await session.flush()
            written.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(write_and_wait())
    await written.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()
    assert await count(notes) == 0


async def test_a_key_that_is_taken_is_a_conflict(notes: Database) -> None:
    with pytest.raises(ConflictException):
        async with notes.session() as session:
            session.add_all([Note(title="a"), Note(title="a")])
    assert await count(notes) == 0


async def test_another_broken_rule_is_not_a_conflict(notes: Database) -> None:
    with pytest.raises(Exception, match=r"(?i)null") as error:
        async with notes.session() as session:
            await session.execute(insert(Note).values(title=None))
    assert not isinstance(error.value, ConflictException)


async def test_a_read_session_refuses_to_write(notes: Database) -> None:
    for statement in (insert(Note).values(title="a"), update(Note).values(stars=1), delete(Note)):
        with pytest.raises(RuntimeError, match="only reads"):
            async with notes.read_session() as session:
                await session.execute(statement)
    with pytest.raises(RuntimeError, match="only reads"):
        async with notes.read_session() as session:
            session.add(Note(title="a"))
            await session.flush()
    with pytest.raises(RuntimeError, match="only reads"):
        async with notes.read_session() as session:
            session.add(Note(title="a"))
    assert await count(notes) == 0


async def test_many_more_sessions_than_connections_lose_nothing(notes: Database) -> None:
    async def star(number: int) -> None:
        async with notes.session() as session:
            session.add(Note(title=f"{number}"))

    await asyncio.gather(*(star(number) for number in range(100)))
    assert await count(notes) == 100


async def test_concurrent_changes_of_one_row_are_all_applied(notes: Database) -> None:
    async with notes.session() as session:
        session.add(Note(title="a"))

    async def star() -> None:
        async with notes.session() as session:
            await session.execute(update(Note).values(stars=Note.stars + 1))

    await asyncio.gather(*(star() for _ in range(32)))
    async with notes.read_session() as session:
        assert (await session.execute(select(Note.stars))).scalar_one() == 32


async def test_a_replica_serves_the_readers(unreachable_url: SecretStr) -> None:
    options = DatabaseSettings()
    database = Database(options.model_copy(update={"url": unreachable_url, "read_url": options.url}))
    try:
        async with database.read_session() as session:
            assert (await session.execute(select(literal(1)))).scalar_one() == 1
        with pytest.raises(ServiceUnavailableException):
            async with database.session() as session:
                await session.execute(select(literal(1)))
    finally:
        await database.close()


async def test_a_database_that_cannot_be_reached_is_unavailable(unreachable_url: SecretStr) -> None:
    database = Database(DatabaseSettings(url=unreachable_url))
    try:
        with pytest.raises(ServiceUnavailableException):
            async with database.session() as session:
                await session.execute(select(1))
    finally:
        await database.close()


async def test_an_unknown_database_is_an_error_that_names_the_setting(app: FastAPI) -> None:
    with pytest.raises(LookupError, match="DATABASES__REPORTS__URL"):
        get_database(app, "reports")


async def test_a_database_of_another_event_loop_is_refused(app: FastAPI) -> None:
    async def use() -> None:
        get_database(app)

    with pytest.raises(RuntimeError, match="another event loop"):
        await asyncio.to_thread(asyncio.run, use())
