"""The sources of settings, and the formats of their values."""

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from kit import settings
from kit.settings import PROJECT, Environment, Settings
from kit.tests.trial import forget_settings


@pytest.fixture(autouse=True)
def no_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(settings, "MOUNTED_SECRETS", tmp_path / "secrets")
    forget_settings(monkeypatch)


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
