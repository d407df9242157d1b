"""Data for tests of bulk upserts: contacts with the key `email`, and seats with the key `room` and `number`."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any, Protocol

Counts = tuple[int, int, int]


class Contacts(Protocol):
    """Contacts and seats in a database, empty at first; upserts return how many matched, were modified, and are new."""

    async def upsert(self, rows: Any, **options: Any) -> Counts:
        """Upsert contacts by `email`, or by a `key_func`; what was written before an error stays."""
        ...

    async def upsert_seats(self, rows: Any, **options: Any) -> Counts: ...

    async def read(self) -> Mapping[str, Any]:
        """Return the contacts by their `email`."""
        ...

    async def read_seats(self) -> Sequence[Any]:
        """Return the seats, ordered by their key."""
        ...


async def names(contacts: Contacts) -> dict[str, str | None]:
    return {email: contact.name for email, contact in (await contacts.read()).items()}


def normalised(row: Mapping[str, Any]) -> Mapping[str, Any]:
    if "@" not in row["email"]:
        raise ValueError(f"{row['email']} is not an address")
    return {"email": row["email"].strip().lower()}


FIELDS: dict[str, Sequence[Any]] = {
    "name": (None, "a", "A", "á"),
    "age": (None, 0, 1),
    "seen_at": (None, datetime(2020, 1, 1, tzinfo=UTC)),
    "details": ({}, {"a": 1}),
}
EMPTY: dict[str, Any] = {"name": None, "age": None, "seen_at": None, "details": None}


def random_rows(random: Random) -> Iterator[dict[str, Any]]:
    shapes = [random.sample(sorted(FIELDS), random.randint(0, len(FIELDS))) for _ in range(random.choice([1, 3]))]
    for _ in range(random.choice([1, 1, 2, 5, 60, 300])):
        yield {"email": f"{random.randrange(400)}"} | {
            name: random.choice(FIELDS[name]) for name in random.choice(shapes)
        }


def apply(stored: dict[str, dict[str, Any]], rows: Sequence[Mapping[str, Any]]) -> Counts:
    """Apply to a dictionary what an upsert does to the database."""
    matched = modified = upserted = 0
    for email, row in {row["email"]: row for row in rows}.items():
        before = stored.get(email)
        stored[email] = {**(before or EMPTY), **{name: row[name] for name in row if name != "email"}}
        matched += before is not None
        modified += before is not None and before != stored[email]
        upserted += before is None
    return matched, modified, upserted
