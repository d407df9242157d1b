"""Where a store of the tests keeps its data, and a clock that the tests drive."""

from typing import Protocol

from kit.store.engine import Engine


class Place(Protocol):
    """What the tests need of an engine."""

    def open(self, max_namespaces: int = 256) -> Engine:
        """Open the data once more, as another process would."""
        ...

    async def advance(self, seconds: float) -> None:
        """Let time pass for all that is kept."""
        ...

    async def faults(self, engine: Engine) -> list[str]:
        """Walk over everything that is kept, and say what does not fit together."""
        ...
