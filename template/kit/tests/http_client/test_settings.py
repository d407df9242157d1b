"""Settings of upstreams."""

import pytest
from httpx2 import Timeout

from kit.http_client import get_http_client
from kit.http_client.settings import HttpClientSettings, UpstreamsSettings
from kit.settings import SettingsError, read_settings
from kit.testing.service import given, started

pytestmark = pytest.mark.anyio


def set_upstream(monkeypatch: pytest.MonkeyPatch, **settings: str) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(f"UPSTREAMS__PRICES__{name}", value)


async def test_an_upstream_is_configured_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    set_upstream(monkeypatch, URL="https://prices.test/v1", READ_TIMEOUT="2")
    async with started(given(), HttpClientSettings()) as app:
        prices = get_http_client(app, "prices")
    assert prices.base_url == "https://prices.test/v1/"
    assert prices.timeout == Timeout(connect=5, read=2, write=30, pool=5)


@pytest.mark.parametrize("url", ["prices.test", "ftp://prices.test", "https://", "https://prices.test:port"])
def test_an_invalid_url_is_refused_and_not_shown(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    set_upstream(monkeypatch, URL=url)
    with pytest.raises(SettingsError) as raised:
        read_settings(given())
    assert raised.value.faults == [
        "UPSTREAMS__PRICES__URL: it is not an HTTP URL; write it like https://prices.example.com/v1"
    ]


def test_an_upstream_without_a_url_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    set_upstream(monkeypatch, TOKEN="hush")
    with pytest.raises(SettingsError, match="UPSTREAMS__PRICES__URL: it is missing"):
        read_settings(given())


def test_passwords_and_tokens_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    set_upstream(monkeypatch, URL="https://me:hush@prices.test", TOKEN="hush")
    found = UpstreamsSettings()
    assert "hush" not in f"{found!r} {found.model_dump_json()}"
