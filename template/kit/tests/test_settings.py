"""The sources of settings, and the formats of their values."""

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from kit.settings import Environment, Settings, SettingsError, read_settings
from kit.settings import sources as settings_sources
from kit.settings.settings import PROJECT
from kit.tests.trial import forget_settings


@pytest.fixture(autouse=True)
def no_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, production: dict[str, str]) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(settings_sources, "MOUNTED_SECRETS", tmp_path / "secrets")
    forget_settings(monkeypatch)
    for name, value in production.items():
        monkeypatch.setenv(name, value)


def write(path: str, text: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text, "utf-8")


def mount_like_kubernetes(folder: str, secrets: dict[str, str]) -> None:
    """Write the files as Kubernetes does: behind a link that it swaps when a secret changes."""
    for name, value in secrets.items():
        write(f"{folder}/..2026_11_20_12_00_00.1234/{name}", value)
        Path(folder, name).symlink_to(f"..data/{name}")
    Path(folder, "..data").symlink_to("..2026_11_20_12_00_00.1234")


def test_there_are_defaults() -> None:
    found = Settings()
    assert (found.app_name, found.app_version) == (PROJECT["name"], PROJECT["version"])
    assert (found.environment, found.debug, found.secret_key) == (Environment.LOCAL, False, None)


def test_a_dotenv_file_wins_over_the_defaults() -> None:
    write(".env", "APP_NAME=from .env")
    assert Settings().app_name == "from .env"


def test_the_dotenv_file_of_the_environment_wins_over_the_general_one() -> None:
    write(".env", "APP_NAME=from .env\nHEALTH_TIMEOUT=7")
    write(".env.local", "APP_NAME=from .env.local")
    assert (Settings().app_name, Settings().health_timeout) == ("from .env.local", 7)


def test_mounted_secrets_win_over_dotenv_files() -> None:
    write(".env.local", "APP_NAME=from .env.local")
    write("secrets/APP_NAME", "mounted\n")
    assert Settings().app_name == "mounted"


def test_the_environment_wins_over_mounted_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    write("secrets/APP_NAME", "mounted")
    monkeypatch.setenv("APP_NAME", "from the environment")
    assert Settings().app_name == "from the environment"


def test_arguments_win_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_NAME", "from the environment")
    assert Settings(app_name="given").app_name == "given"


def test_secrets_are_read_as_kubernetes_mounts_them() -> None:
    mount_like_kubernetes("secrets", {"APP_NAME": "mounted", "semaphores__exports": "3"})
    assert (Settings().app_name, Settings().semaphores) == ("mounted", {"exports": 3})


def test_each_secret_can_be_mounted_in_its_own_folder() -> None:
    mount_like_kubernetes("secrets/service", {"SECRET_KEY": "mounted"})
    mount_like_kubernetes("secrets/logs", {"LOG_LEVEL": "ERROR"})
    assert (Settings().secret_key, Settings().log_level) == (SecretStr("mounted"), "ERROR")


