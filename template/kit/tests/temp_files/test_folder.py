"""Temporary files in a folder of the machine."""

import asyncio
import resource
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from kit.errors import NotFoundException, ServiceUnavailableException
from kit.process_lock import Lead
from kit.temp_files import NoSpaceError, TempFileService, errors
from kit.temp_files.cleaner import Cleaner
from kit.temp_files.lease import LEASE
from kit.temp_files.objects import MARKER
from kit.temp_files.partial import PartialFile
from kit.temp_files.settings import TempFilesSettings
from kit.tests.temp_files.pieces import joined

pytestmark = pytest.mark.anyio

# ruff: noqa: ASYNC240 - a test may wait for its disk


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "kept/files"


@pytest.fixture
def files(folder: Path) -> TempFileService:
    return TempFileService(TempFilesSettings(url=SecretStr(f"file://{folder.parent}")))


async def names(files: TempFileService) -> list[str]:
    return [name async for name in files.list()]


async def in_megabytes(count: int) -> AsyncGenerator[bytes]:
    for _ in range(count):
        yield bytes(2**20)


async def sweep(files: TempFileService, tmp_path: Path) -> None:
    await Cleaner(files, Lead(tmp_path / "lock")).sweep(datetime.now(UTC) + timedelta(seconds=LEASE + 5))


async def test_other_users_cannot_read_it(files: TempFileService, folder: Path) -> None:
    await files.save("a", b"")
    assert folder.stat().st_mode & 0o777 == 0o700


async def test_a_link_to_a_folder_is_not_followed(files: TempFileService, folder: Path, tmp_path: Path) -> None:
    other = TempFileService(TempFilesSettings(url=SecretStr(f"file://{tmp_path}/other")))
    await other.save("secret", "mine")
    (folder / "evil").symlink_to(tmp_path / "other/files/secret")
    (folder / "circle").symlink_to("..")
    with pytest.raises(NotFoundException):
        await files.read("evil")
    assert (await files.delete("evil"), await names(files)) == (False, [])
    assert await files.save("evil", b"") == "evil.1"
    await sweep(files, tmp_path)
    assert await other.read("secret") == "mine"


@pytest.mark.parametrize("is_marker", [True, False])
async def test_a_link_in_the_place_of_a_part_is_not_followed(
    files: TempFileService, folder: Path, tmp_path: Path, *, is_marker: bool
) -> None:
    await files.save("a", b"12345678")
    part = folder / "a" / (MARKER if is_marker else (await files.stat("a")).id)
    part.rename(tmp_path / "elsewhere")
    part.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(NotFoundException):
        await files.read("a")
    assert await names(files) == []
    await sweep(files, tmp_path)
    assert (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("text", [b"", b"\xff", b"{}", b'{"id": "../../etc", "is_text": true, "content_type": "a/b"}'])
async def test_an_invalid_marker_is_not_a_file(files: TempFileService, folder: Path, text: bytes) -> None:
    (folder / "a").mkdir()
    (folder / "a" / MARKER).write_bytes(text)
    with pytest.raises(NotFoundException):
        await files.read("a")


async def test_partial_files_and_empty_folders_of_killed_processes_are_deleted(
    files: TempFileService, folder: Path, tmp_path: Path
) -> None:
    for name, parts in {"empty": (), "half": ("0123456789abcdef#1",), "marker": (f"{MARKER}#1",)}.items():
        (folder / name).mkdir()
        for part in parts:
            (folder / name / part).write_bytes(b"half")
    await files.save("whole", b"1")
    (folder / "whole/0123456789abcdef#2").write_bytes(b"half")
    assert await names(files) == ["whole"]
    await sweep(files, tmp_path)
    assert [path.name for path in folder.iterdir()] == ["whole"]
    assert len(list((folder / "whole").iterdir())) == 2


async def test_a_full_disk_raises_no_space_error(
    files: TempFileService, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The disk is not full; a file in the place of a folder causes the error instead.
    monkeypatch.setattr(errors, "FULL", {20})
    (folder / "a").write_bytes(b"")
    with pytest.raises(NoSpaceError, match="no space left"):
        await files.save("a", b"1")


async def test_a_disk_that_fills_up_in_the_middle_of_a_file_keeps_nothing_of_it(
    files: TempFileService, folder: Path
) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5 * 2**19, before[1]))
    try:
        with pytest.raises(NoSpaceError):
            await files.save("a", in_megabytes(4))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(folder.iterdir()) == []


def test_a_thread_that_is_late_leaves_nothing_of_a_file_that_was_given_up(tmp_path: Path) -> None:
    file = PartialFile(tmp_path / "kept/0123456789abcdef")
    file.write(b"begun")
    file.give_up()
    file.write(b"late")
    file.finish()
    assert list(tmp_path.iterdir()) == []


async def test_errors_of_the_content_stay_as_they_are(files: TempFileService, folder: Path) -> None:
    async def content() -> AsyncGenerator[bytes]:
        async for piece in in_megabytes(3):
            yield piece
        raise OSError(5, "the disk from which it is read is broken")

    with pytest.raises(OSError, match="broken"):
        await files.save("a", content())
    assert list(folder.iterdir()) == []


async def test_a_folder_that_cannot_be_used_is_unavailable(files: TempFileService, folder: Path) -> None:
    folder.rmdir()
    folder.write_bytes(b"")
    with pytest.raises(ServiceUnavailableException):
        await files.save("a", b"1")


async def test_a_file_that_is_deleted_while_it_is_read_is_read_to_its_end(files: TempFileService) -> None:
    content = b"x" * 3 * 2**20
    await files.save("a", content)
    reading = files.stream("a")
    found = await anext(reading)
    await files.delete("a")
    assert found + await joined(reading) == content


async def test_writing_does_not_block_the_event_loop(files: TempFileService) -> None:
    """The largest gap between two turns of the loop is far shorter than the write."""
    loop, gaps = asyncio.get_running_loop(), [0.0]

    async def watch() -> None:
        last = loop.time()
        while True:
            await asyncio.sleep(0)
            gaps.append(loop.time() - last)
            last = loop.time()

    watching = asyncio.create_task(watch())
    content, begun = b"x" * 64 * 2**20, loop.time()
    await files.save("a", content)
    took = loop.time() - begun
    watching.cancel()
    assert max(gaps) < took / 2
