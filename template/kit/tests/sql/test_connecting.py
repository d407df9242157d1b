"""A server that accepts connections and then says nothing."""

import socket
from time import monotonic

import pytest
from pydantic import SecretStr
from sqlalchemy import make_url, text

from kit.errors import ServiceUnavailableException
from kit.sql import Database
from kit.sql.dialect import dialect
from kit.sql.settings import DatabaseOptions

pytestmark = pytest.mark.anyio


async def test_the_limit_on_connecting_includes_the_login() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = make_url(dialect.DEFAULT_URL).set(host="127.0.0.1", port=silent.getsockname()[1])
        secret = SecretStr(url.render_as_string(hide_password=False))
        database = Database(DatabaseOptions(url=secret, connect_timeout=0.3, timeout=20))
        started = monotonic()
        with pytest.raises(ServiceUnavailableException, match="does not answer"):
            async with database.session() as session:
                await session.execute(text("SELECT 1"))
        assert monotonic() - started < 5
        await database.close()
