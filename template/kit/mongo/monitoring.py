"""Listeners for the driver's connections and commands."""

import structlog
from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
    ConnectionCheckedInEvent,
    ConnectionCheckedOutEvent,
    ConnectionPoolListener,
)
from structlog.typing import FilteringBoundLogger

log: FilteringBoundLogger = structlog.get_logger(__name__)


class ConnectionsInUse(ConnectionPoolListener):
    """Counts the connections in use."""

    def __init__(self) -> None:
        self._in_use: set[tuple[object, int]] = set()

    def __len__(self) -> int:
        return len(self._in_use)

    def connection_checked_out(self, event: ConnectionCheckedOutEvent) -> None:
        self._in_use.add((event.address, event.connection_id))

    def connection_checked_in(self, event: ConnectionCheckedInEvent) -> None:
        self._in_use.discard((event.address, event.connection_id))

    def ignore(self, event: object) -> None:
        """Ignore an event; the driver needs a method for each kind."""

    pool_created = pool_ready = pool_cleared = pool_closed = ignore
    connection_created = connection_ready = connection_closed = ignore
    connection_check_out_started = connection_check_out_failed = ignore


class SlowCommands(CommandListener):
    """Logs commands that take longer than `milliseconds`, without the values in them."""

    def __init__(self, milliseconds: float) -> None:
        self._milliseconds = milliseconds
        self._collections: dict[int, str] = {}

    def started(self, event: CommandStartedEvent) -> None:
        self._collections[event.request_id] = str(event.command.get(event.command_name))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        collection = self._collections.pop(event.request_id, None)
        milliseconds = event.duration_micros / 1000
        if milliseconds > self._milliseconds:
            log.warning("slow command", command=event.command_name, collection=collection, ms=round(milliseconds, 3))

    def failed(self, event: CommandFailedEvent) -> None:
        self._collections.pop(event.request_id, None)
