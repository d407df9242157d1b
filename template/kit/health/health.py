"""The checks, directories and background tasks that the features of the service depend on."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, perf_counter
from typing import Any, Literal

import structlog
from fastapi import FastAPI
from pydantic import BaseModel, SerializeAsAny
from structlog.typing import FilteringBoundLogger

from kit.start import reason_of

Check = Callable[[], Awaitable[object]]
log: FilteringBoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class CheckResult:
    """What a check found, how many milliseconds it took, and what it has to tell."""

    status: Literal["ok", "failed"]
    ms: float
    error: str | None = None
    details: SerializeAsAny[BaseModel] | None = None


class Health:
    """What must work for the service to be ready (checks) and alive (tasks)."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._started = monotonic()
        self._checks: dict[str, tuple[Check, float]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self.directories: dict[str, Path] = {}

    @property
    def uptime_seconds(self) -> float:
        return round(monotonic() - self._started, 3)

    def add_check(self, name: str, check: Check, *, timeout: float | None = None) -> None:
        """Make the service ready only while `check` returns within `timeout` seconds (default `HEALTH_TIMEOUT`)."""
        self._checks[name] = (check, timeout or self._timeout)

    def add_directory(self, name: str, path: Path) -> None:
        """Have `python -m app doctor` try to write there, as a part of the check of this name if there is one."""
        self.directories[name] = path

    def watch(self, task: asyncio.Task[Any]) -> None:
        """Take the service for dead once this background task has ended with an error."""
        self._tasks.add(task)

    def errors(self) -> list[str]:
        """Say which background tasks have died."""
        dead = (task for task in self._tasks if task.done() and not task.cancelled())
        return [f"{task.get_name()}: {error!r}" for task in dead if (error := task.exception())]

    async def run_checks(self) -> dict[str, CheckResult]:
        """Run all checks at once, each within its own time."""
        results = await asyncio.gather(*(self._run(name, *check) for name, check in self._checks.items()))
        return dict(zip(self._checks, results, strict=True))

    async def _run(self, name: str, check: Check, timeout: float) -> CheckResult:
        started = perf_counter()
        error = details = None
        try:
            async with asyncio.timeout(timeout):
                details = await check()
        except TimeoutError:
            error = f"no answer within {timeout:g} s"
        except Exception as failure:  # noqa: BLE001 - whatever it is, the check has failed
            error = (reason_of(failure) or f"{type(failure).__name__}: {failure}").partition("\n")[0]
        if error:
            log.warning("check failed", check=name, error=error)
        ms = round((perf_counter() - started) * 1000, 3)
        return CheckResult("failed" if error else "ok", ms, error, _told(details))


def _told(answer: object) -> BaseModel | None:
    """Give what a check answers if it is meant to be read: a model."""
    return answer if isinstance(answer, BaseModel) else None


def get_health(app: FastAPI) -> Health:
    """Give the health of a service that is running."""
    return app.state.health
