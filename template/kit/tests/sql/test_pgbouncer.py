"""Connections for PgBouncer in transaction mode; the server itself answers here."""

import pytest
from pydantic import SecretStr
from sqlalchemy import make_url, text

from kit.sql import Database

pytestmark = pytest.mark.anyio


async def test_behind_pgbouncer_the_server_refuses_a_reader_what_writes(notes: Database) -> None:
    url = make_url(notes.options.url.get_secret_value()).update_query_dict({"pgbouncer": "true"})
    secret = SecretStr(url.render_as_string(hide_password=False))
    database = Database(notes.options.model_copy(update={"url": secret, "pool_size": 1}))
    async with database.session() as session:
        await session.execute(text("CREATE SEQUENCE IF NOT EXISTS scratch_numbers"))
    async with database.read_session() as session:
        with pytest.raises(RuntimeError, match="only reads"):
            await session.execute(text("SELECT nextval('scratch_numbers')"))
    async with database.read_session() as session:
        assert (await session.execute(text("SELECT 1"))).scalar_one() == 1
    async with database.session() as session:  # on the connection of the reader
        await session.execute(text("DROP SEQUENCE scratch_numbers"))
    await database.ping()
    await database.close()
