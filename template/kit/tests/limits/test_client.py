"""The address by which a client is identified."""

import pytest
from fastapi import Request

from kit.limits import client_address


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:0db8:0001:0002"),
        ("2001:db8:1:2:ffff::1", "2001:0db8:0001:0002"),
        ("fe80::1%eth0", "fe80:0000:0000:0000"),
        ("somewhere", "somewhere"),
    ],
)
def test_a_client_is_identified_by_the_part_of_its_address_that_it_cannot_choose(host: str, address: str) -> None:
    assert client_address(Request({"type": "http", "client": (host, 4711)})) == address


def test_clients_of_a_unix_socket_have_no_address() -> None:
    assert not client_address(Request({"type": "http", "client": None}))
