"""Helpers for tests: routes and packages that exist only in a test, and the lines that the service logs."""

import json
import sys
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from importlib import invalidate_caches
from pathlib import Path
from textwrap import dedent
from typing import Any
from uuid import uuid4

import pytest
from fastapi import APIRouter, FastAPI
from httpx2 import AsyncClient
from structlog.typing import EventDict

from kit import discovery
from kit.log import configure_logging
from kit.log_files import DailyFile
from kit.settings import BaseSettings, Settings
from kit.testing.service import ask, given, started


def forget_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the settings in the environment of the test run."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def add_routes(app: FastAPI, router: APIRouter, prefix: str = "") -> None:
    """Add these routes before all others, so that the first request need not compile those, which takes 10 ms."""
    app.include_router(router, prefix=prefix)
    app.routes.insert(0, app.routes.pop())


@asynccontextmanager
async def serving(router: APIRouter, *settings: BaseSettings) -> AsyncGenerator[AsyncClient]:
    """Start a service with additional routes, and yield a client of it."""
    async with started(*settings) as app, ask(app) as client:
        add_routes(app, router)
        yield client


class Lines:
    """The JSON lines on standard output; a call returns those of one logger since the last call."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        configure_logging(given())

    def __call__(self, logger: str) -> list[EventDict]:
        return self.by_logger(logger)[logger]

    def by_logger(self, *loggers: str) -> dict[str, list[EventDict]]:
        """Return the lines of each of these loggers since the last call."""
        lines: list[EventDict] = [json.loads(line) for line in self._capsys.readouterr().out.splitlines()]
        return {logger: [line for line in lines if line["logger"] == logger] for logger in loggers}


def write_package(folder: Path, monkeypatch: pytest.MonkeyPatch, files: Mapping[str, str]) -> str:
    """Write a package, use it instead of `app` for all discovery in this test, and return its name."""
    name = f"trial_{uuid4().hex}"
    for path, text in files.items():
        (folder / name / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / name / path).write_text(dedent(text), "utf-8")
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
    invalidate_caches()
    monkeypatch.setattr(discovery, "ROOTS", (folder / name,))
    return name


@contextmanager
def closing_log_files() -> Generator[None]:
    """Close the files in `LOG_DIR` at the end; a service keeps them open until its process ends."""
    opened: list[DailyFile] = []

    def open_file(*args: Any) -> DailyFile:
        opened.append(DailyFile(*args))
        return opened[-1]

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr("kit.log.DailyFile", open_file)
        yield
    for file in opened:
        file.close()
