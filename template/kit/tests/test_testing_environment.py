"""The settings that tests have, and what is said of those that are missing."""

import os
from pathlib import Path

import pytest

from kit.testing.environment import check_settings, take_settings
from kit.tests.trial import write_package

REQUIRED = """
    from kit.settings import BaseSettings

    class OrderSettings(BaseSettings):
        orders_key: str
"""


@pytest.fixture
def required(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let the service have a setting without a default."""
    write_package(tmp_path, monkeypatch, {"orders/settings.py": REQUIRED})
    monkeypatch.setenv("ORDERS_KEY", "")  # so that it is as before after the test
    monkeypatch.delenv("ORDERS_KEY")
    return "ORDERS_KEY"


def test_a_setting_that_is_missing_is_a_line_and_says_where_it_goes(required: str) -> None:
    with pytest.raises(pytest.UsageError) as raised:
        check_settings()
    said = str(raised.value)
    assert f"  {required}: it is missing" in said
    assert said.endswith("tests/settings.env.")


def test_a_setting_of_dotenv_files_is_none_of_the_tests(
    required: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text(f"{required}=of this machine\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(pytest.UsageError):
        check_settings()


def test_the_settings_of_the_file_are_taken_but_the_environment_wins(
    required: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "settings.env").write_text(f"# A comment.\n{required}=of the tests\nLOG_LEVEL=DEBUG\n")
    monkeypatch.setenv("LOG_LEVEL", "INFO")
    take_settings(tmp_path / "settings.env")
    check_settings()
    assert (os.environ[required], os.environ["LOG_LEVEL"]) == ("of the tests", "INFO")


def test_a_module_that_cannot_be_imported_is_left_to_the_tests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_package(tmp_path, monkeypatch, {"orders/settings.py": "import no_such_module\n"})
    check_settings()
