"""The cleaner deletes expired files and what killed processes have left, but nothing that is read or written."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from kit.errors import ServiceUnavailableException
from kit.process_lock import Lead
from kit.temp_files import TempFileService, lease
from kit.temp_files.cleaner import Cleaner
from kit.temp_files.objects import MARKER
from kit.tests.temp_files.pieces import is_empty, joined, kept, pieces, stalled, until

pytestmark = pytest.mark.anyio

DAYS = timedelta(days=3)
SOON = timedelta(seconds=lease.LEASE + 5)


@pytest.fixture
def cleaner(files: TempFileService, tmp_path: Path) -> Cleaner:
    return Cleaner(files, Lead(tmp_path / "lock"))


def later(by: timedelta) -> datetime:
    return datetime.now(UTC) + by


async def test_a_file_is_deleted_some_time_after_it_has_expired(files: TempFileService, cleaner: Cleaner) -> None:
    await files.save("short", b"1", expires_in=timedelta(hours=1))
    await files.save("usual", b"2")
    await files.save("long", b"3", expires_in=2 * DAYS)
    assert [await cleaner.sweep(), await cleaner.sweep(later(timedelta(minutes=59)))] == [0, 0]
    assert [await cleaner.sweep(later(timedelta(hours=1) + SOON)), await kept(files)] == [1, ["long", "usual"]]
    assert [await cleaner.sweep(later(DAYS + SOON)), await kept(files)] == [1, ["long"]]


async def test_without_a_retention_a_file_stays(files: TempFileService, cleaner: Cleaner) -> None:
    files.settings = files.settings.model_copy(update={"retention_days": 0})
    await files.save("a", b"")
    assert await cleaner.sweep(later(1000 * DAYS)) == 0


async def test_a_file_that_is_being_read_stays_until_it_is_read(
    files: TempFileService, cleaner: Cleaner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "RENEWAL", 0.01)
    content = b"x" * 3 * 2**20
    await files.save("a", content)
    reading = files.stream("a")
    found = await anext(reading)

    async def leases() -> list[str]:
        keys = [key async for group in files.objects.groups() for key in group.keys]
        return [key for key in keys if key.endswith(lease.ALIVE)]

    async def is_leased() -> bool:
        return bool(await leases())

    await until(is_leased)
    await files.objects.delete("a", await leases())
    await until(is_leased)
    monkeypatch.setattr(lease, "LEASE", 2 * DAYS.total_seconds())
    assert await cleaner.sweep(later(DAYS + SOON)) == 0
    assert found + await joined(reading) == content
    assert await kept(files) == ["a"]


async def test_a_file_that_is_being_written_stays_and_is_not_listed(files: TempFileService, cleaner: Cleaner) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()
    save = asyncio.create_task(files.save("a", stalled(begun, go_on)))
    await begun.wait()
    await cleaner.sweep()
    assert [name async for name in files.list()] == []
    go_on.set()
    assert await save == "a"
    assert (await files.stat("a")).size == 6 * 2**20 + 1


async def test_what_a_killed_process_has_left_is_deleted(files: TempFileService, cleaner: Cleaner) -> None:
    await files.save("whole", b"1")
    await files.objects.create("taken", MARKER, b"{}")
    await files.objects.put("orphan", "0123456789abcdef", b"content")
    await files.objects.put("whole", f"0123456789abcdef{lease.ALIVE}", b"")
    assert [name async for name in files.list()] == ["whole"]
    await cleaner.sweep()
    assert len([group async for group in files.objects.groups()]) == 3
    await cleaner.sweep(later(SOON))
    assert await kept(files) == ["whole"]


async def test_a_process_that_paused_gives_up_a_save_that_others_took_for_dead(
    files: TempFileService, cleaner: Cleaner, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()
    save = asyncio.create_task(files.save("a", stalled(begun, go_on)))
    await begun.wait()
    await cleaner.sweep(later(SOON))
    assert await files.save("a", b"of another") == "a"
    monkeypatch.setattr(lease, "LEASE", -1)
    go_on.set()
    with pytest.raises(ServiceUnavailableException):
        await save
    assert await files.read("a") == b"of another"


async def test_sweeping_during_saves_and_deletions_loses_nothing(files: TempFileService, cleaner: Cleaner) -> None:
    async def work(number: int) -> str:
        for _ in range(3):
            await files.delete(await files.save("a.txt", pieces(b"gone")))
        return await files.save("a.txt", f"{number}")

    async def sweep() -> None:
        while True:
            await cleaner.sweep()

    sweeps = asyncio.create_task(sweep())
    names = await asyncio.gather(*map(work, range(5)))
    sweeps.cancel()
    assert [await files.read(name) for name in names] == [f"{number}" for number in range(5)]


async def test_one_process_cleans_up_and_another_takes_over_when_it_stops(
    files: TempFileService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kit.temp_files.cleaner.LOOK", 0.01)
    monkeypatch.setattr(lease, "LEASE", -1.0)
    first, second = (Cleaner(files, Lead(tmp_path / "lock")) for _ in range(2))
    runs = [asyncio.create_task(first.run()), asyncio.create_task(second.run())]
    for run, cleaner in zip(runs, (first, second), strict=True):
        await files.objects.create("left", MARKER, b"{}")
        await until(partial(is_empty, files))
        run.cancel()
        cleaner.stop()


async def test_another_process_logs_once_that_the_one_which_cleans_up_is_stuck(
    files: TempFileService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("kit.temp_files.cleaner.LOOK", 0.01)
    monkeypatch.setattr("kit.process_lock.MAX_SILENCE", 0.05)
    leader, cleaner = Lead(tmp_path / "lock"), Cleaner(files, Lead(tmp_path / "lock"))
    assert leader.try_acquire()
    run = asyncio.create_task(cleaner.run())
    await asyncio.sleep(0.2)
    leader.release()
    run.cancel()
    cleaner.stop()
    assert capsys.readouterr().out.count("is stuck") == 1


async def test_a_sweep_that_fails_is_tried_again(
    files: TempFileService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kit.temp_files.cleaner.LOOK", 0.01)
    monkeypatch.setattr("kit.temp_files.cleaner.PAUSE", 0.0)
    monkeypatch.setattr(lease, "LEASE", -1.0)
    failures = iter([ServiceUnavailableException("away"), KeyError("foreign")])
    now = files.objects.now

    async def fail_twice() -> datetime:
        for failure in failures:
            raise failure
        return await now()

    monkeypatch.setattr(files.objects, "now", fail_twice)
    await files.objects.create("left", MARKER, b"{}")
    cleaner = Cleaner(files, Lead(tmp_path / "lock"))
    run = asyncio.create_task(cleaner.run())
    await until(partial(is_empty, files))
    run.cancel()
    cleaner.stop()
