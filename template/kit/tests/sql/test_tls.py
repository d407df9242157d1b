"""The options of a URL that ask for TLS mean the same for every driver, in every spelling."""

import ssl
from pathlib import Path

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
    context = tls.context_of(make_url(f"{dialect.DEFAULT_URL}?sslmode={mode}"))
    assert context
    assert (context.verify_mode, context.check_hostname) == (verify, hostname)


@pytest.mark.parametrize("mode", [None, "disable"])
def test_other_modes_have_no_context(mode: str | None) -> None:
    url = make_url(dialect.DEFAULT_URL)
    assert tls.context_of(url.update_query_dict({"sslmode": mode}) if mode else url) is None


@pytest.mark.parametrize(
    ("query", "mode"),
    [
        ("ssl=require", "require"),
        ("ssl-mode=REQUIRED", "require"),
        ("ssl_mode=VERIFY_CA", "verify-ca"),
        ("sslMode=VERIFY_IDENTITY", "verify-full"),
        ("sslmode=disable", "disable"),
        ("sslcert=a.pem", "require"),
        ("sslrootcert=a.pem", "verify-full"),
        ("ssl_ca=a.pem", "verify-full"),
        ("sslmode=require&sslrootcert=a.pem", "verify-ca"),
        ("application_name=a", None),
    ],
)
def test_the_mode_is_found_in_every_spelling(query: str, mode: str | None) -> None:
    assert tls.mode_of(tls.normalised(make_url(f"{dialect.DEFAULT_URL}?{query}"))) == mode


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("sslmode=yes", "verify-full"),
        ("ssl=true", "sslmode=require"),
        ("useSSL=true", "sslmode=require"),
        ("sslmode=require&ssl=disable", "twice"),
        ("sslmode=verify-full&sslrootcert=/missing", "/missing, which cannot be read"),
        ("sslcert=/missing", "/missing, which cannot be read"),
        ("sslkey=/missing", "without sslcert"),
        ("sslmode=disable&sslrootcert=/missing", "does not use it"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_reason(query: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        parse_url(SecretStr(f"{dialect.DEFAULT_URL}?{query}"))


@pytest.mark.parametrize("query", ["sslrootcert={0}", "sslcert={0}"])
def test_a_file_without_a_certificate_is_refused(query: str, tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_text("not a certificate")
    with pytest.raises(ValueError, match="not certificates"):
        parse_url(SecretStr(f"{dialect.DEFAULT_URL}?{query.format(tmp_path / 'a.pem')}"))
