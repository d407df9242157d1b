"""How `DATABASE_…` is read, and what is refused."""

import pytest
from pydantic import SecretStr

from kit.mongo.settings import DEFAULT_URL, DatabaseSettings, FurtherDatabasesSettings, database_of
from kit.settings import SettingsError, read_settings


@pytest.mark.parametrize(
    "url",
    [
        DEFAULT_URL,
        "mongodb://a,b:2/app?replicaSet=x",
        "mongodb+srv://app:app@cluster.example.com/app?srvMaxHosts=2&w=1",
    ],
)
def test_the_path_of_the_url_is_the_database(url: str) -> None:
    assert database_of(SecretStr(url)) == "app"


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("mongodb://localhost", "does not name the database"),
        ("mongodb://localhost/?authSource=admin", "does not name the database"),
        ("mongodb://localhost:port/app", "port"),
        ("mongodb://", "not a MongoDB URL"),
        ("nothing", "not a MongoDB URL"),
        ("oracle://localhost/app", "not a MongoDB URL"),
        ("mongodb://app:hun@ter2@localhost/app", "escaped"),
        ("mongodb+srv://app:hun@ter2@cluster.example.com/app", "escaped"),
        ("mongodb+srv://app:hun/ter2@cluster.example.com/app", "escaped"),
        ("mongodb://localhost/app?tsl=true", "Unknown option"),
        ("mongodb+srv://cluster.example.com/app?tsl=true", "Unknown option"),
        ("mongodb://localhost/app?ssl=require", "'true' or 'false'"),
        ("mongodb://localhost/app?tls=", "'true' or 'false'"),
        ("mongodb://localhost/app?tls=true&ssl=false", "conflicting"),
        ("mongodb://localhost/app?tlsCAFile=/missing", "(not readable|No such file)"),
        ("mongodb://localhost/app?tlsCAFile=/etc/hostname", "certificate"),
        ("mongodb://localhost/app?tls=false&tlsCAFile=/etc/hostname", "TLS has not been enabled"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_with_an_example(url: str, fault: str) -> None:
    with pytest.raises(ValueError, match=f"(?i){fault}.*{DEFAULT_URL[:20]}") as error:
        database_of(SecretStr(url))
    assert "ter2" not in str(error.value)


def test_a_faulty_url_is_reported_with_other_settings_and_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "mongodb://app:hunter2@localhost")
    monkeypatch.setenv("DATABASE_POOL_SIZE", "0")
    with pytest.raises(SettingsError) as error:
        read_settings()
    assert [fault.partition(":")[0] for fault in error.value.faults] == ["DATABASE_URL", "DATABASE_POOL_SIZE"]
    assert "hunter2" not in str(error.value)


def test_further_databases_have_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASES__reports__URL", DEFAULT_URL)
    monkeypatch.setenv("DATABASES__reports__POOL_SIZE", "3")
    reports = FurtherDatabasesSettings().databases["reports"]
    assert (reports.url.get_secret_value(), reports.pool_size) == (DEFAULT_URL, 3)


def test_a_further_database_cannot_replace_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASES__default__URL", DEFAULT_URL)
    with pytest.raises(SettingsError, match="choose another name"):
        read_settings()


def test_the_url_is_a_secret() -> None:
    settings = DatabaseSettings(url=SecretStr(DEFAULT_URL), password=SecretStr("hunter2"))
    assert "hunter2" not in repr(settings)
    assert DEFAULT_URL not in repr(settings)
