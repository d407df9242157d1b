"""What bulk upserts are tried on: contacts, known by their `email`, and seats, known by their `room` and `number`."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

Counts = tuple[int, int, int]


class Contacts(Protocol):
    """Contacts and seats in a database, none at first; upserts tell how many matched, were modified, and are new."""

    async def upsert(self, rows: Any, **options: Any) -> Counts:
        """Upsert contacts, by their `email` unless there is a `key_func`; what was written before an error stays."""
        ...

    async def upsert_seats(self, rows: Any, **options: Any) -> Counts: ...

    async def read(self) -> Mapping[str, Any]:
        """Give the contacts by their `email`."""
        ...

    async def read_seats(self) -> Sequence[Any]:
        """Give the seats in their order."""
        ...


async def names(contacts: Contacts) -> dict[str, str | None]:
    return {email: contact.name for email, contact in (await contacts.read()).items()}


def normalised(row: Mapping[str, Any]) -> Mapping[str, Any]:
    if "@" not in row["email"]:
        raise ValueError(f"{row['email']} is no address")
    return {"email": row["email"].strip().lower()}
