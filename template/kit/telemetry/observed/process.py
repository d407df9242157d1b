"""The process itself: the lag of its event loop, garbage collections, memory, processor time and open files."""

import asyncio
import gc
import os
import sys
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

from fastapi import FastAPI
from opentelemetry.metrics import CallbackOptions, Histogram, Observation

from kit.telemetry.observing import SECONDS, meter

PAUSE = 0.5  # seconds between two looks at the event loop
OPEN_FILES = Path("/proc/self/fd")
MEMORY = Path("/proc/self/statm")


@contextmanager
def observed(_app: FastAPI) -> Generator[None]:
    """Measure how late the event loop is, twice a second, and have the rest ready for who asks."""
    lag = meter().create_histogram(
        "asyncio.event_loop.lag",
        unit="s",
        description="How much later than asked for the event loop resumes a task.",
        explicit_bucket_boundaries_advisory=SECONDS,
    )
    _observe_process()
    measuring = asyncio.create_task(_measure(lag), name="lag of the event loop")
    try:
        yield
    finally:
        measuring.cancel()


async def _measure(lag: Histogram) -> None:
    while True:
        started = time.perf_counter()
        await asyncio.sleep(PAUSE)
        lag.record(max(time.perf_counter() - started - PAUSE, 0))


def _observe_process() -> None:
    kinds = (
        ("cpython.gc.collections", "{collection}", "Garbage collections.", _collections),
        ("cpython.gc.collected_objects", "{object}", "Objects that garbage collections have removed.", _collected),
        ("process.cpu.time", "s", "Processor time of this process.", _cpu),
    )
    for name, unit, description, look in kinds:
        meter().create_observable_counter(name, [look], unit=unit, description=description)
    if sys.platform == "linux":
        meter().create_observable_up_down_counter(
            "process.memory.usage", [_memory], unit="By", description="Physical memory of this process."
        )
        meter().create_observable_up_down_counter(
            "process.unix.file_descriptor.count", [_files], unit="{file_descriptor}", description="Files that are open."
        )


def _collections(_options: CallbackOptions) -> Iterable[Observation]:
    for generation, stats in enumerate(gc.get_stats()):
        yield Observation(stats["collections"], {"cpython.gc.generation": generation})


def _collected(_options: CallbackOptions) -> Iterable[Observation]:
    for generation, stats in enumerate(gc.get_stats()):
        yield Observation(stats["collected"], {"cpython.gc.generation": generation})


def _cpu(_options: CallbackOptions) -> Iterable[Observation]:
    times = os.times()
    yield Observation(times.user, {"cpu.mode": "user"})
    yield Observation(times.system, {"cpu.mode": "system"})


def _memory(_options: CallbackOptions) -> Iterable[Observation]:
    yield Observation(int(MEMORY.read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE"))


def _files(_options: CallbackOptions) -> Iterable[Observation]:
    yield Observation(len(list(OPEN_FILES.iterdir())))
