"""Temporary files are the same in a folder and in a bucket."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from kit.errors import NotFoundException
from kit.temp_files import ContentTypeError, FileTooLargeError, TempFileService
from kit.temp_files.settings import MEGABYTE, TempFilesSettings
from kit.tests.temp_files.pieces import failing, joined, kept, pieces, stalled
from kit.tests.trial import Lines

pytestmark = pytest.mark.anyio


async def test_text_comes_back_as_text_and_bytes_as_bytes(files: TempFileService) -> None:
    await files.save("a.txt", "für alle\r\n")
    await files.save("a.bin", b"\x00\xff")
    await files.save("a.csv", pieces(b"1,", b"2"))
    await files.save("empty", "")
    await files.save("nothing", pieces())
    found = {name: await files.read(name) for name in await kept(files)}
    assert found == {"a.txt": "für alle\r\n", "a.bin": b"\x00\xff", "a.csv": b"1,2", "empty": "", "nothing": b""}


async def test_the_metadata_of_a_file(files: TempFileService) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    await files.save("a.csv", "1,2")
    await files.save("b", b"1", content_type="image/png", expires_in=timedelta(hours=1))
    csv, png = await files.stat("a.csv"), await files.stat("b")
    assert (csv.name, csv.size, csv.is_text, csv.content_type) == ("a.csv", 3, True, "text/csv")
    assert (png.name, png.size, png.is_text, png.content_type) == ("b", 1, False, "image/png")
    assert csv.expires_at == csv.saved_at + timedelta(days=3)
    assert png.expires_at
    assert before <= csv.saved_at <= datetime.now(UTC) + timedelta(seconds=1)
    assert abs(png.expires_at - png.saved_at - timedelta(hours=1)) < timedelta(seconds=5)


async def test_large_content_comes_in_pieces_and_goes_in_pieces(files: TempFileService) -> None:
    content = bytes(range(256)) * 4096 * 7
    parts = [content[at : at + 70_000] for at in range(0, len(content), 70_000)]
    await files.save("large", pieces(*parts))
    found = [piece async for piece in files.stream("large")]
    assert (b"".join(found), max(map(len, found)) <= 2 * MEGABYTE) == (content, True)
    assert await files.read("large") == content


@pytest.mark.parametrize(
    ("start", "end", "found"), [(0, None, b"0123456789"), (3, 5, b"34"), (9, 10, b"9"), (5, 5, b"")]
)
async def test_only_the_range_is_streamed(files: TempFileService, start: int, end: int | None, found: bytes) -> None:
    await files.save("digits", b"0123456789")
    assert await joined(files.stream("digits", start, end)) == found


async def test_a_name_that_is_taken_gets_a_number(files: TempFileService) -> None:
    names = [await files.save(name, name) for name in ["a.txt", "a.txt", "a.1.txt", "a.txt", "b", "b", ".env", ".env"]]
    assert names == ["a.txt", "a.1.txt", "a.1.1.txt", "a.2.txt", "b", "b.1", "%2Eenv", "%2Eenv.1"]
    assert await files.read(".env") == ".env"
    await files.delete("a.1.txt")
    assert await files.save("a.txt", "") == "a.1.txt"


async def test_concurrent_saves_under_one_name_get_different_names(files: TempFileService) -> None:
    names = await asyncio.gather(*(files.save("a.txt", f"{number}") for number in range(12)))
    assert len(set(names)) == 12
    assert [await files.read(name) for name in names] == [f"{number}" for number in range(12)]
    assert sorted(names) == await kept(files)


async def test_a_save_that_fails_half_way_leaves_nothing(files: TempFileService) -> None:
    with pytest.raises(ConnectionResetError):
        await files.save("a.bin", failing(b"x" * 6 * MEGABYTE))
    assert [group async for group in files.objects.groups()] == []
    assert await files.save("a.bin", b"") == "a.bin"


async def test_a_save_that_is_cancelled_leaves_nothing(files: TempFileService) -> None:
    begun = asyncio.Event()
    save = asyncio.create_task(files.save("a.bin", stalled(begun, asyncio.Event())))
    await begun.wait()
    save.cancel()
    with pytest.raises(asyncio.CancelledError):
        await save
    assert await kept(files) == []
    assert await files.save("a.bin", b"") == "a.bin"


async def test_a_file_is_gone_once_it_is_deleted_or_has_expired(files: TempFileService) -> None:
    await files.save("deleted", b"1")
    await files.save("expired", b"2", expires_in=timedelta(milliseconds=1))
    assert [await files.delete(name) for name in ("deleted", "deleted", "never")] == [True, False, False]
    await asyncio.sleep(0.002)
    for name in ("deleted", "expired", "never"):
        with pytest.raises(NotFoundException, match=f"File {name} was not found"):
            await files.stat(name)
        with pytest.raises(NotFoundException):
            await files.read(name)
        with pytest.raises(NotFoundException):
            await joined(files.stream(name))
    assert [name async for name in files.list()] == []


async def test_a_file_that_is_deleted_while_it_is_read_is_not_found(files: TempFileService) -> None:
    await files.save("a", b"1")
    file = await files.stat("a")
    await files.delete("a")
    with pytest.raises(NotFoundException):
        await joined(files.stream(file))


async def test_a_file_that_is_too_large_leaves_nothing_and_the_service_goes_on(
    empty_place: TempFilesSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = Lines(capsys)
    files = TempFileService(empty_place.model_copy(update={"max_file_size_mb": 1}))
    for content in (b"x" * (MEGABYTE + 1), "x" * (MEGABYTE + 1), pieces(*[b"x" * 1000] * 1100)):
        with pytest.raises(FileTooLargeError, match="at most 1 MB"):
            await files.save("a", content)
    logged = [(line["level"], line["event"], line["name"]) for line in lines("kit.temp_files.temp_files")]
    assert logged == [("error", "temporary file is too large", "a")] * 3
    assert await kept(files) == []
    await files.save("a", b"x" * MEGABYTE)


async def test_a_file_above_the_limit_is_not_read(empty_place: TempFilesSettings) -> None:
    await TempFileService(empty_place).save("a", b"x" * (MEGABYTE + 1))
    files = TempFileService(empty_place.model_copy(update={"max_file_size_mb": 1}))
    with pytest.raises(FileTooLargeError):
        await files.read("a")
    with pytest.raises(ValueError, match="at most 1 MB"):
        await joined(files.stream("a"))


async def test_zero_means_no_limit(empty_place: TempFilesSettings) -> None:
    files = TempFileService(empty_place.model_copy(update={"max_file_size_mb": 0, "retention_days": 0}))
    await files.save("a", b"x" * 2 * MEGABYTE)
    assert (await files.stat("a")).expires_at is None


@pytest.mark.parametrize("content_type", ["text", "text/html\r\nX: y", "é/x", "a/b; c", "x/" + "y" * 300])
async def test_an_invalid_content_type_is_refused(files: TempFileService, content_type: str) -> None:
    with pytest.raises(ContentTypeError, match="is not a content type"):
        await files.save("a", b"", content_type=content_type)
    assert await kept(files) == []


@pytest.mark.parametrize(
    "expires_in",
    [
        timedelta(0),
        timedelta(seconds=-1),
        timedelta(days=36_501),
        timedelta(days=4_000_000),
        timedelta.max,
        timedelta.min,
    ],
    ids=str,
)
async def test_a_file_expires_neither_in_the_past_nor_after_more_than_a_century(
    files: TempFileService, expires_in: timedelta
) -> None:
    with pytest.raises(ValueError, match="must be positive, and at most 36500 days"):
        await files.save("a", b"", expires_in=expires_in)
    assert await kept(files) == []


@pytest.mark.parametrize("days", ["inf", "-inf", "nan", "-1", "36501", "4000000", "1e300"])
def test_a_retention_that_no_date_can_have_is_refused(days: str) -> None:
    with pytest.raises(ValidationError):
        TempFilesSettings.model_validate({"retention_days": days})


async def test_the_longest_and_the_shortest_retention_work(empty_place: TempFilesSettings) -> None:
    longest = TempFileService(empty_place.model_copy(update={"retention_days": 36_500}))
    await longest.save("a", b"")
    expires_at = (await longest.stat("a")).expires_at
    assert expires_at
    assert expires_at > datetime.now(UTC) + timedelta(days=36_000)
    shortest = TempFileService(empty_place.model_copy(update={"retention_days": 1e-12}))
    with pytest.raises(NotFoundException):
        await shortest.stat("a")
