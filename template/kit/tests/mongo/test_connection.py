"""The connection: its sessions, and its errors."""

import asyncio
from collections.abc import AsyncGenerator
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import uuid4

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from pymongo.errors import AutoReconnect

from kit.errors import ConflictException, ServiceUnavailableException
from kit.mongo import MongoDBConnectionManager, get_database
from kit.mongo.driver import Database
from kit.mongo.health import examine
from kit.mongo.settings import DatabaseOptions, DatabaseSettings
from kit.settings import Settings
from kit.testing.lossy_proxy import LossyProxy

pytestmark = pytest.mark.anyio


async def test_a_connection_is_open_inside_its_context_only() -> None:
    connection = MongoDBConnectionManager(DatabaseSettings())
    with pytest.raises(RuntimeError, match="async with"):
        await connection.check()
    async with connection:
        await connection.check()
    with pytest.raises(RuntimeError, match="async with"):
        await connection.check()


async def test_the_database_is_the_path_of_the_url(database_url: str) -> None:
    async with MongoDBConnectionManager(DatabaseSettings()) as connection:
        assert f"/{connection.database.name}" in database_url


async def test_a_key_that_is_taken_is_a_conflict(notes: MongoDBConnectionManager) -> None:
    with pytest.raises(ConflictException):
        async with notes.session() as session:
            await session.scratch_notes.insert_many([{"title": "a"}, {"title": "a"}])
    with pytest.raises(ConflictException):
        async with notes.session() as session:
            await session.scratch_notes.insert_one({"title": "a"})


async def test_a_server_that_does_not_answer_is_named_without_its_password(unreachable_url: SecretStr) -> None:
    options = DatabaseSettings(url=unreachable_url, connect_timeout=0.1)
    async with MongoDBConnectionManager(options) as connection:
        with pytest.raises(ServiceUnavailableException, match="does not answer"):
            async with connection.session() as session:
                await session.scratch_notes.find_one()
        with pytest.raises(ConnectionError, match=r"DATABASE_URL, mongodb://127.0.0.1:1/app, does not answer") as error:
            await connection.check()
    assert "app:app" not in str(error.value)


async def test_a_login_that_is_refused_is_reported_without_the_password() -> None:
    url = urlsplit(DatabaseSettings().url.get_secret_value())
    stranger = url._replace(netloc=f"stranger@{url.netloc.rpartition('@')[2]}").geturl()
    options = DatabaseSettings(url=SecretStr(stranger), password=SecretStr("hunter2"))
    async with MongoDBConnectionManager(options) as connection:
        with pytest.raises(ConnectionError, match=r"DATABASE_URL.*[Aa]uthentication failed") as error:
            await connection.check()
    assert "hunter2" not in str(error.value)


async def test_a_lost_connection_is_not_taken_for_a_lost_server() -> None:
    url = urlsplit(DatabaseSettings().url.get_secret_value())
    login, at, address = url.netloc.rpartition("@")
    host, _, port = address.partition(":")
    proxy = LossyProxy(host, int(port or 27017))
    options = dict(parse_qsl(url.query)) | {"directConnection": "true", "retryWrites": "false"}
    options.pop("replicaSet", None)
    async with proxy.open() as own_port:
        through = url._replace(netloc=f"{login}{at}127.0.0.1:{own_port}", query=urlencode(options))
        async with MongoDBConnectionManager(DatabaseSettings(url=SecretStr(through.geturl()))) as connection:
            await connection.check()
            proxy.lose_next()
            await connection.check()


async def test_more_sessions_than_connections_wait_for_their_turn() -> None:
    async with MongoDBConnectionManager(DatabaseSettings(pool_size=2)) as connection:
        await asyncio.gather(*(connection.check() for _ in range(50)))
        assert len(connection.in_use) == 0


async def test_connections_that_are_all_busy_are_unavailable(notes: MongoDBConnectionManager) -> None:
    async with notes.session() as session:
        await session.scratch_notes.insert_one({"title": "a"})
    async with MongoDBConnectionManager(DatabaseSettings(pool_size=1, pool_timeout=0.05)) as connection:

        async def work() -> None:
            async with connection.session() as session:
                await session.scratch_notes.find_one({"$where": "sleep(300) || true"})

        outcomes = await asyncio.gather(work(), work(), return_exceptions=True)
    assert [str(error) for error in outcomes if error] == ["All connections to the database are busy"]


