"""Joins a namespace and a key to one name in bytes; names sort by namespace, then by key."""

SEPARATOR = "\0"
MAX_NAME_SIZE = 511  # bytes


def encode(namespace: str, key: str) -> bytes:
    """Join a namespace and a key; raise `ValueError` or `TypeError` if one of them is invalid."""
    try:
        name = (namespace + SEPARATOR + key).encode()
    except TypeError:
        raise TypeError("The namespace and the key must be strings") from None
    if len(name) > MAX_NAME_SIZE or not namespace or not key or SEPARATOR in namespace:
        raise ValueError(_fault(namespace, key))
    return name


def encode_prefix(namespace: str, prefix: str) -> bytes:
    """Return the bytes with which the names of all keys with this prefix begin."""
    return encode(namespace, prefix + "*")[:-1]


def decode(name: bytes) -> tuple[str, str]:
    """Split a name into its namespace and its key."""
    namespace, _, key = name.decode().partition(SEPARATOR)
    return namespace, key


def namespace_of(name: bytes) -> bytes:
    return name[: name.index(0)]


def _fault(namespace: str, key: str) -> str:
    if not namespace or SEPARATOR in namespace:
        return "A namespace must not be empty or contain NUL"
    if not key:
        return "A key must not be empty"
    return f"A namespace and a key may have at most {MAX_NAME_SIZE - 1} bytes of UTF-8 together; '{key[:40]}…' has more"
