"""The address and the scheme of clients behind proxies.

The server's own middleware keeps the port in an address, so that each connection would be another client, and ignores
the scheme if there is no address.
"""

import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.types import ASGIApp, Receive, Scope, Send

Address = IPv4Address | IPv6Address

# With a port, or with the brackets that an IPv6 address has then: 203.0.113.7:40000, [2001:db8::7]:40000
WITH_PORT = re.compile(r"\[(.+)\](?::\d+)?|([^:]+):\d+")
SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
OF_WEBSOCKETS = {"http": "ws", "https": "wss"}


class ProxyMiddleware:
    """Takes the client's address and scheme from the `X-Forwarded-…` headers of trusted proxies."""

    def __init__(self, app: ASGIApp, trusted: Sequence[str]) -> None:
        self._app = app
        self._trusts_all = "*" in trusted
        self._networks = [ip_network(each) for each in trusted if each != "*"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan" and self._trusts(_parse((scope.get("client") or [""])[0])):
            self._forward(scope)
        await self._app(scope, receive, send)

    def _forward(self, scope: Scope) -> None:
        if scheme := next((SCHEMES[name] for name in _values(scope, b"x-forwarded-proto") if name in SCHEMES), None):
            scope["scheme"] = OF_WEBSOCKETS[scheme] if scope["type"] == "websocket" else scheme
        if client := self._client(list(_values(scope, b"x-forwarded-for"))):
            scope["client"] = (str(client), 0)

    def _client(self, hosts: list[str]) -> Address | None:
        """Return the last address that no trusted proxy has, or the first one if all are trusted."""
        client = None
        for host in hosts if self._trusts_all else reversed(hosts):
            if not (address := _parse(host)):
                break  # what comes before it was not written by a proxy that we know
            client = address
            if self._trusts_all or not self._trusts(address):
                break
        return client

    def _trusts(self, address: Address | None) -> bool:
        return self._trusts_all or (address is not None and any(address in network for network in self._networks))


def _values(scope: Scope, name: bytes) -> Iterable[str]:
    """Yield the parts of all headers with this name, from the first to the last."""
    for key, value in scope["headers"]:
        if key == name:
            yield from (part.strip().lower() for part in value.decode("latin-1").split(",") if part.strip())


def _parse(host: str) -> Address | None:
    host = host.strip('"')
    found = WITH_PORT.fullmatch(host)
    try:
        address = ip_address((found[1] or found[2]) if found else host)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
