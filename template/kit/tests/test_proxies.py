"""The address and the scheme of clients behind proxies."""

import pytest
from fastapi import APIRouter, Request
from httpx2 import ASGITransport, AsyncClient

from kit.limits import client_address
from kit.testing.service import given, started
from kit.tests.trial import add_routes

pytestmark = pytest.mark.anyio
router = APIRouter()
OWN = "10.0.0.7"
CLIENT = "203.0.113.9"
CLIENT_6 = "2001:db8:1:2:3:4:5:6"
SUBNET_6 = "2001:0db8:0001:0002"


@router.get("/client")
async def tell_client(request: Request) -> list[str]:
    return [client_address(request), request.url.scheme]


async def forwarded(
    *trusted: str, forwarded_for: str | None = CLIENT, proto: str | None = "https", own: str = OWN
) -> list[str]:
    headers = {"X-Forwarded-For": forwarded_for, "X-Forwarded-Proto": proto}
    async with started(given(trusted_proxies=trusted)) as app:
        add_routes(app, router)
        transport = ASGITransport(app, client=(own, 4711))
        async with AsyncClient(transport=transport, base_url="http://service.test") as client:
            sent = [(name, value) for name, value in headers.items() if value is not None]
            return (await client.get("/client", headers=sent)).json()


@pytest.mark.parametrize("trusted", ["10.0.0.7", "10.0.0.0/8", "*"])
async def test_the_headers_of_a_trusted_proxy_are_used(trusted: str) -> None:
    assert await forwarded(trusted) == [CLIENT, "https"]


@pytest.mark.parametrize("trusted", [(), ("10.0.0.8",)])
async def test_the_headers_of_others_are_ignored(trusted: tuple[str, ...]) -> None:
    assert await forwarded(*trusted) == [OWN, "http"]


@pytest.mark.parametrize(
    ("forwarded_for", "client"),
    [
        (f"{CLIENT}:40000", CLIENT),
        (f"::ffff:{CLIENT}", CLIENT),
        (f"[::ffff:{CLIENT}]:40000", CLIENT),
        (f"[{CLIENT_6}]:40000", SUBNET_6),
        (f"[{CLIENT_6}]", SUBNET_6),
        (CLIENT_6.upper(), SUBNET_6),
        (f'"[{CLIENT_6}]:40000"', SUBNET_6),
        (f"198.51.100.1, {CLIENT}:40000, 10.1.1.1:80", CLIENT),
        (f"198.51.100.1, {CLIENT}, , ", CLIENT),
        ("10.2.2.2:1, 10.1.1.1:2", "10.2.2.2"),
    ],
)
async def test_a_port_is_no_part_of_an_address(forwarded_for: str, client: str) -> None:
    assert await forwarded("10.0.0.0/8", forwarded_for=forwarded_for) == [client, "https"]


@pytest.mark.parametrize("forwarded_for", ["unknown", "nonsense:40000", "[", "203.0.113.9, unknown", "", ", ,"])
async def test_without_a_known_address_the_client_is_the_proxy(forwarded_for: str) -> None:
    assert await forwarded("10.0.0.0/8", forwarded_for=forwarded_for) == [OWN, "https"]


@pytest.mark.parametrize(
    ("proto", "scheme"),
    [("https", "https"), ("HTTPS", "https"), ("https, http", "https"), ("ftp", "http"), (None, "http")],
)
async def test_a_scheme_needs_no_address(proto: str | None, scheme: str) -> None:
    assert await forwarded("10.0.0.0/8", forwarded_for=None, proto=proto) == [OWN, scheme]


async def test_a_proxy_with_an_ipv4_address_in_ipv6_is_trusted() -> None:
    assert await forwarded("10.0.0.0/8", own=f"::ffff:{OWN}") == [CLIENT, "https"]
