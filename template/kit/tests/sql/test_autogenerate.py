"""What `alembic revision --autogenerate` finds, leaves alone and refuses."""

import enum
import re
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import CheckConstraint, Column, Connection, Integer, MetaData, String, Table, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from kit.sql import Base, Database
from kit.sql.autogenerate import COMPARISON, refuse_unsupported
from kit.sql.dialect import dialect

pytestmark = pytest.mark.anyio
FOREIGN = "trial_of_others"


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


@pytest.fixture
async def foreign_table(database: Database) -> AsyncGenerator[None]:
    await execute(database, f"CREATE TABLE {FOREIGN} (id INT)")
    yield
    await execute(database, f"DROP TABLE {FOREIGN}")


async def execute(database: Database, statement: str) -> None:
    async with database.engines.writer.begin() as connection:
        await connection.execute(text(statement))


async def revision(database: Database, models: MetaData) -> str:
    """Return the code that makes the tables of the database those of the models."""

    def compare(connection: Connection) -> str:
        context = MigrationContext.configure(connection, opts={"target_metadata": models, **COMPARISON})
        operations: Any = produce_migrations(context, models).upgrade_ops
        return render_python_code(operations)

    async with database.engines.writer.connect() as connection:
        return await connection.run_sync(compare)


@pytest.mark.usefixtures("foreign_table")
async def test_tables_of_others_are_left_alone(database: Database) -> None:
    assert FOREIGN not in await revision(database, Base.metadata)


async def test_a_changed_default_of_the_server_is_found(database: Database) -> None:
    await execute(database, "CREATE TABLE trial_defaults (id INT PRIMARY KEY, size VARCHAR(9) DEFAULT 'small')")
    models = MetaData()
    Table(
        "trial_defaults",
        models,
        Column("id", Integer, primary_key=True),
        Column("size", String(9), server_default="large"),
    )
    try:
        assert "server_default='large'" in await revision(database, models)
    finally:
        await execute(database, "DROP TABLE trial_defaults")


async def test_an_enumeration_is_a_string_on_every_database() -> None:
    class Paint(Base):
        __tablename__ = "trial_paints"

        color: Mapped[Color] = mapped_column()

    column = Paint.metadata.tables["trial_paints"].c.color
    Base.metadata.remove(Base.metadata.tables["trial_paints"])
    assert str(column.type.compile()) == "VARCHAR(255)"


def test_a_schema_and_a_check_without_a_name_are_refused() -> None:
    with_schema, with_check = MetaData(), MetaData()
    Table("orders", with_schema, Column("id", Integer), schema="shop")
    Table("orders", with_check, Column("id", Integer), CheckConstraint("id > 0"))
    with pytest.raises(CommandError, match="'orders' has a schema"):
        refuse_unsupported(with_schema)
    with pytest.raises(CommandError, match=re.escape('write CheckConstraint("id > 0", name="…")')):
        refuse_unsupported(with_check)
    refuse_unsupported(Base.metadata)


async def test_the_server_s_own_time_is_in_utc(database: Database) -> None:
    async with database.session() as session:
        found: datetime = (await session.execute(select(func.now()))).scalar_one()
    now = found if dialect.KEEPS_TIME_ZONES else found.replace(tzinfo=UTC)
    assert abs(now - datetime.now(UTC)) < timedelta(minutes=1)
