"""The settings of the tests: those of `tests/settings.env`, where the environment says nothing else."""

import os
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from pydantic_settings import DotEnvSettingsSource

from kit.discovery import PROJECT_FOLDER
from kit.settings import BaseSettings, SettingsError, read_settings

SETTINGS = PROJECT_FOLDER / "tests/settings.env"


def take_settings(path: Path) -> None:
    """Put the settings of a file into the environment, but for those that it has."""
    for name, value in DotEnvSettingsSource(BaseSettings, env_file=path, case_sensitive=True).env_vars.items():
        os.environ.setdefault(name, value or "")


def check_settings() -> None:
    """Raise `pytest.UsageError` for settings that each test would fail with."""
    try:
        with TemporaryDirectory() as without_dotenv, chdir(without_dotenv):
            read_settings()
    except SettingsError as error:
        raise pytest.UsageError(f"{error}\nThe tests have theirs in tests/settings.env.") from None
    except Exception:  # noqa: BLE001 - a module that cannot be imported is shown by the tests that import it
        return


@pytest.fixture
def production() -> dict[str, str]:
    """Return the settings without which production refuses the answers of this service; their modules add them."""
    return {}


def pytest_configure() -> None:
    take_settings(SETTINGS)


def pytest_sessionstart() -> None:
    check_settings()
