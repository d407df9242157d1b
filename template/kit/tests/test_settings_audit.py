"""Settings that keep the service from starting, and the messages about them."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from kit.settings import BaseSettings, Environment, Settings, SettingsError, read_settings
from kit.settings.settings import EXAMPLE_SECRET_KEY
from kit.tests.trial import forget_settings, write_package

RESOURCE = """
    from collections.abc import Iterator
    from pydantic import SecretStr
    from pydantic_settings import SettingsConfigDict
    from kit.settings import BaseSettings, Environment

    class OrdersSettings(BaseSettings):
        model_config = SettingsConfigDict(env_prefix="orders_")
        most: int = 10
        token: SecretStr = SecretStr("")

        def faults(self, environment: Environment) -> Iterator[str]:
            if environment is Environment.STAGING:
                yield "ORDERS_TOKEN: staging needs one"
"""
FAMILY = """
    from pydantic_settings import SettingsConfigDict
    from kit.settings import BaseSettings

    class ShopSettings(BaseSettings):
        currency: str = "EUR"

    class OrderSettings(ShopSettings):
        model_config = SettingsConfigDict(env_prefix="order_")

    class ItemSettings(ShopSettings):
        model_config = SettingsConfigDict(env_prefix="item_")
"""
VALID_KEY = "0123456789abcdef" * 2


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, production: dict[str, str]) -> None:
    forget_settings(monkeypatch)
    for name, value in production.items():
        monkeypatch.setenv(name, value)


def faults_with(monkeypatch: pytest.MonkeyPatch, **environment: str) -> list[str]:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as raised:
        read_settings()
    assert str(raised.value).splitlines()[1:] == [f"  {fault}" for fault in raised.value.faults]
    return raised.value.faults


def names_of(faults: list[str]) -> list[str]:
    return [fault.partition(":")[0] for fault in faults]


def test_all_faults_are_reported_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    faults = faults_with(
        monkeypatch,
        ENVIRONMENT="prod",
        HEALTH_TIMEOUT="0",
        LOG_LEVEL="LOUD",
        DEBUG="on",
        CORS_ORIGINS="https://a.test,*",
    )
    assert names_of(faults) == ["HEALTH_TIMEOUT", "LOG_LEVEL", "SECRET_KEY", "DEBUG", "CORS_ORIGINS"]


def test_a_fault_in_a_part_of_a_setting_has_the_name_of_the_part(monkeypatch: pytest.MonkeyPatch) -> None:
    assert names_of(faults_with(monkeypatch, SEMAPHORES__EXPORTS="0")) == ["SEMAPHORES__EXPORTS"]


def test_a_setting_with_invalid_json_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert names_of(faults_with(monkeypatch, SEMAPHORES="{hush")) == ["SEMAPHORES"]


def test_an_unknown_environment_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    assert names_of(faults_with(monkeypatch, ENVIRONMENT="moon")) == ["ENVIRONMENT"]


def test_no_value_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    faults = faults_with(monkeypatch, ENVIRONMENT="production", SECRET_KEY="hush-hush", HEALTH_TIMEOUT="hush-hush")
    assert names_of(faults) == ["HEALTH_TIMEOUT", "SECRET_KEY"]
    assert "hush" not in str(faults)


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("SECRET_KEY", "", "it is missing"),
        ("SECRET_KEY", VALID_KEY[1:], "it has 31 characters"),
        ("SECRET_KEY", EXAMPLE_SECRET_KEY, "it is the one of .env.example"),
        ("DEBUG", "true", "it is on"),
        ("CORS_ORIGINS", "*", "it allows every origin"),
    ],
)
def test_production_refuses(name: str, value: str, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {"ENVIRONMENT": "production", "SECRET_KEY": VALID_KEY, name: value}
    [found] = faults_with(monkeypatch, **environment)
    assert found.startswith(f"{name}: {fault}")


def test_production_accepts_valid_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "production")
    monkeypatch.setenv("SECRET_KEY", VALID_KEY)
    monkeypatch.setenv("CORS_ORIGINS", "https://app.example.com")
    assert read_settings()[Settings].in_production


@pytest.mark.parametrize("environment", ["local", "development", "staging"])
def test_only_production_is_audited(environment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", environment)
    monkeypatch.setenv("DEBUG", "true")
    monkeypatch.setenv("CORS_ORIGINS", "*")
    assert read_settings()[Settings].debug


def test_settings_that_are_given_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    given = Settings(environment=Environment.STAGING)
    monkeypatch.setenv("HEALTH_TIMEOUT", "0")
    assert read_settings(given)[Settings] is given


def test_the_settings_of_a_resource_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_package(tmp_path, monkeypatch, {"api/v1/orders/settings.py": RESOURCE})
    monkeypatch.setenv("ORDERS_MOST", "7")
    [(cls, found)] = read_settings().items()
    assert (cls.__name__, found.most) == ("OrdersSettings", 7)
    assert issubclass(cls, BaseSettings)


def test_classes_that_share_a_base_keep_their_own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_package(tmp_path, monkeypatch, {"settings.py": FAMILY})
    monkeypatch.setenv("ORDER_CURRENCY", "USD")
    found = {cls.__name__: settings.currency for cls, settings in read_settings().items()}
    assert found == {"ShopSettings": "EUR", "OrderSettings": "USD", "ItemSettings": "EUR"}


def test_a_class_that_extends_one_of_the_kit_leads_to_the_same_settings() -> None:
    class Extended(Settings):
        __module__ = "app.settings"

    settings = read_settings(given := Extended(secret_key=SecretStr(VALID_KEY)))
    assert settings[Extended] is settings[Settings] is given
    with pytest.raises(KeyError):
        settings[BaseSettings]


def test_a_resource_does_not_have_to_audit_its_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unaudited = RESOURCE.partition("def faults")[0]
    write_package(tmp_path, monkeypatch, {"api/v1/orders/settings.py": unaudited})
    monkeypatch.setenv("ENVIRONMENT", "uat")
    assert [cls.__name__ for cls in read_settings()] == ["OrdersSettings"]


def test_a_fault_is_named_with_the_prefix_of_its_class(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_package(tmp_path, monkeypatch, {"api/v1/orders/settings.py": RESOURCE})
    assert names_of(faults_with(monkeypatch, ORDERS_MOST="many")) == ["ORDERS_MOST"]


def test_a_resource_audits_its_own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_package(tmp_path, monkeypatch, {"api/v1/orders/settings.py": RESOURCE})
    assert faults_with(monkeypatch, ENVIRONMENT="uat") == ["ORDERS_TOKEN: staging needs one"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TRUSTED_PROXIES", "10.0.0.1,nonsense"),
        ("TRUSTED_PROXIES", "10.0.0.5/8"),
        ("CORS_ORIGINS", "https://a.example/"),
    ],
)
def test_a_value_without_effect_is_a_fault(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    assert {fault.partition("__")[0].partition(":")[0] for fault in faults_with(monkeypatch, **{name: value})} == {name}


@pytest.mark.parametrize(
    ("origin", "right"),
    [
        ("https://*.example.com", "list each one"),
        ("https://App.Example.com", "write it like https://app.example.com"),
        ("HTTPS://app.example.com", "write it like https://app.example.com"),
        ("https://app.example.com:443", "write it like https://app.example.com"),
        ("http://app.example.com:80", "write it like http://app.example.com"),
        ("https://app.example.com/", "write it like https://app.example.com"),
        ("https://app.example.com/path?a", "write it like https://app.example.com"),
        ("https://me@app.example.com", "write it like https://app.example.com"),
        ("https://b\N{LATIN SMALL LETTER U WITH DIAERESIS}cher.example", "write it like https://xn--bcher-kva.example"),
        ("http://[0::1]:3000", "write it like http://[::1]:3000"),
        ("http://app.example.com:03000", "write it like http://app.example.com:3000"),
        ("app.example.com", "write it like https://app.example.com"),
        ("null", "write it like https://app.example.com"),
        ("[", "separate the values by commas"),
        ('["https://a.test", 7]', "valid string"),
    ],
)
def test_an_origin_that_no_browser_sends_is_refused_with_what_is_right(
    monkeypatch: pytest.MonkeyPatch, origin: str, right: str
) -> None:
    [fault] = faults_with(monkeypatch, CORS_ORIGINS=origin)
    assert fault.startswith("CORS_ORIGINS")
    assert right in fault


@pytest.mark.parametrize(
    "origin", ["http://localhost:3000", "https://a-b.test:8443", "http://127.0.0.1", "http://my_host"]
)
def test_an_origin_that_browsers_send_is_accepted(monkeypatch: pytest.MonkeyPatch, origin: str) -> None:
    monkeypatch.setenv("CORS_ORIGINS", origin)
    assert read_settings()[Settings].cors_origins == (origin,)
