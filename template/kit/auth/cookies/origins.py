"""Refuses what pages of other origins make a browser send, because the browser adds the cookie by itself."""

from collections.abc import Collection

from fastapi.requests import HTTPConnection

from kit.errors import ForbiddenException

SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}
SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
DEFAULT_PORTS = {"http": ":80", "https": ":443"}
REFUSED = "A session cookie does not count for another origin; the origins of CORS_ORIGINS may send it"
UNKNOWN = "A session cookie counts only with the header Origin, which browsers send; other clients need a bearer token"


def check_origin(connection: HTTPConnection, trusted: Collection[str]) -> None:
    """Raise `ForbiddenException` unless a page of this service, or of a trusted origin, has sent the request.

    Requests that only read may come from everywhere, but not WebSockets: the page could read what they send.
    """
    if connection.scope["type"] == "websocket" or connection.scope["method"] not in SAFE_METHODS:
        check_sender(connection, trusted)


def check_sender(connection: HTTPConnection, trusted: Collection[str]) -> None:
    """Do the same for each method."""
    origin, site = _only(connection, "origin"), _only(connection, "sec-fetch-site")
    if origin is None or site is None or not _is_ours(connection, origin, site, trusted):
        raise ForbiddenException(REFUSED if origin or site else UNKNOWN, details={"origin": origin or None})


def _is_ours(connection: HTTPConnection, origin: str, site: str, trusted: Collection[str]) -> bool:
    """Whether the sender is this origin or a trusted one.

    Browsers send `Sec-Fetch-Site` over https and to localhost. It is right also where a proxy changes the host or the
    scheme; else the origins are compared. `none` means that no page has sent the request.
    """
    if origin != "*" and origin in trusted:
        return True
    return site == "same-origin" or (site in {"", "none"} and origin != "" and origin == _own_origin(connection))


def _own_origin(connection: HTTPConnection) -> str | None:
    """Return the origin of the service as the client has addressed it. `X-Forwarded-Host` is not looked at."""
    if not (host := _only(connection, "host")):
        return None
    scheme = SCHEMES[connection.scope.get("scheme", "http")]
    return f"{scheme}://{host.lower().removesuffix(DEFAULT_PORTS[scheme])}"


def _only(connection: HTTPConnection, name: str) -> str | None:
    """Return the value of a header, `""` without it, and `None` for several."""
    values = connection.headers.getlist(name)
    return None if len(values) > 1 else "".join(values)
