"""Who asks."""

from ipaddress import IPv6Address

from fastapi import Request


def client_address(request: Request) -> str:
    """Give the address of the client, of IPv6 the first half: the second is for the client to choose.

    A header has no say in it, unless one of `TRUSTED_PROXIES` sent it.
    """
    host = request.client.host if request.client else ""
    try:
        address = IPv6Address(host)
    except ValueError:
        return host
    return str(address.ipv4_mapped or address.packed[:8].hex(":", 2))
