"""Finds tasks whose worker has died, without the clocks of several machines: it has shown nothing for a while."""

from collections.abc import Collection, Mapping
from time import monotonic
from uuid import UUID

from kit.tasks.storage import Held

LEASE = 10.0  # seconds
BEAT = LEASE / 4


class Leases:
    """What this process has seen of the tasks that are held, and since when each is as it is."""

    def __init__(self) -> None:
        self._seen: dict[UUID, tuple[Held, float]] = {}

    def forget(self) -> None:
        """Begin anew: while the database was away, nobody could show anything."""
        self._seen.clear()

    def silent(self, held: Mapping[UUID, Held], own: Collection[UUID]) -> dict[UUID, Held]:
        """Return the tasks that have not changed for `LEASE` seconds, but for those that run here."""
        now = monotonic()
        before = self._seen
        self._seen = {
            task_id: before[task_id] if task_id in before and before[task_id][0] == each else (each, now)
            for task_id, each in held.items()
        }
        late = {task_id: each for task_id, (each, since) in self._seen.items() if now - since >= LEASE}
        return {task_id: each for task_id, each in late.items() if task_id not in own}
