"""The tests' own tables, so that they do not depend on the models of the service."""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from uuid import UUID

from sqlalchemy import Connection, ForeignKey, MetaData, event
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kit.sql import Base, Database


class Scratch(Base):
    """The base of tables that no migration knows."""

    __abstract__ = True
    metadata = MetaData()


class Note(Scratch):
    __tablename__ = "scratch_notes"

    title: Mapped[str] = mapped_column(unique=True)
    stars: Mapped[int] = mapped_column(default=0)


class Topic(Scratch):
    """A table whose rows are always read with others."""

    __tablename__ = "scratch_topics"

    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("scratch_topics.id", ondelete="CASCADE"))
    children: Mapped[list["Topic"]] = relationship(lazy="joined", join_depth=1)


@asynccontextmanager
async def scratch_tables(database: Database) -> AsyncGenerator[Database]:
    """Create the tables, and drop them afterwards."""
    async with database.engines.writer.begin() as connection:
        await connection.run_sync(Scratch.metadata.drop_all)
        await connection.run_sync(Scratch.metadata.create_all)
    yield database
    async with database.engines.writer.begin() as connection:
        await connection.run_sync(Scratch.metadata.drop_all)


async def empty(database: Database) -> None:
    async with database.session() as session:
        for table in reversed(Scratch.metadata.sorted_tables):
            await session.execute(table.delete())


@contextmanager
def statements(engine: AsyncEngine) -> Generator[list[str]]:
    """Record the statements that an engine runs."""
    seen: list[str] = []

    def note(_connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine.sync_engine, "before_cursor_execute", note)
