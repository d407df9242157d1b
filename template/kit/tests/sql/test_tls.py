"""`sslmode=` means the same for every driver."""

import ssl

import pytest
from pydantic import SecretStr
from sqlalchemy import make_url

from kit.sql import tls
from kit.sql.dialect import dialect
from kit.sql.settings import parse_url


@pytest.mark.parametrize(
    ("mode", "verify", "hostname"),
    [
        ("require", ssl.CERT_NONE, False),
        ("verify-ca", ssl.CERT_REQUIRED, False),
        ("verify-full", ssl.CERT_REQUIRED, True),
    ],
)
def test_a_mode_determines_what_is_verified(mode: str, verify: ssl.VerifyMode, hostname: bool) -> None:
    url, found, context = tls.split_tls(make_url(f"{dialect.DEFAULT_URL}?sslmode={mode}&x=1"))
    assert (found, context.verify_mode, context.check_hostname) == (mode, verify, hostname)
    assert dict(url.query) == {"x": "1"}


def test_an_unknown_mode_is_refused_with_a_list_of_the_modes() -> None:
    with pytest.raises(ValueError, match="verify-full"):
        parse_url(SecretStr(f"{dialect.DEFAULT_URL}?sslmode=yes"))
