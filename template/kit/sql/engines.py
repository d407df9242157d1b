"""The reader and writer engines of a database, the session that only reads, and the log of slow statements."""

import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple, NoReturn

import structlog
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.interfaces import ExceptionContext
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Session, SessionTransaction
from structlog.typing import FilteringBoundLogger

log: FilteringBoundLogger = structlog.get_logger(__name__)


READS = "only_reads"
READING = {"DESC", "DESCRIBE", "EXPLAIN", "PRAGMA", "SELECT", "SHOW", "TABLE", "VALUES", "WITH"}
MAY_CONTAIN_WRITES = {"EXPLAIN", "WITH"}
WRITING = {"DELETE", "INSERT", "MERGE", "UPDATE"}
# Comments, except those that some servers execute, and quoted texts and names; in some, a backslash escapes a quote.
COMMENT = r"--[^\n]*|/\*(?!M?!).*?\*/"
NO_WORDS = (
    re.compile(COMMENT + r"""|'[^']*'|"[^"]*"|`[^`]*`""", re.DOTALL),
    re.compile(COMMENT + r"""|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`""", re.DOTALL),
)
WORD = re.compile(r"[A-Za-z_]\w*")


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


@event.listens_for(ReadSession, "after_begin")
def _mark(  # pyright: ignore[reportUnusedFunction] - the event calls it
    _session: Session, _transaction: SessionTransaction, connection: Connection
) -> None:
    connection.execution_options(**{READS: True})


def refuse_writes_of_readers(engine: Engine, is_read_only: Callable[[BaseException], bool]) -> None:
    """Refuse the statements of sessions that only read and that would write, also those that are texts.

    A function that writes shows it by no word: the database refuses it where readers have connections of their own, in
    a file or by `DATABASE_READ_URL`. Elsewhere it would take two more round trips for each read.
    """

    def before(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        if connection.get_execution_options().get(READS) and writes(statement):
            refuse()

    def handle(context: ExceptionContext) -> None:
        reads = context.connection and context.connection.get_execution_options().get(READS)
        if reads and is_read_only(context.original_exception):
            refuse()

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "handle_error", handle)


@lru_cache
def writes(statement: str) -> bool:
    """Whether a statement is none of those that read, or has a part that writes, such as a common table expression."""
    return any(_has_writing_words(pattern.sub(" ", statement)) for pattern in NO_WORDS)


def _has_writing_words(statement: str) -> bool:
    words = [word.upper() for word in WORD.findall(statement)]
    first = words[0] if words else ""
    if first not in READING:
        return True
    return "INTO" in words or (first in MAY_CONTAIN_WRITES and bool(WRITING.intersection(words)))


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
