"""How `DATABASE_…` is read, and what is refused."""

import pytest
from pydantic import SecretStr, ValidationError

from kit.settings import SettingsError, read_settings
from kit.sql.dialect import dialect
from kit.sql.settings import DatabaseSettings, FurtherDatabasesSettings, parse_url


def test_the_url_gets_the_driver_of_the_service() -> None:
    rest = dialect.DEFAULT_URL.partition("://")[2]
    for scheme in (*dialect.SCHEMES, dialect.DRIVER):
        assert parse_url(SecretStr(f"{scheme}://{rest}")).drivername == dialect.DRIVER


def test_the_password_can_come_from_elsewhere() -> None:
    assert parse_url(SecretStr(dialect.DEFAULT_URL), SecretStr("p@ss/word")).password == "p@ss/word"


@pytest.mark.parametrize("url", ["", "nothing", "oracle://localhost/app", f"{min(dialect.SCHEMES)}+odd://x/app"])
def test_a_url_for_another_database_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(ValueError, match=dialect.DEFAULT_URL.partition(":")[0]):
        parse_url(SecretStr(url))


@pytest.mark.parametrize("password", ["hun@ter2", "hun@ter2@", "hun@t/er2", "hun@t?er2", "hun@t:er2"])
def test_a_password_with_an_at_sign_is_refused_without_a_part_of_it(password: str) -> None:
    with pytest.raises(ValueError, match="%40") as error:
        parse_url(SecretStr(f"{min(dialect.SCHEMES)}://app:{password}@localhost/app"))
    assert "er2" not in str(error.value)


@pytest.mark.parametrize("option", ["odd=1", "sslaccept=strict", "tls=true", "password=hunter2", "sslmode=", "sslmode"])
def test_an_option_that_nobody_reads_is_refused(option: str) -> None:
    with pytest.raises(ValueError, match=option.partition("=")[0]) as error:
        parse_url(SecretStr(f"{dialect.DEFAULT_URL}?{option}"))
    assert "hunter2" not in str(error.value)


def test_a_faulty_url_is_reported_with_other_settings_and_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "oracle://app:hunter2@localhost/app")
    monkeypatch.setenv("DATABASE_POOL_SIZE", "0")
    with pytest.raises(SettingsError) as error:
        read_settings()
    assert [fault.partition(":")[0] for fault in error.value.faults] == ["DATABASE_URL", "DATABASE_POOL_SIZE"]
    assert "hunter2" not in str(error.value)


def test_further_databases_have_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASES__reports__URL", dialect.DEFAULT_URL)
    monkeypatch.setenv("DATABASES__reports__POOL_SIZE", "3")
    reports = FurtherDatabasesSettings().databases["reports"]
    assert (reports.url.get_secret_value(), reports.pool_size) == (dialect.DEFAULT_URL, 3)


def test_a_further_database_cannot_replace_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASES__default__URL", dialect.DEFAULT_URL)
    with pytest.raises(SettingsError, match="choose another name"):
        read_settings()


def test_the_url_is_a_secret() -> None:
    settings = DatabaseSettings(url=SecretStr(dialect.DEFAULT_URL), password=SecretStr("hunter2"))
    assert "hunter2" not in repr(settings)
    assert dialect.DEFAULT_URL not in repr(settings)


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        DatabaseSettings().pool_size = 3
