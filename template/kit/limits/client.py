"""Identifies clients by their address."""

from ipaddress import IPv6Address

from fastapi import Request


def client_address(request: Request) -> str:
    """Return the address of the client, or for IPv6 its first 64 bits, because clients choose the rest themselves.

    `X-Forwarded-For` counts only if one of `TRUSTED_PROXIES` sent it. Clients of a Unix socket have the address "".
    """
    host = request.client.host if request.client else ""
    try:
        address = IPv6Address(host)
    except ValueError:
        return host
    return str(address.ipv4_mapped or address.packed[:8].hex(":", 2))