async def test_an_unknown_database_is_an_error_that_names_the_setting(app: FastAPI) -> None:
    with pytest.raises(LookupError, match="DATABASES__REPORTS__URL"):
        get_database(app, "reports")


async def test_a_database_of_another_event_loop_is_refused(app: FastAPI) -> None:
    async def use() -> None:
        get_database(app)

    with pytest.raises(RuntimeError, match="another event loop"):
        await asyncio.to_thread(asyncio.run, use())


@pytest.mark.parametrize(
    ("query", "concern"),
    [
        ("", {"w": "majority", "j": True}),
        ("w=majority", {"w": "majority", "j": True}),
        ("w=1&journal=false", {"w": 1, "j": False}),
        ("W=1", {"w": 1, "j": True}),
        ("journal=false", {"w": "majority", "j": False}),
        ("w=0", {"w": 0}),
    ],
)
async def test_writes_last_unless_the_url_says_otherwise(query: str, concern: dict[str, object]) -> None:
    options = DatabaseSettings(url=SecretStr(f"mongodb://127.0.0.1:1/app?{query}"))
    async with MongoDBConnectionManager(options) as connection:
        assert connection.database.write_concern.document == concern
        async with connection.session() as session:
            assert session.trials.write_concern.document == concern


async def test_the_limits_end_before_the_service_is_killed() -> None:
    options = DatabaseSettings()
    assert 2 * options.timeout + options.connect_timeout < Settings().shutdown_timeout
    assert 3 * options.connect_timeout < Settings().shutdown_timeout


@pytest.fixture
async def reader(notes: MongoDBConnectionManager) -> AsyncGenerator[SecretStr]:
    """Yield a URL with the login of a user who may only read."""
    database, password = notes.database, uuid4().hex
    await database.command("createUser", "reader", pwd=password, roles=["read"])
    url = urlsplit(notes.options.url.get_secret_value())
    host = url.netloc.rpartition("@")[2]
    options = parse_qsl(url.query.replace("authSource=admin", f"authSource={database.name}"))
    login = url._replace(netloc=f"reader:{password}@{host}", path=f"/{database.name}", query=urlencode(options))
    yield SecretStr(login.geturl())
    await database.command("dropUser", "reader")


async def test_a_login_that_cannot_write_is_unavailable_and_not_ready(reader: SecretStr) -> None:
    async with MongoDBConnectionManager(DatabaseSettings(url=reader)) as connection:
        with pytest.raises(ConnectionError, match=r"DATABASE_URL, .*not authorized"):
            await connection.check()
        with pytest.raises(ServiceUnavailableException, match="refuses to work"):
            async with connection.session() as session:
                await session.scratch_notes.insert_one({"title": "a"})


async def test_a_further_database_can_be_for_reading_only(reader: SecretStr) -> None:
    async with MongoDBConnectionManager(DatabaseOptions(url=reader), "DATABASES__REPORTS__URL") as connection:
        await connection.check()
        async with connection.read_session() as session:
            assert await session.scratch_notes.count_documents({}) == 0


async def test_sessions_that_wait_for_the_preparation_fail_with_it() -> None:
    calls: list[Database] = []

    async def prepare(database: Database) -> None:
        calls.append(database)
        await asyncio.sleep(0.01)
        raise AutoReconnect("gone")

    async with MongoDBConnectionManager(DatabaseSettings(), prepare=prepare) as connection:
        outcomes = await asyncio.gather(*(connection.prepare() for _ in range(5)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [AutoReconnect] * 5
    assert len(calls) == 1


async def test_who_stops_waiting_for_the_preparation_does_not_end_it_for_the_others() -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def prepare(_database: Database) -> None:
        begun.set()
        await go_on.wait()

    async with MongoDBConnectionManager(DatabaseSettings(), prepare=prepare) as connection:
        first, second = [asyncio.create_task(connection.prepare()) for _ in range(2)]
        await begun.wait()
        first.cancel()
        await asyncio.wait([first])
        go_on.set()
        await second


async def test_the_check_of_the_database_has_a_limit_of_its_own(unreachable_url: SecretStr) -> None:
    options = DatabaseSettings(url=unreachable_url, connect_timeout=20, health_timeout=0.3)
    async with MongoDBConnectionManager(options) as connection, asyncio.timeout(10):
        assert (await examine(connection)).status == "unhealthy"
