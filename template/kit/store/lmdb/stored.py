"""How a value is stored: first its deadline, then its payload. The deadline 0 means that it does not expire."""

WIDTH = 8  # bytes of a time in milliseconds, big-endian
STAYS = bytes(WIDTH)


def payload_of(stored: bytes | None, now: int) -> bytes | None:
    """Return the payload of a stored value, or `None` if it is missing or has expired."""
    if stored and (int.from_bytes(stored[:WIDTH]) > now or stored.startswith(STAYS)):
        return stored[WIDTH:]
    return None
