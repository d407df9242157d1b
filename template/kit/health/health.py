"""The checks, directories and background tasks that the features of the service register."""

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

from kit.server.start import reason_of

Check = Callable[[], Awaitable[object]]
log: FilteringBoundLogger = structlog.get_logger(__name__)


_cancelled: set[asyncio.Future[object]] = set()


class NoAnswerError(Exception):
    """A check has not returned in time."""


@dataclass(frozen=True)
class CheckResult:
    """The result of a check, how many milliseconds it took, and the model that it returned, if any."""

    status: Literal["ok", "failed"]
    ms: float
    error: str | None = None
    details: SerializeAsAny[BaseModel] | None = None


class Health:
    """What must work for the service to be ready (checks) and to be alive (background tasks)."""

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
        """Add a check to `/ready`; it fails if it raises or takes longer than `timeout` seconds.

        The default timeout is `HEALTH_TIMEOUT`. If the check returns a Pydantic model, `/ready` shows it as `details`.
        """
        self._checks[name] = (check, timeout or self._timeout)

    def add_directory(self, name: str, path: Path) -> None:
        """Add a directory that `python -m app doctor` tests by writing a file, as part of the check with this name."""
        self.directories[name] = path

    def watch(self, task: asyncio.Task[Any]) -> None:
        """Make `/health` fail once this background task has ended with an error."""
        self._tasks.add(task)

    def errors(self) -> list[str]:
        """Return a line for each background task that has died."""
        dead = (task for task in self._tasks if task.done() and not task.cancelled())
        return [f"{task.get_name()}: {error!r}" for task in dead if (error := task.exception())]

    async def run_checks(self) -> dict[str, CheckResult]:
        """Run all checks concurrently, each with its own timeout."""
        results = await asyncio.gather(*(self._run(name, *check) for name, check in self._checks.items()))
        return dict(zip(self._checks, results, strict=True))

    async def _run(self, name: str, check: Check, timeout: float) -> CheckResult:
        started = perf_counter()
        error = details = None
        try:
            details = await _within(timeout, check)
        except NoAnswerError:
            error = f"no answer within {timeout:g} s"
        except Exception as failure:  # noqa: BLE001 - any error means that the check has failed
            error = (reason_of(failure) or f"{type(failure).__name__}: {failure}").partition("\n")[0].removesuffix(": ")
        if error:
            log.warning("check failed", check=name, error=error)
        ms = round((perf_counter() - started) * 1000, 3)
        return CheckResult("failed" if error else "ok", ms, error, _model_or_none(details))


async def _within(timeout: float, check: Check) -> object:
    """Return what a check returns, or raise `NoAnswerError` in time, even if the check takes long to be cancelled."""
    task = asyncio.ensure_future(check())
    try:
        await asyncio.wait({task}, timeout=timeout)
        if task.done():
            return task.result()
        raise NoAnswerError
    finally:
        if not task.done():
            task.cancel()
            task.add_done_callback(_forget)
            _cancelled.add(task)  # nobody else holds it


def _forget(task: asyncio.Future[object]) -> None:
    _cancelled.discard(task)
    _ = task.cancelled() or task.exception()  # its error is too late for anybody


def _model_or_none(returned: object) -> BaseModel | None:
    """Return what a check returned if it is a model; anything else is not meant for `/ready`."""
    return returned if isinstance(returned, BaseModel) else None


def get_health(app: FastAPI) -> Health:
    """Return the health of a running service, to register checks, directories and background tasks."""
    return app.state.health
