"""LMDB's file: shared by processes, growing, and as safe as its settings say."""

import asyncio
import resource
import sys
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path
from time import perf_counter

import pytest

from kit.discovery import PROJECT_FOLDER
from kit.errors import ServiceUnavailableException
from kit.process_lock import Lead
from kit.store import StoreFullError, StoreService
from kit.store.lmdb.engine import LmdbEngine
from kit.store.lmdb.settings import MIN_MAP_SIZE, LmdbSettings
from kit.testing.store_on_lmdb import LmdbPlace

pytestmark = pytest.mark.anyio

ROOT = PROJECT_FOLDER


@pytest.fixture
def engine(store: StoreService) -> LmdbEngine:
    assert isinstance(store.engine, LmdbEngine)
    return store.engine


def small(folder: Path) -> StoreService:
    return StoreService(LmdbEngine(LmdbSettings.model_validate({"path": folder, "map_size": MIN_MAP_SIZE}), 256))


async def test_processes_share_a_store_make_it_grow_and_are_killed(tmp_path: Path) -> None:
    folders = [tmp_path / "read", tmp_path / "scanned"]
    read, scanned = stores = [small(folder) for folder in folders]
    for store in stores:
        await store.set("a", "key", 1)
    command = [sys.executable, "-m", "kit.tests.store.lmdb.processes", "2", *map(str, folders)]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=PIPE, stderr=STDOUT)
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    assert (await read.get("a", "key"), await scanned.scan("a")) == (1, [("key", 1)])
    for store in stores:
        await store.set("a", "key", 2)
        assert await store.get("a", "key") == 2
        await store.close()


async def test_the_file_grows_with_its_data(tmp_path: Path) -> None:
    store = small(tmp_path / "store")
    await asyncio.gather(*(store.set("a", str(number), b"x" * 100_000) for number in range(20)))
    await store.set("a", "large", b"y" * 5_000_000)
    assert await store.get("a", "large") == b"y" * 5_000_000
    assert await store.get("a", "7") == b"x" * 100_000
    await store.close()


async def test_writes_that_wait_share_a_transaction(store: StoreService, engine: LmdbEngine) -> None:
    before = engine.environment.lmdb.info()["last_txnid"]
    await asyncio.gather(*(store.set("a", str(number), number) for number in range(500)))
    assert engine.environment.lmdb.info()["last_txnid"] - before == 1


async def test_a_full_disk_is_reported_and_the_store_still_reads(tmp_path: Path) -> None:
    store = small(tmp_path / "store")
    await store.set("a", "key", "value")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, hard))
    try:
        with pytest.raises(StoreFullError, match="is the disk of STORE_PATH full") as error:
            await store.set("a", "large", b"x" * 1_000_000)
        assert error.value.status == 503
        results = await asyncio.gather(
            store.set("a", "small", 1), store.set("a", "large", b"x" * 1_000_000), return_exceptions=True
        )
        assert [type(result) for result in results] == [type(None), StoreFullError]
        assert await store.get("a", "key") == "value"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    await store.set("a", "large", b"x" * 1_000_000)
    await store.close()


async def test_a_disk_that_takes_no_writes_makes_the_service_unready(tmp_path: Path) -> None:
    store = small(tmp_path / "store")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        with pytest.raises(StoreFullError):
            await store.ping()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    await store.ping()
    await store.close()


@pytest.mark.parametrize(("sync", "flags"), [("full", (True, True)), ("data", (True, False)), ("off", (False, True))])
async def test_what_a_power_failure_may_cost(sync: str, flags: tuple[bool, bool], tmp_path: Path) -> None:
    engine = LmdbEngine(LmdbSettings.model_validate({"path": tmp_path, "sync": sync}), 256)
    found = engine.environment.lmdb.flags()
    assert (found["sync"], found["metasync"], found["readahead"]) == (*flags, False)
    await engine.close()


async def test_one_process_sweeps_and_calls(store: StoreService, place: LmdbPlace) -> None:
    assert await store.engine.lead()
    rival = f"""
import sys
from pathlib import Path
from kit.process_lock import ProcessLock
sys.exit(ProcessLock(Path({str(place.settings.path)!r}) / "leader.lock").try_acquire())
"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", rival, cwd=ROOT)
    assert await process.wait() == 0


async def test_a_process_whose_leader_is_stuck_is_not_ready(
    store: StoreService, place: LmdbPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kit.process_lock.MAX_SILENCE", 0.05)
    leader = Lead(place.settings.path / "leader.lock")
    assert leader.try_acquire()
    assert not await store.engine.lead()
    await store.ping()
    await asyncio.sleep(0.1)
    assert not await store.engine.lead()
    with pytest.raises(ServiceUnavailableException, match="stuck"):
        await store.ping()
    leader.release()
    assert await store.engine.lead()
    await store.ping()


async def test_other_tasks_run_during_a_long_search(store: StoreService, place: LmdbPlace) -> None:
    for _ in range(4):
        await store.set_many("a", {f"{number:05}": 0 for number in range(5000)}, ttl=10)
    await place.advance(10)
    longest, last = 0.0, perf_counter()
    search = asyncio.create_task(store.scan("a"))
    turns = 0
    while not search.done():
        await asyncio.sleep(0)
        longest, last, turns = max(longest, perf_counter() - last), perf_counter(), turns + 1
    assert await search == []
    assert turns >= 10
