"""What an engine does: it brings tasks that are due to a process that runs them."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol, cast

from fastapi import FastAPI

from kit.discovery import modules
from kit.tasks.run import Runs
from kit.tasks.storage import NewTask, Storage


class Engine(Protocol):
    """Begins tasks in this process or in others."""

    async def send(self, task: NewTask, /) -> None:
        """Have a task begin at once that has just been committed; this may fail without a trace."""
        ...

    def started(self) -> AbstractAsyncContextManager[None]: ...


class EngineModule(Protocol):
    """A package with an engine."""

    def engine_of(self, app: FastAPI, storage: Storage, runs: Runs) -> Engine: ...


def engine_module() -> EngineModule:
    """Return the package for the scheduler of this service; a service has one."""
    (found,) = (each for each in modules("tasks/*/__init__.py") if hasattr(each, "engine_of"))
    return cast("EngineModule", found)