@pytest.mark.parametrize(
    ("name", "environment"),
    [
        ("local", Environment.LOCAL),
        ("dev", Environment.DEVELOPMENT),
        ("DEV-7", Environment.DEVELOPMENT),
        ("develop", Environment.DEVELOPMENT),
        ("uat", Environment.STAGING),
        (" Staging ", Environment.STAGING),
        ("prod", Environment.PRODUCTION),
        ("production", Environment.PRODUCTION),
    ],
)
def test_environments_have_other_names_too(
    name: str, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENVIRONMENT", name)
    write(f".env.{environment}", "APP_NAME=from the file with the canonical name")
    assert Settings().environment is environment
    assert Settings().app_name == "from the file with the canonical name"


def test_a_dotenv_file_can_set_the_environment() -> None:
    write(".env", "ENVIRONMENT=uat")
    write(".env.staging", "APP_NAME=from .env.staging")
    assert (Settings().environment, Settings().app_name) == (Environment.STAGING, "from .env.staging")


def test_empty_values_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    write(".env", "LOG_DIR=\nHEALTH_TIMEOUT=7")
    monkeypatch.setenv("HEALTH_TIMEOUT", "")
    assert (Settings().log_dir, Settings().health_timeout) == (None, 7)


@pytest.mark.parametrize("source", ["environment", "secrets/CORS_ORIGINS", ".env"])
def test_lists_are_separated_by_commas(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    origins = "https://a.test, https://b.test,"
    if source == "environment":
        monkeypatch.setenv("CORS_ORIGINS", origins)
    else:
        write(source, f"CORS_ORIGINS={origins}" if source == ".env" else origins)
    assert Settings().cors_origins == ("https://a.test", "https://b.test")


def test_sizes_can_have_units(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAX_BODY_SIZE", "2 MiB")
    assert Settings().max_body_size == 2 * 1024**2


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().__setattr__("debug", True)


def test_secrets_are_not_shown() -> None:
    found = Settings(secret_key=SecretStr("hidden value"))
    assert "hidden" not in f"{found!r} {found} {found.model_dump()} {found.model_dump_json()}"


def test_an_invalid_value_is_not_shown() -> None:
    with pytest.raises(ValidationError) as raised:
        Settings.model_validate({"health_timeout": "hidden value"})
    assert "hidden" not in str(raised.value)


@pytest.mark.parametrize("value", ["a${HOME}b", "a$HOME", "${", "a$${b}", "{{a}}%(b)s"])
def test_a_value_in_a_dotenv_file_is_taken_literally(value: str) -> None:
    write(".env", f"SECRET_KEY={value}")
    assert Settings().secret_key == SecretStr(value)


def test_a_dotenv_file_can_have_a_byte_order_mark() -> None:
    Path(".env").write_text("APP_NAME=caf\N{LATIN SMALL LETTER E WITH ACUTE}", "utf-8-sig")
    assert Settings().app_name == "caf\N{LATIN SMALL LETTER E WITH ACUTE}"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"])
@pytest.mark.parametrize("path", [".env", ".env.local", "secrets/APP_NAME"])
def test_a_file_in_another_encoding_is_named(path: str, encoding: str) -> None:
    Path("secrets").mkdir()
    Path(path).write_text("APP_NAME=caf\N{LATIN SMALL LETTER E WITH ACUTE}", encoding)
    with pytest.raises(SettingsError) as raised:
        read_settings()
    assert raised.value.faults == [f"{Path(path).name}: it is not in UTF-8; save it with this encoding"]


@pytest.mark.parametrize(
    ("text", "origins"),
    [
        ('["http://localhost:3000"]', ("http://localhost:3000",)),
        ('[ "https://a.test", "http://[::1]:8080" ]', ("https://a.test", "http://[::1]:8080")),
        ("[]", ()),
        (" [] ", ()),
    ],
)
@pytest.mark.parametrize("source", ["environment", ".env"])
def test_lists_can_be_json(text: str, origins: tuple[str], source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if source == "environment":
        monkeypatch.setenv("CORS_ORIGINS", text)
    else:
        write(".env", f"CORS_ORIGINS={text}")
    assert Settings().cors_origins == origins


@pytest.mark.parametrize(
    ("name", "environment"), [("prod", "production"), ("dev", "development"), ("DEV-7", "dev"), ("uat", "staging")]
)
def test_a_dotenv_file_with_another_name_of_the_environment_is_refused(
    name: str, environment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(f".env.{name}", "APP_NAME=ignored")
    write(".env.example", "APP_NAME=ignored too")
    read_settings()
    monkeypatch.setenv("ENVIRONMENT", environment)
    monkeypatch.setenv("SECRET_KEY", "0123456789abcdef" * 2)
    with pytest.raises(SettingsError) as raised:
        read_settings()
    canonical = Settings().environment
    assert raised.value.faults == [f".env.{name}: it is not read; rename it to .env.{canonical}"]
