"""A server that accepts connections and then says nothing, and one that has to end one of two transactions."""

import asyncio
import socket
from collections.abc import Generator
from functools import partial
from time import monotonic

import pytest
from pydantic import SecretStr
from sqlalchemy import make_url, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import ServiceUnavailableException
from kit.sql import Database
from kit.sql.dialect import dialect
from kit.sql.health import examine
from kit.sql.settings import DatabaseOptions
from kit.testing.scratch_tables import Note

pytestmark = pytest.mark.anyio


@pytest.fixture
def silent_url() -> Generator[SecretStr]:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = make_url(dialect.DEFAULT_URL).set(host="127.0.0.1", port=silent.getsockname()[1])
        yield SecretStr(url.render_as_string(hide_password=False))


async def test_the_limit_on_connecting_includes_the_login(silent_url: SecretStr) -> None:
    database = Database(DatabaseOptions(url=silent_url, connect_timeout=0.3, timeout=20))
    started = monotonic()
    with pytest.raises(ServiceUnavailableException, match="does not answer"):
        async with database.session() as session:
            await session.execute(text("SELECT 1"))
    assert monotonic() - started < 5
    await database.close()


async def test_a_statement_that_takes_longer_than_the_limit_is_a_503(notes: Database) -> None:
    async with notes.session() as session:
        session.add(Note(title="a"))
    impatient = Database(notes.options.model_copy(update={"timeout": 0.3}))
    started = monotonic()
    async with notes.session() as holder:
        await holder.execute(update(Note).values(stars=1))
        with pytest.raises(ServiceUnavailableException, match="does not answer"):
            async with impatient.session() as session:
                await session.execute(update(Note).values(stars=2))
    assert monotonic() - started < 10
    await impatient.close()


async def test_the_check_of_the_database_has_a_limit_of_its_own(silent_url: SecretStr) -> None:
    database = Database(DatabaseOptions(url=silent_url, connect_timeout=20, timeout=20, health_timeout=0.3))
    started = monotonic()
    assert (await examine(database)).status == "unhealthy"
    assert monotonic() - started < 5
    await database.close()


async def test_a_transaction_that_loses_a_deadlock_is_retried(notes: Database) -> None:
    async with notes.session() as session:
        session.add_all([Note(title="a"), Note(title="b")])
    tries: list[str] = []
    together = asyncio.Barrier(2)

    async def rate(first: str, second: str, session: AsyncSession) -> None:
        tries.append(first)
        for title in (first, second):
            await session.execute(update(Note).where(Note.title == title).values(stars=Note.stars + 1))
            if len(tries) <= 2 and title == first:
                await together.wait()

    await asyncio.gather(
        notes.retried(partial(rate, "a", "b")),
        notes.retried(partial(rate, "b", "a")),
    )
    assert len(tries) == 3
    async with notes.read_session() as session:
        assert [*await session.scalars(select(Note.stars))] == [2, 2]
