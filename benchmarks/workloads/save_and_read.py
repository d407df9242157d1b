"""Temporary files against plain ones: save and read three sizes, and the longest block of the event loop."""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path

import uvloop
from kit.temp_files import TempFileService
from kit.temp_files.settings import TempFilesSettings

from benchmarks.rounds import Measure, Rates, in_turn

LIMIT = 1800  # seconds
PIECE = 2**20
COUNTS = {"1 KB": (1000, 200), "1 MB": (2**20, 50), "100 MB": (100 * 2**20, 2)}  # bytes, and how often in a round
FOLDER = Path("data/plain")

Work = Callable[[str, int], Awaitable[object]]


async def pieces(size: int) -> AsyncIterator[bytes]:
    piece = bytes(PIECE)
    for at in range(0, size, PIECE):
        yield piece[: size - at]


def save_with(files: TempFileService) -> Work:
    return lambda name, size: files.save(name, pieces(size))


def save_plain(*, synced: bool) -> Work:
    async def save(name: str, size: int) -> None:
        with (FOLDER / f"{name}.half").open("xb") as file:
            async for piece in pieces(size):
                file.write(piece)
            file.flush()
            if synced:
                os.fsync(file.fileno())
        (FOLDER / f"{name}.half").rename(FOLDER / name)

    return save


async def read_plain(name: str, _size: int) -> bytes:
    return (FOLDER / name).read_bytes()


def measure(size: int, count: int, work: Work, clear: Callable[[str], Awaitable[object]] | None) -> Measure:
    """Measure the operations per second; deleting the saved files is not measured."""

    async def once() -> float:
        names = [f"file-{number}" for number in range(count)]
        started = time.perf_counter()
        for name in names:
            await work(name, size)
        took = time.perf_counter() - started
        for name in names if clear else ():
            await clear(name)
        return count / took

    return once


async def unlink(name: str) -> None:
    (FOLDER / name).unlink()


async def compare(files: TempFileService, rounds: int) -> dict[str, Rates]:
    rates: dict[str, Rates] = {}
    for what, (size, count) in COUNTS.items():
        savers = {
            "temp_files": (save_with(files), files.delete),
            "plain": (save_plain(synced=True), unlink),
            "plain, not synced": (save_plain(synced=False), unlink),
        }
        rates[f"save {what}"] = await in_turn(
            {name: measure(size, count, *each) for name, each in savers.items()}, rounds
        )
        for number in range(count):
            await files.save(f"file-{number}", pieces(size))
            await save_plain(synced=False)(f"file-{number}", size)
        readers: dict[str, Work] = {"temp_files": lambda name, _: files.read(name), "plain": read_plain}
        rates[f"read {what}"] = await in_turn(
            {name: measure(size, count, read, None) for name, read in readers.items()}, rounds
        )
        for number in range(count):
            await files.delete(f"file-{number}")
            await unlink(f"file-{number}")
    return rates


async def stall(work: Awaitable[object]) -> float:
    """Return the longest time in milliseconds for which this work blocked the event loop."""
    turns = [time.perf_counter()]

    async def watch() -> None:
        while True:
            await asyncio.sleep(0)
            turns.append(time.perf_counter())

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0)
    await work
    turns.append(time.perf_counter())
    watching.cancel()
    return 1000 * max(later - earlier for earlier, later in pairwise(turns))


async def main(rounds: int) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - as above
    files = TempFileService(TempFilesSettings())
    size = COUNTS["100 MB"][0]
    async with asyncio.timeout(LIMIT):
        rates = await compare(files, rounds)
        stalls = {
            "temp_files": [await stall(files.save("stall", pieces(size))) for _ in range(rounds)],
            "plain": [await stall(save_plain(synced=True)(f"stall-{number}", size)) for number in range(rounds)],
        }
    versions = [f"{each} {version(each)}" for each in ("obstore", "uvloop")]
    print(json.dumps({"versions": versions, "rates": rates, "stalls": stalls}))  # noqa: T201 - the parent reads it


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
