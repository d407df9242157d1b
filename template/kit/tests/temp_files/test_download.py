"""Responses that are files."""

from collections.abc import AsyncGenerator
from typing import Any
from urllib.parse import unquote

import pytest
from fastapi import APIRouter, FastAPI, Request, Response
from httpx2 import AsyncClient

from kit.temp_files import TempFilesDep, TempFileService, download, get_temp_files
from kit.temp_files.download import content_disposition
from kit.temp_files.settings import MEGABYTE
from kit.testing.service import ask

pytestmark = pytest.mark.anyio


@pytest.fixture
def files(app: FastAPI) -> TempFileService:
    return get_temp_files(app)


@pytest.fixture
async def client(app: FastAPI) -> AsyncGenerator[AsyncClient]:
    router = APIRouter()

    @router.head("/kept/{name}")
    @router.get("/kept/{name}")
    async def get(name: str, request: Request, files: TempFilesDep) -> Response:  # pyright: ignore[reportUnusedFunction]
        return await download(files, name, request)

    app.include_router(router)
    async with ask(app) as client:
        yield client


async def test_a_file_is_sent_as_it_was_saved(client: AsyncClient, files: TempFileService) -> None:
    await files.save("a.html", "<b>für</b>")
    response = await client.get("/kept/a.html")
    assert (response.status_code, response.text) == (200, "<b>für</b>")
    expected = {
        "accept-ranges": "bytes",
        "content-disposition": 'attachment; filename="a.html"',
        "content-length": "11",
        "content-type": "text/html; charset=utf-8",
        "x-content-type-options": "nosniff",
    }
    assert {name: response.headers[name] for name in expected} == expected


@pytest.mark.parametrize("name", ['a"b.txt', "a\\b", "été.txt", "日本", "a;b='c'", "%2Eenv", "a\r\nX: y", "a/b", "~"])
def test_any_name_is_safe_in_a_header(name: str) -> None:
    header = content_disposition(name)
    plain, extended = header.removeprefix('attachment; filename="').split("\"; filename*=UTF-8''")
    assert unquote(extended) == name
    assert header.isascii()
    assert not set('"\\%\r\n') & set(plain)


WHOLE = (200, b"0123456789", None)


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("bytes=0-3", (206, b"0123", "bytes 0-3/10")),
        ("bytes=8-", (206, b"89", "bytes 8-9/10")),
        ("bytes=-2", (206, b"89", "bytes 8-9/10")),
        ("bytes=5-99", (206, b"56789", "bytes 5-9/10")),
        ("bytes=0-", WHOLE),
        ("bytes=-99", WHOLE),
        ("bytes=-", WHOLE),
        ("bytes=0-1,4-5", WHOLE),
        ("lines=0-1", WHOLE),
        ("bytes=10-", (416, b"", "bytes */10")),
        ("bytes=-0", (416, b"", "bytes */10")),
        ("bytes=5-2", WHOLE),
        ("bytes=" + "9" * 5000 + "-", WHOLE),
    ],
)
async def test_only_the_requested_range_is_sent(
    client: AsyncClient, files: TempFileService, asked: str, answer: tuple[int, bytes, str | None]
) -> None:
    await files.save("digits", b"0123456789")
    response = await client.get("/kept/digits", headers={"Range": asked})
    content = response.content if response.is_success else b""
    assert (response.status_code, content, response.headers.get("content-range")) == answer


async def test_a_range_of_another_version_is_the_whole_file(client: AsyncClient, files: TempFileService) -> None:
    await files.save("a", b"old")
    etag = (await client.get("/kept/a")).headers["etag"]
    headers: dict[str, Any] = {"Range": "bytes=1-1", "If-Range": etag}
    assert (await client.get("/kept/a", headers=headers)).content == b"l"
    await files.delete("a")
    await files.save("a", b"new")
    assert (await client.get("/kept/a", headers=headers)).content == b"new"


@pytest.mark.parametrize("known", ["{}", "W/{}", '"other", {}', "*"])
async def test_a_file_that_the_client_has_is_not_sent(client: AsyncClient, files: TempFileService, known: str) -> None:
    await files.save("known", b"0123456789")
    etag = (await client.get("/kept/known")).headers["etag"]
    headers = {"If-None-Match": known.format(etag), "Range": "bytes=0-1"}
    response = await client.get("/kept/known", headers=headers)
    assert (response.status_code, response.content, response.headers["etag"]) == (304, b"", etag)


@pytest.mark.parametrize("known", ["", '"other"', '"other", W/"another"'])
async def test_another_version_is_sent(client: AsyncClient, files: TempFileService, known: str) -> None:
    await files.save("changed", b"0123456789")
    assert (await client.get("/kept/changed", headers={"If-None-Match": known})).content == b"0123456789"


async def test_head_has_the_headers_of_the_whole_file_and_no_content(
    client: AsyncClient, files: TempFileService
) -> None:
    await files.save("headed", b"0123456789")
    whole = await client.get("/kept/headed")
    head = await client.head("/kept/headed", headers={"Range": "bytes=0-1"})
    names = ("content-length", "content-type", "content-disposition", "etag", "accept-ranges")
    assert (head.status_code, head.content) == (200, b"")
    assert [head.headers[name] for name in names] == [whole.headers[name] for name in names]
    assert (await client.head("/kept/none")).status_code == 404


@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=0-1"}, {"If-None-Match": "*"}])
async def test_a_file_above_a_lowered_limit_is_refused_before_the_answer_begins(
    client: AsyncClient, files: TempFileService, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]
) -> None:
    name = await files.save("large", b"x" * (MEGABYTE + 1))
    monkeypatch.setattr(files, "settings", files.settings.model_copy(update={"max_file_size_mb": 1}))
    response = await client.get(f"/kept/{name}", headers=headers)
    assert (response.status_code, response.json()["error"]["code"]) == (413, "CONTENT_TOO_LARGE")


async def test_an_empty_file_is_sent(client: AsyncClient, files: TempFileService) -> None:
    await files.save("empty", b"")
    response = await client.get("/kept/empty")
    assert (response.status_code, response.content) == (200, b"")


async def test_a_missing_file_is_not_found(client: AsyncClient) -> None:
    response = await client.get("/kept/none")
    assert (response.status_code, response.json()["error"]["message"]) == (404, "File none was not found")


async def test_an_invalid_name_is_a_bad_request(client: AsyncClient) -> None:
    assert (await client.get("/kept/con")).status_code == 400
