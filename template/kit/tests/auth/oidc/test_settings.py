"""The settings of the provider, and what keeps the service from starting."""

import pytest

from kit.auth.oidc.settings import OidcSettings
from kit.settings import SettingsError, read_settings


def faults_with(monkeypatch: pytest.MonkeyPatch, **environment: str) -> list[str]:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    try:
        read_settings()
    except SettingsError as error:
        return [fault for fault in error.faults if fault.startswith("AUTH_")]
    return []


@pytest.mark.parametrize(
    "issuer",
    ["localhost", "ftp://a.example.com", "https://", "https://a:b@c.example.com", "https://a/?b=c", "http://[a"],
)
def test_an_issuer_that_is_no_url_is_refused(monkeypatch: pytest.MonkeyPatch, issuer: str) -> None:
    (fault,) = faults_with(monkeypatch, AUTH_ISSUER=issuer)
    assert fault.startswith("AUTH_ISSUER: it is not the URL of an issuer")


@pytest.mark.parametrize("algorithms", ["HS256", "none", "RS256,HS512", ","])
def test_only_algorithms_with_public_keys_are_allowed(monkeypatch: pytest.MonkeyPatch, algorithms: str) -> None:
    assert faults_with(monkeypatch, AUTH_ALGORITHMS=algorithms)


@pytest.mark.parametrize("audience", ["*", "shop,*", "shop-*", ","])
def test_an_audience_is_a_name(monkeypatch: pytest.MonkeyPatch, audience: str) -> None:
    assert faults_with(monkeypatch, AUTH_AUDIENCE=audience)


def test_lists_are_written_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    assert faults_with(monkeypatch, AUTH_AUDIENCE="shop,api://shop", AUTH_ALGORITHMS="ES256") == []
    settings = OidcSettings()
    assert (settings.audience, settings.algorithms) == (("shop", "api://shop"), ("ES256",))


def test_production_needs_https(monkeypatch: pytest.MonkeyPatch) -> None:
    (fault,) = faults_with(monkeypatch, ENVIRONMENT="production", AUTH_ISSUER="http://login.example.com")
    assert fault.startswith("AUTH_ISSUER: it is not https")
    assert faults_with(monkeypatch, AUTH_ISSUER="https://login.example.com") == []
