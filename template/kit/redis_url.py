"""The URL of a Redis server: each of its parts and options is understood, or refused."""

from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr
from redis.asyncio.connection import Connection, SSLConnection, parse_url
from redis.exceptions import RedisError

EXAMPLE = "redis://localhost:6379/0, or rediss://localhost:6379/0 for TLS"
FOR_THE_POOL = ("max_connections", "timeout")
NEEDS_BYTES = ("decode_responses", "encoding", "encoding_errors")


def check_redis_url(url: SecretStr) -> SecretStr:
    """Return the URL; raise `ValueError`, without a part of a password, if the service cannot use it."""
    text = url.get_secret_value()
    if not _names_a_server(text):
        raise ValueError(f"it is not the URL of a Redis server; write it like {EXAMPLE}")
    if "@" in text.replace(urlsplit(text).netloc, "", 1):
        raise ValueError("it has an @ after the host; write @, / and # in a login as %40, %2F and %23")
    try:
        _connect_on_paper(text)
    except (TypeError, ValueError, OSError, RedisError) as error:  # OSError: a file that is missing or no certificate
        raise ValueError(f"the driver refuses it: {error}; write it like {EXAMPLE}") from None
    return url


def _names_a_server(url: str) -> bool:
    try:
        parts = urlsplit(url)
        if parts.scheme == "unix":
            return bool(parts.path.strip("/"))
        number = parts.path.strip("/") or "0"
        return parts.scheme in {"redis", "rediss"} and bool(parts.hostname and parts.port != 0) and number.isdecimal()
    except ValueError:  # its message has a part of a password that is not escaped
        return False


def _connect_on_paper(url: str) -> None:
    """Create a connection, without connecting, and its TLS; the driver does so only at the first command."""
    options: dict[str, Any] = {**parse_url(url)}
    if wrong := [name for name in NEEDS_BYTES if name in options]:
        raise ValueError(f"{wrong[0]} is not for this service")
    for name in FOR_THE_POOL:
        options.pop(name, None)
    connection = options.pop("connection_class", Connection)(**options)
    if isinstance(connection, SSLConnection):
        context: Any = connection.ssl_context  # its types are not complete
        context.get()
