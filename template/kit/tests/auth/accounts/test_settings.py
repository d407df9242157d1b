"""The settings of accounts, and what keeps the service from starting."""

import pytest

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
    ("name", "value"),
    [
        ("AUTH_RATE_OF_ACCOUNT", "often"),
        ("AUTH_RATE_OF_ADDRESS", "0/minute"),
        ("AUTH_ACCESS_LIFETIME", "86400"),
        ("AUTH_SESSION_LIFETIME", "0"),
        ("AUTH_PASSWORD_MAX_BYTES", "1000000"),
        ("AUTH_HASHES_AT_ONCE", "0"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    (fault,) = faults_with(monkeypatch, **{name: value})
    assert fault.startswith(f"{name}: ")


def test_production_needs_hashes_that_cost_something(monkeypatch: pytest.MonkeyPatch) -> None:
    weak = {"AUTH_ARGON2_MEMORY": "1024", "AUTH_ARGON2_ITERATIONS": "1"}
    assert faults_with(monkeypatch, **weak) == []
    found = faults_with(monkeypatch, ENVIRONMENT="production")
    assert [fault.partition(":")[0] for fault in found] == ["AUTH_ARGON2_MEMORY", "AUTH_ARGON2_ITERATIONS"]
    strong = {"AUTH_ARGON2_MEMORY": "19456", "AUTH_ARGON2_ITERATIONS": "2"}
    assert faults_with(monkeypatch, **strong) == []
