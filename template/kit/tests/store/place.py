"""Where a store keeps its data in tests, and a clock that the tests control."""

from typing import Protocol

from kit.store.dispatcher import Dispatcher
from kit.store.engine import Engine


class Place(Protocol):
    """What the tests need of an engine."""

    def open(self, max_namespaces: int = 256) -> Engine:
        """Open the data once more, as another process would."""
        ...

    async def advance(self, seconds: float) -> None:
        """Let time pass for all stored data."""
        ...

    async def faults(self, engine: Engine) -> list[str]:
        """Check all stored data, and return what is inconsistent."""
        ...


async def work(dispatcher: Dispatcher) -> None:
    """Call the callbacks of all keys that have expired by now."""
    while await dispatcher.step():
        pass
    await dispatcher.finish()
