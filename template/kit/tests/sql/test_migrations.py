"""The migrations and the models agree, up and down."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress

import pytest
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from click.testing import CliRunner
from httpx2 import AsyncClient
from pydantic import SecretStr
from sqlalchemy import text

from kit.server.start import StartError
from kit.settings import Environment, Settings
from kit.sql import Database, migrations
from kit.sql.commands import migrate
from kit.sql.migrations import (
    CONFIG_FILE,
    check_migrations,
    current_revisions,
    fault_of,
    fault_of_heads,
    newest_revisions,
    upgrade,
)
from kit.sql.settings import DatabaseSettings
from kit.testing.service import started

pytestmark = pytest.mark.anyio
# A driver's thread may outlive the event loop of a migration that failed.
may_leave_a_thread = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


def alembic() -> Config:
    return Config(toml_file=CONFIG_FILE, attributes={"settings": DatabaseSettings()})


async def revisions(database: Database) -> set[str]:
    async with database.engines.writer.connect() as connection:
        return await connection.run_sync(current_revisions)


@pytest.fixture
async def unmigrated(database: Database) -> AsyncGenerator[Database]:
    await asyncio.to_thread(command.downgrade, alembic(), "base")
    assert await revisions(database) == set()
    yield database
    await asyncio.to_thread(upgrade, DatabaseSettings())


@pytest.fixture
async def unknown_revision(unmigrated: Database) -> AsyncGenerator[None]:
    """Let the database be at a revision whose file is gone."""
    async with unmigrated.session() as session:
        await session.execute(text("INSERT INTO alembic_version VALUES ('gone')"))
    yield
    async with unmigrated.session() as session:
        await session.execute(text("DELETE FROM alembic_version"))


async def test_the_migrations_go_down_and_up_again(unmigrated: Database) -> None:
    outcome = await asyncio.to_thread(CliRunner().invoke, migrate)
    assert outcome.exit_code == 0, outcome.output
    assert await revisions(unmigrated) == newest_revisions()


def test_the_models_have_nothing_that_the_migrations_lack() -> None:
    command.check(alembic())


async def test_a_local_database_is_migrated_before_the_models_are_compared_with_it(unmigrated: Database) -> None:
    await asyncio.to_thread(command.check, alembic())
    assert await revisions(unmigrated) == newest_revisions()


async def test_elsewhere_nothing_is_migrated_by_a_comparison(
    unmigrated: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENVIRONMENT", "staging")
    with suppress(CommandError):  # without a migration there is nothing to refuse
        await asyncio.to_thread(command.check, alembic())
    assert await revisions(unmigrated) == set()


@pytest.mark.usefixtures("unknown_revision")
async def test_a_start_with_a_revision_whose_file_is_gone_is_refused_in_a_sentence() -> None:
    with pytest.raises(StartError, match=r"the migrations do not fit the database .*: Can't locate .*'gone'"):
        await asyncio.to_thread(upgrade, DatabaseSettings())


@pytest.mark.usefixtures("unknown_revision")
async def test_a_database_that_is_ahead_of_the_code_is_ready(database: Database) -> None:
    await check_migrations(database)


async def test_a_database_without_its_migrations_is_not_ready(unmigrated: Database, client: AsyncClient) -> None:
    if newest_revisions():  # a service may have no migration yet
        with pytest.raises(StartError, match=r"pending, up to .*; run `python -m \w+ migrate`"):
            await check_migrations(unmigrated)
        answer = await client.get("/ready")
        assert (answer.status_code, "pending" in answer.json()["checks"]["database"]["error"]) == (503, True)


def test_two_heads_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "newest_revisions", lambda: {"b", "a"})
    assert (
        fault_of(set())
        == fault_of_heads()
        == ("migrations/versions has 2 heads, a and b; join them with `alembic merge heads`")
    )


@pytest.mark.usefixtures("unknown_revision")
async def test_a_revision_whose_file_is_gone_is_named() -> None:
    with pytest.raises(CommandError, match=r"not in migrations/versions: .*'gone'"):
        await asyncio.to_thread(command.check, alembic())


def test_the_migrations_can_be_written_as_a_script(capsys: pytest.CaptureFixture[str]) -> None:
    command.upgrade(alembic(), "head", sql=True)
    assert all(f"'{revision}'" in capsys.readouterr().out for revision in newest_revisions())


async def test_a_local_service_migrates_itself(unmigrated: Database) -> None:
    async with started(Settings(environment=Environment.LOCAL)):
        assert await revisions(unmigrated) == newest_revisions()


@may_leave_a_thread
async def test_a_database_that_does_not_answer_is_named_without_its_password(unreachable_url: SecretStr) -> None:
    with pytest.raises(ConnectionError, match="of DATABASE_URL does not answer: ") as error:
        await asyncio.to_thread(upgrade, DatabaseSettings(url=unreachable_url))
    assert "app:app" not in str(error.value)
    assert "Error)" not in str(error.value)
    assert "sqlalche.me" not in str(error.value)


@may_leave_a_thread
async def test_the_command_reports_such_a_database_without_a_traceback(
    unreachable_url: SecretStr, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", unreachable_url.get_secret_value())
    outcome = await asyncio.to_thread(CliRunner().invoke, migrate)
    assert outcome.exit_code == 1
    assert outcome.output.startswith("Error: the database ")


@may_leave_a_thread
async def test_alembic_says_so_without_a_traceback(unreachable_url: SecretStr, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", unreachable_url.get_secret_value())
    with pytest.raises(CommandError, match="The database does not answer: "):
        await asyncio.to_thread(command.current, Config(toml_file=CONFIG_FILE))


@may_leave_a_thread
async def test_the_check_says_so_in_a_sentence(unreachable_url: SecretStr) -> None:
    database = Database(DatabaseSettings(url=unreachable_url))
    with pytest.raises(ConnectionError, match=r"the database .* does not answer: ") as error:
        await database.ping()
    assert "Error)" not in str(error.value)
    await database.close()


def test_faulty_settings_are_a_line_of_alembic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_POOL_SIZE", "many")
    with pytest.raises(CommandError, match="DATABASE_POOL_SIZE: "):
        command.current(Config(toml_file=CONFIG_FILE))
