"""A warning for each statement that takes long, without its parameters."""

from time import perf_counter
from typing import Any

import structlog
from sqlalchemy import Connection, Engine, event
from structlog.typing import FilteringBoundLogger

log: FilteringBoundLogger = structlog.get_logger(__name__)


def warn_of_slow_statements(engine: Engine, milliseconds: float) -> None:
    """Log statements that take at least this long."""

    def before(connection: Connection, *_: Any) -> None:
        connection.info["started"] = perf_counter()

    def after(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        took = (perf_counter() - connection.info["started"]) * 1000
        if took >= milliseconds:
            log.warning("slow statement", statement=statement, ms=round(took, 3))

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
