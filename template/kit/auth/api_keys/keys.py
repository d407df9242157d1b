"""How a key is written: `apikey_<id>_<secret>`, of which the database has the id and a hash of the secret."""

import re
import secrets
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

# Not the name of the service, which may change. Tools that search for secrets find a key by KEY, without its groups.
PREFIX = "apikey_"
SECRET_BYTES = 32
KEY = re.compile(PREFIX + r"([0-9a-f]{32})_([0-9a-f]{64})")


class Presented(NamedTuple):
    """What a request has of a key: its id, and the hash of its secret."""

    id: UUID
    digest: str


def new_secret() -> str:
    """Return 256 random bits, for which a fast hash is enough."""
    return secrets.token_hex(SECRET_BYTES)


def digest_of(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def written(key_id: UUID, secret: str) -> str:
    """Return the key as its owner gets it."""
    return f"{PREFIX}{key_id.hex}_{secret}"


def masked(key_id: UUID) -> str:
    """Return what may be shown of a key, which is enough to recognise it."""
    return f"{PREFIX}{key_id.hex}_…"


def read(text: str) -> Presented | None:
    """Return what a key says, or `None` if it is none."""
    found = KEY.fullmatch(text)
    return Presented(UUID(found[1]), digest_of(found[2])) if found else None
