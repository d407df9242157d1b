"""How a value is stored: its deadline, and then the payload. What stays has the deadline 0."""

WIDTH = 8  # bytes of a time, in milliseconds, the most significant first
STAYS = bytes(WIDTH)


def payload_of(stored: bytes | None, now: int) -> bytes | None:
    """Return the payload of what is stored, unless it has expired."""
    if stored and (int.from_bytes(stored[:WIDTH]) > now or stored.startswith(STAYS)):
        return stored[WIDTH:]
    return None
