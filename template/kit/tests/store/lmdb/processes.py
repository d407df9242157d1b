"""Processes that write concurrently and are killed: `python -m kit.tests.store.lmdb.processes KILLS FOLDER…`.

Each is forked before anything is open, which takes milliseconds; a new interpreter takes a second.
"""

import asyncio
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable, Coroutine
from pathlib import Path

from kit.store import StoreService
from kit.store.lmdb.engine import LmdbEngine
from kit.store.lmdb.settings import MIN_MAP_SIZE, LmdbSettings
from kit.store.names import decode
from kit.testing.store_on_lmdb import faults_of

TASKS = 8
WRITERS, PAIRS = 3, 13 * TASKS  # processes that write concurrently, and the pairs that each writes


def open_store(folder: Path) -> StoreService:
    return StoreService(LmdbEngine(LmdbSettings.model_validate({"path": folder, "map_size": MIN_MAP_SIZE}), 0))


def payload(key: str) -> str:
    return key * 40


async def write_pair(store: StoreService, key: str) -> None:
    await store.set_many(key[:4], {f"{key}/1": payload(key), f"{key}/2": payload(key)}, ttl=3600, on_expiry="gone")


async def write_for_ever(folder: Path, number: int, acknowledged: int) -> None:
    """Write pairs of keys, and report each once it is written."""
    store = open_store(folder)

    async def work(task: int) -> None:
        for count in range(1_000_000):
            key = f"{number:04}-{task}-{count}"
            await write_pair(store, key)
            os.write(acknowledged, f"{key}\n".encode())

    await asyncio.gather(*(work(task) for task in range(TASKS)))


async def write_some(folder: Path, number: int) -> None:
    store = open_store(folder)
    for start in range(0, PAIRS, TASKS):
        await asyncio.gather(*(write_pair(store, f"{number:04}-{start + task}") for task in range(TASKS)))
    await store.close()


async def missing(folder: Path, keys: list[str]) -> list[str]:
    """Return which of these keys are missing or incomplete, and whatever else is inconsistent."""
    store = open_store(folder)
    assert isinstance(store.engine, LmdbEngine)
    engine = store.engine
    found = engine.environment.read(lambda transaction: list(faults_of(engine, transaction)))
    for key in keys:
        both = await store.get_many(key[:4], [f"{key}/1", f"{key}/2"])
        found += [key] if list(both.values()) != [payload(key)] * 2 else []
    pairs = (record.name for record in await engine.records(b"", 1_000_000) if b"/" in record.name)
    for namespace, name in map(decode, pairs):
        half = name.rpartition("/")[0]
        whole = await store.get_many(namespace, [f"{half}/1", f"{half}/2"])
        found += [name] if list(whole.values()) != [payload(half)] * 2 else []
    await store.close()
    return found


def fork(work: Callable[[], Coroutine[None, None, None]]) -> int:
    """Run `work` in a process of its own, and return its id."""
    if child := os.fork():
        return child
    code = 1
    try:
        asyncio.run(work())
        code = 0
    except Exception:  # noqa: BLE001 - the output shows any error
        traceback.print_exc()
    finally:
        os._exit(code)


def kill(folder: Path, rounds: int) -> list[str]:
    """Kill a writing process `rounds` times, and return which acknowledged writes are lost or incomplete."""
    keys: list[str] = []
    for number in range(rounds):
        reading, writing = os.pipe()
        child = fork(lambda number=number, writing=writing: write_for_ever(folder, number, writing))
        os.close(writing)
        heard = os.read(reading, 1_000_000)
        time.sleep(random.uniform(0, 0.03))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        while more := os.read(reading, 1_000_000):
            heard += more
        os.close(reading)
        keys += heard.decode().split()
    sys.stdout.write(f"{rounds} kills, {len(keys)} writes acknowledged\n")
    return asyncio.run(missing(folder, keys))


def write_at_once(folder: Path) -> list[str]:
    """Let processes write to a store that starts small, and return what is missing."""
    children = [fork(lambda number=number: write_some(folder, number)) for number in range(WRITERS)]
    if sum(os.waitpid(child, 0)[1] for child in children):
        return ["a process failed"]
    keys = [f"{number:04}-{count}" for number in range(WRITERS) for count in range(PAIRS)]
    return asyncio.run(missing(folder, keys))


if __name__ == "__main__":
    kills, *folders = sys.argv[1:]
    lost = [each for folder in map(Path, folders) for each in (*write_at_once(folder), *kill(folder, int(kills)))]
    raise SystemExit(f"lost or torn: {lost[:10]}" if lost else 0)
