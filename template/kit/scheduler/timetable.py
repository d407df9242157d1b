"""When a job is due: at slots that depend only on the calendar, so that all processes agree on them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zlib import crc32

from kit.scheduler.cron import Cron

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Every:
    """One slot per interval, counted from 1970, so that a restart does not move it."""

    interval: timedelta
    at_once = True

    def after(self, moment: datetime) -> datetime:
        """Return the first slot after a moment."""
        return self.latest(moment) + self.interval

    def latest(self, moment: datetime) -> datetime:
        """Return the last slot at or before a moment."""
        return EPOCH + (moment - EPOCH) // self.interval * self.interval

    def __str__(self) -> str:
        return f"every {self.interval}"


@dataclass(frozen=True)
class Timetable:
    """The slots of a job, each delayed by up to `jitter`; the delay of a slot is always the same."""

    slots: Every | Cron
    jitter: timedelta
    name: str

    @property
    def at_once(self) -> bool:
        """Whether a job that has never run is due at once, instead of at its next slot."""
        return self.slots.at_once

    def interval_at(self, moment: datetime) -> timedelta:
        """Return the time between the last slot and the next one."""
        return self.slots.after(moment) - self.slots.latest(moment)

    def due_after(self, moment: datetime) -> datetime:
        """Return the first time after a moment at which the job is due."""
        slot = self.slots.after(moment - self.jitter)
        while self._due(slot) <= moment:
            slot = self.slots.after(slot)
        return self._due(slot)

    def slot_at(self, moment: datetime) -> datetime:
        """Return the slot that was due last."""
        slot = self.slots.latest(moment)
        while self._due(slot) > moment:
            slot = self.slots.latest(slot - MOMENT)
        return slot

    def __str__(self) -> str:
        return str(self.slots)

    def _due(self, slot: datetime) -> datetime:
        return slot + self.jitter * (crc32(f"{self.name} {slot}".encode()) / 2**32)
