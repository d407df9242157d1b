"""What is done with temporary files, and how many there are."""

from collections.abc import AsyncGenerator, Callable, Generator, Iterable
from contextlib import ExitStack, contextmanager
from typing import Any

from fastapi import FastAPI
from opentelemetry.metrics import CallbackOptions, Observation

from kit.telemetry.observing import Calls, Function, meter, replaced
from kit.temp_files import TempFileService
from kit.temp_files.cleaner import Cleaner
from kit.temp_files.objects import Group

OPERATIONS = ("save", "read", "stat", "delete")


@contextmanager
def observed(_app: FastAPI) -> Generator[None]:
    """Trace and measure the operations, without the names of files, and count what the process that cleans up sees."""
    calls = Calls("temp_files.operation.duration", "Duration of operations on temporary files.")
    with ExitStack() as stack:
        for name in OPERATIONS:
            stack.enter_context(replaced(TempFileService, name, _traced(calls, name)))
        stack.enter_context(replaced(Cleaner, "__init__", _with_counted_files))
        yield


def _traced(calls: Calls, name: str) -> Callable[[Function], Function]:
    def around(operation: Function) -> Function:
        async def traced(*arguments: Any, **options: Any) -> Any:
            with calls.call(f"temp_files {name}", {"temp_files.operation": name}):
                return await operation(*arguments, **options)

        return traced

    return around


def _with_counted_files(create: Function) -> Function:
    """Observe how many files there were, and their size, when something last looked at each, as cleaning up does."""
    held: dict[str, int] = {}
    gauge = meter().create_observable_gauge
    gauge("temp_files.count", [_observing(held, "files")], "{file}", "Temporary files.")
    gauge("temp_files.size", [_observing(held, "bytes")], "By", "Size of all temporary files.")

    def counted(groups: Function) -> Function:
        async def count_all() -> AsyncGenerator[Group]:
            files = size = 0
            async for group in groups():
                files += group.is_complete
                size += sum(each.size for each in group.contents)
                yield group
            held.update({"files": files, "bytes": size})

        return count_all

    def create_counted(cleaner: Cleaner, files: TempFileService, *arguments: Any) -> None:
        vars(files.objects)["groups"] = counted(files.objects.groups)
        create(cleaner, files, *arguments)

    return create_counted


def _observing(held: dict[str, int], name: str) -> Callable[[CallbackOptions], Iterable[Observation]]:
    def look(_options: CallbackOptions) -> Iterable[Observation]:
        if name in held:
            yield Observation(held[name])

    return look
