"""The reader and writer engines of a database, the session that only reads, and the log of slow statements."""

from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple, NoReturn

import structlog
from sqlalchemy import Connection, Engine, event
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import ORMExecuteState, Session
from structlog.typing import FilteringBoundLogger

log: FilteringBoundLogger = structlog.get_logger(__name__)


class Engines(NamedTuple):
    """Two engines: a read takes the reader one round trip, and the writer three (BEGIN, SELECT, COMMIT)."""

    reader: AsyncEngine
    writer: AsyncEngine
    directory: Path | None = None  # of the data, if the service stores it in a file


class ReadSession(Session):
    """A session on the reader. It refuses to write: it has no transaction, and may be on a replica."""


def refuse() -> NoReturn:
    raise RuntimeError("This session only reads; use SessionDep or Database.session() to write")


@event.listens_for(ReadSession, "before_flush")
def _refuse_flush(*_: Any) -> None:  # pyright: ignore[reportUnusedFunction] - the event calls it
    refuse()


@event.listens_for(ReadSession, "do_orm_execute")
def _refuse_statement(state: ORMExecuteState) -> None:  # pyright: ignore[reportUnusedFunction] - the event calls it
    if state.is_insert or state.is_update or state.is_delete:
        refuse()


def warn_of_slow_statements(engine: Engine, milliseconds: float) -> None:
    """Log statements that take at least this many milliseconds, without their parameters."""

    def before(connection: Connection, *_: Any) -> None:
        connection.info["started"] = perf_counter()

    def after(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        took = (perf_counter() - connection.info["started"]) * 1000
        if took >= milliseconds:
            log.warning("slow statement", statement=statement, ms=round(took, 3))

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
