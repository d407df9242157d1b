"""Sessions after their end, sessions that only read, and connections that fail."""

import pytest
from pydantic import SecretStr
from sqlalchemy import QueuePool, text
from sqlalchemy.exc import InvalidRequestError

from kit.errors import ServiceUnavailableException
from kit.sql import Database
from kit.sql.health import examine
from kit.sql.settings import DatabaseOptions

pytestmark = pytest.mark.anyio


async def test_a_session_cannot_be_used_after_its_end(notes: Database) -> None:
    for opened in (notes.session(), notes.read_session()):
        async with opened as session:
            await session.execute(text("SELECT 1"))
        with pytest.raises(InvalidRequestError, match="closed"):
            await session.execute(text("SELECT 1"))
        pool = notes.engines.writer.pool
        assert isinstance(pool, QueuePool)
        assert pool.checkedout() == 0


WRITES = (
    "UPDATE scratch_notes SET id = id",
    " /* of a report */ delete FROM scratch_notes",
    "-- why\nINSERT INTO scratch_notes (id) VALUES (1)",
    "DROP TABLE scratch_notes",
    "WITH gone AS (DELETE FROM scratch_notes RETURNING id) SELECT * FROM gone",
    "EXPLAIN ANALYZE DELETE FROM scratch_notes",
    "SELECT 1 INTO copies",
    "/*! DELETE FROM scratch_notes */",
    "SELECT 1 /*M!100000 INTO OUTFILE 'x' */",
    r"SELECT '\'', id INTO OUTFILE 'x' FROM scratch_notes WHERE id = '\''",
)


@pytest.mark.parametrize("statement", WRITES)
async def test_a_session_that_only_reads_refuses_texts_that_write(notes: Database, statement: str) -> None:
    async with notes.read_session() as session:
        with pytest.raises(RuntimeError, match="This session only reads"):
            await session.execute(text(statement))
        connection = await session.connection()
        with pytest.raises(RuntimeError, match="This session only reads"):
            await connection.exec_driver_sql(statement)


@pytest.mark.parametrize("statement", ["SELECT 'UPDATE x', 1", "WITH a AS (SELECT 'it''s INTO' AS b) SELECT b FROM a"])
async def test_words_in_texts_are_no_writes(notes: Database, statement: str) -> None:
    async with notes.read_session() as session:
        assert (await session.execute(text(statement))).all()
    async with notes.session() as session:
        await session.execute(text("CREATE TABLE trial_copies (id INT)"))
        await session.execute(text("DROP TABLE trial_copies"))


async def test_connections_that_fail_do_not_use_up_the_pool(unreachable_url: SecretStr) -> None:
    database = Database(DatabaseOptions(url=unreachable_url, pool_size=1, pool_timeout=5))
    for _ in range(3):
        with pytest.raises(ServiceUnavailableException, match="does not answer"):
            async with database.session() as session:
                await session.execute(text("SELECT 1"))
    await database.close()


async def test_the_check_says_whether_the_server_or_its_replica_does_not_answer(
    notes: Database, unreachable_url: SecretStr
) -> None:
    url = notes.options.url
    for options, named in (
        (DatabaseOptions(url=unreachable_url, read_url=url), "the database"),
        (DatabaseOptions(url=url, read_url=unreachable_url), "the replica of the database"),
    ):
        database = Database(options)
        with pytest.raises(ConnectionError, match=f"^{named} .* does not answer"):
            await database.ping()
        assert (await examine(database)).status == "unhealthy"
        await database.close()
