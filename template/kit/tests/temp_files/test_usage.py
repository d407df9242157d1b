"""All files together stay below a limit, even if several processes write them."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kit.process_lock import Lead
from kit.temp_files import TempFileService, TotalSizeError
from kit.temp_files.cleaner import Cleaner
from kit.temp_files.lease import LEASE
from kit.temp_files.ledger import LedgerFile
from kit.temp_files.settings import MEGABYTE, TempFilesSettings
from kit.temp_files.usage import TotalUsage, Usage
from kit.tests.temp_files.pieces import failing, is_empty, kept, pieces, stalled, until
from kit.tests.trial import Lines

pytestmark = pytest.mark.anyio


@pytest.fixture
def empty_place(empty_place: TempFilesSettings) -> TempFilesSettings:
    return empty_place.model_copy(update={"max_total_size_mb": 3})


async def usage_of(files: TempFileService) -> Usage:
    """Read the ledger directly."""
    text = await (await files.objects.store.get_async("usage.json")).bytes_async()
    return Usage.model_validate_json(bytes(text))


async def test_a_file_that_does_not_fit_is_refused_until_there_is_space(
    files: TempFileService, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = Lines(capsys)
    await files.save("a", b"x" * MEGABYTE)
    await files.save("b", pieces(*[b"x" * MEGABYTE] * 2))
    for content in (b"1", pieces(b"1"), "1"):
        with pytest.raises(TotalSizeError, match="together may have at most 3 MB"):
            await files.save("c", content)
    assert [(line["level"], line["name"]) for line in lines("kit.temp_files.usage")] == [("error", "c")] * 3
    assert await kept(files) == ["a", "b"]
    await files.delete("a")
    await files.save("c", b"x" * MEGABYTE)


async def test_concurrent_saves_never_exceed_the_limit(empty_place: TempFilesSettings) -> None:
    services = [TempFileService(empty_place) for _ in range(3)]

    async def save(number: int) -> bool:
        try:
            await services[number % 3].save("a", pieces(*[b"x" * (MEGABYTE // 4)] * 2))
        except TotalSizeError:
            return False
        return True

    saved = await asyncio.gather(*map(save, range(9)))
    assert 1 <= sum(saved) <= 6
    usage = await usage_of(services[0])
    assert (usage.stored, usage.reserved) == (sum(saved) * MEGABYTE // 2, {})
    await services[0].save("rest", b"x" * (3 * MEGABYTE - usage.stored))


async def test_a_save_that_fails_gives_its_space_back(files: TempFileService) -> None:
    with pytest.raises(ConnectionResetError):
        await files.save("a", failing(b"x" * 2 * MEGABYTE))
    assert (await usage_of(files)).total == 0
    await files.save("b", b"x" * 3 * MEGABYTE)


async def test_a_save_that_is_cancelled_again_and_again_leaves_nothing(empty_place: TempFilesSettings) -> None:
    files = TempFileService(empty_place.model_copy(update={"max_total_size_mb": 20}))

    async def is_given_back() -> bool:
        return (await usage_of(files)).total == 0 and await is_empty(files)

    begun = asyncio.Event()
    save = asyncio.create_task(files.save("a", stalled(begun, asyncio.Event())))
    await begun.wait()
    assert (await usage_of(files)).total
    while not save.done():
        save.cancel()
        await asyncio.sleep(0)
    await until(is_given_back)


async def test_a_file_that_grows_does_not_count_twice(files: TempFileService) -> None:
    for size in (1, 2, 3):
        assert await files.usage.reserve("a", size * MEGABYTE, size * MEGABYTE) == size * MEGABYTE


async def test_no_change_of_the_ledger_is_lost(tmp_path: Path) -> None:
    def add_one(text: bytes | None) -> bytes:
        return str(int(text or 0) + 1).encode()

    ledgers = [LedgerFile(tmp_path) for _ in range(4)]
    await asyncio.gather(*(ledger.change(add_one) for ledger in ledgers for _ in range(50)))
    assert await ledgers[0].read() == b"200"


async def test_files_are_counted_once_however_many_are_saved(tmp_path: Path) -> None:
    counts: list[int] = []

    async def count() -> int:
        counts.append(0)
        await asyncio.sleep(0)
        return 0

    usage = TotalUsage(MEGABYTE, LedgerFile(tmp_path), count)
    await asyncio.gather(*(usage.reserve(f"{number}", 1, 1) for number in range(5)))
    assert len(counts) == 1


async def test_two_concurrent_deletions_give_the_space_of_a_file_back_once(files: TempFileService) -> None:
    await files.save("a", b"x" * MEGABYTE)
    await files.save("b", b"x" * MEGABYTE)
    await asyncio.gather(files.delete("a"), files.delete("a"))
    assert (await usage_of(files)).total == MEGABYTE


async def test_files_from_before_the_limit_count(
    files: TempFileService, empty_place: TempFilesSettings, tmp_path: Path
) -> None:
    unlimited = TempFileService(empty_place.model_copy(update={"max_total_size_mb": 0}))
    await unlimited.save("a", b"x" * 2 * MEGABYTE)
    with pytest.raises(TotalSizeError):
        await files.save("b", b"x" * 2 * MEGABYTE)
    await unlimited.save("c", b"x" * MEGABYTE)
    await Cleaner(unlimited, Lead(tmp_path / "lock")).sweep()
    with pytest.raises(TotalSizeError):
        await TempFileService(empty_place).save("b", b"x")


async def test_sweeping_corrects_what_killed_processes_reserved_and_others_deleted(
    files: TempFileService, tmp_path: Path
) -> None:
    cleaner = Cleaner(files, Lead(tmp_path / "lock"))
    await files.save("a", b"x" * MEGABYTE)
    await files.save("b", b"x" * MEGABYTE)
    await files.usage.reserve("killed", MEGABYTE, MEGABYTE)
    await files.objects.delete("a", ["name", (await files.stat("a")).id])
    assert (await usage_of(files)).total == 3 * MEGABYTE
    await cleaner.sweep(datetime.now(UTC) + timedelta(seconds=LEASE + 5))
    assert (await usage_of(files)).total == MEGABYTE


async def test_a_file_that_expires_gives_its_space_back(files: TempFileService, tmp_path: Path) -> None:
    await files.save("a", b"x" * MEGABYTE, expires_in=timedelta(hours=1))
    await Cleaner(files, Lead(tmp_path / "lock")).sweep(datetime.now(UTC) + timedelta(hours=2))
    assert (await usage_of(files)).total == 0
