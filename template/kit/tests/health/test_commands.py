"""The report of `python -m app doctor`."""

import re
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from fastapi import APIRouter, FastAPI
from pydantic import BaseModel

from kit import health
from kit.discovery import entrypoint
from kit.health.commands import doctor
from kit.settings.names import unknown_settings
from kit.settings.reading import settings_classes
from kit.tests.trial import closing_log_files, forget_settings


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_settings(monkeypatch)


def examine() -> Result:
    return CliRunner().invoke(doctor, catch_exceptions=False)


def with_feature(monkeypatch: pytest.MonkeyPatch, start: Callable[[FastAPI], object]) -> None:
    """Make the service have one feature, which calls `start` when it starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        start(app)
        yield

    monkeypatch.setattr(entrypoint(), "FEATURES", (health.router, APIRouter(lifespan=lifespan)))


async def fail() -> None:
    raise ConnectionError("refused")


async def succeed() -> None: ...


def test_a_working_service_passes() -> None:
    result = examine()
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines()[0] == "settings: ok"
    assert all(line.endswith(": ok") for line in result.stdout.splitlines() if not line.startswith("  "))


def test_every_fault_in_the_settings_has_a_line(monkeypatch: pytest.MonkeyPatch, production: dict[str, str]) -> None:
    for name, value in {**production, "ENVIRONMENT": "production", "SECRET_KEY": "short", "DEBUG": "on"}.items():
        monkeypatch.setenv(name, value)
    result = examine()
    assert (result.exit_code, result.stdout) == (1, "")
    assert [line.split(": ")[0] for line in result.stderr.splitlines()] == ["SECRET_KEY", "DEBUG"]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("HTTP_CLIENT_RETRY", "HTTP_CLIENT_RETRIES"),
        ("UPSTREAMS__PRICES__TOKN", "UPSTREAMS__PRICES__TOKEN"),
        ("HTTP_CLIENT_NONSENSE", None),
        ("MAX_BODYSIZE", "MAX_BODY_SIZE"),
        ("CORS_ORIGIN", "CORS_ORIGINS"),
        ("HTTP_CLIENT_PORT", None),
    ],
)
@pytest.mark.parametrize("source", ["environment", ".env"])
def test_a_name_that_resembles_a_setting_has_a_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, meant: str | None, source: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UPSTREAMS__PRICES__URL", "http://prices.test")
    if source == "environment":
        monkeypatch.setenv(name, "7")
    else:
        Path(".env").write_text(f"{name}=7", "utf-8")
    result = examine()
    [line] = result.stderr.splitlines()
    assert result.exit_code == 0
    assert line.startswith(f"{name}: no setting has this name")
    assert (f"did you mean {meant}?" in line) == bool(meant)


def test_a_name_of_another_service_has_a_line_with_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBUG_MODE", "true")
    assert examine().stderr == "DEBUG_MODE: no setting has this name; set DEBUG\n"


def test_the_names_that_are_advised_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    advised = {
        found
        for cls in settings_classes()
        for text in cls.names_elsewhere.values()
        for found in re.findall(r"\b[A-Z]+(?:_+[A-Z]+)*\b(?!_)", text)
    }
    for name in advised:
        monkeypatch.setenv(name, "1")
    assert "DEBUG" in advised
    assert advised.isdisjoint(name for name, _ in unknown_settings())


def test_what_is_no_setting_of_ours_has_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = {
        "HTTP_CLIENT_SERVICE_HOST": "10.0.0.1",
        "HTTP_CLIENT_SERVICE_PORT_HTTP": "80",
        "HTTP_CLIENT_PORT": "tcp://10.0.0.1:80",
        "HTTP_CLIENT_PORT_80_TCP_ADDR": "10.0.0.1",
        "LANGUAGE": "en",
        "UPSTREAMS__PRICES__URL": "http://prices.test",
        "semaphores__exports": "3",
    }
    for name, value in theirs.items():
        monkeypatch.setenv(name, value)
    assert "no setting" not in examine().stderr


def test_every_check_has_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def add_checks(app: FastAPI) -> None:
        health.get_health(app).add_check("queue", fail)
        health.get_health(app).add_check("cache", succeed)

    with_feature(monkeypatch, add_checks)
    result = examine()
    assert (result.exit_code, result.stderr) == (1, "queue: refused\n")
    assert result.stdout == "settings: ok\ncache: ok\n"


def test_the_details_of_a_check_are_below_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    class Queue(BaseModel):
        def __str__(self) -> str:
            return "depth: 7\nage: 3 s"

    async def tell() -> Queue:
        return Queue()

    with_feature(monkeypatch, lambda app: health.get_health(app).add_check("queue", tell))
    assert examine().stdout == "settings: ok\nqueue: ok\n  depth: 7\n  age: 3 s\n"


def test_every_directory_has_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def add_directories(app: FastAPI) -> None:
        health.get_health(app).add_directory("DATA", tmp_path)
        health.get_health(app).add_directory("UPLOADS", tmp_path / "missing")

    with_feature(monkeypatch, add_directories)
    result = examine()
    missing = tmp_path / "missing"
    assert (result.exit_code, result.stdout) == (1, "settings: ok\nDATA: ok\n")
    assert result.stderr == f"UPLOADS: {missing} is not writable: No such file or directory\n"
    assert list(tmp_path.iterdir()) == []


def test_a_directory_of_a_check_has_no_line_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def add(app: FastAPI) -> None:
        for name, folder in {"files": tmp_path, "cache": tmp_path / "missing"}.items():
            health.get_health(app).add_check(name, succeed)
            health.get_health(app).add_directory(name, folder)

    with_feature(monkeypatch, add)
    result = examine()
    assert (result.exit_code, result.stdout) == (1, "settings: ok\nfiles: ok\n")
    assert result.stderr.startswith(f"cache: {tmp_path / 'missing'} is not writable")


def test_nothing_has_two_lines() -> None:
    names = [line.split(":")[0] for line in examine().stdout.splitlines() if not line.startswith("  ")]
    assert len(names) == len(set(names))


def test_a_service_that_does_not_start_has_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def fall_over(_app: FastAPI) -> None:
        raise RuntimeError("no such queue")

    with_feature(monkeypatch, fall_over)
    result = examine()
    assert (result.exit_code, result.stderr) == (1, "start: RuntimeError: no such queue\n")


def test_the_log_folder_is_tested(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_DIR", str(tmp_path / "logs"))
    with closing_log_files():
        result = examine()
    assert (result.exit_code, result.stderr) == (0, "")
    assert "LOG_DIR: ok" in result.stdout.splitlines()


def test_a_log_folder_that_cannot_be_created_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("LOG_DIR", str(tmp_path / "file" / "logs"))
    result = examine()
    assert (result.exit_code, result.stdout) == (1, "settings: ok\n")
    assert result.stderr.startswith("LOG_DIR: ")


def test_faults_are_printed_but_not_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    with_feature(monkeypatch, lambda app: health.get_health(app).add_check("queue", fail))
    assert "check failed" not in examine().output
