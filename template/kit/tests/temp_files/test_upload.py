"""Files in the bodies of requests."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter
from httpx2 import AsyncClient
from pydantic import SecretStr

from kit.temp_files import TempFilesDep, UploadDep
from kit.temp_files.settings import MEGABYTE, TempFilesSettings
from kit.testing.service import given
from kit.tests.trial import serving

pytestmark = pytest.mark.anyio

HEAD = {"Content-Type": "multipart/form-data; boundary=x"}
PART = '--x\r\nContent-Disposition: form-data; name="file"; filename="{}"\r\nContent-Type: text/csv\r\n\r\n'


@pytest.fixture
async def client(tmp_path: Path) -> AsyncGenerator[AsyncClient]:
    router = APIRouter()

    @router.post("/keep")
    async def keep(upload: UploadDep, files: TempFilesDep) -> list[str | int | None]:  # pyright: ignore[reportUnusedFunction]
        name = await files.save(upload.name or "body", upload.content)
        return [upload.name, upload.content_type, (await files.stat(name)).size]

    @router.get("/kept")
    async def kept(files: TempFilesDep) -> list[str]:  # pyright: ignore[reportUnusedFunction]
        return [name async for name in files.list()]

    place = TempFilesSettings(url=SecretStr(tmp_path.as_uri()), max_file_size_mb=2)
    async with serving(router, given(max_body_size=1000), place) as client:
        yield client


async def test_the_first_file_of_a_form_is_the_upload(client: AsyncClient) -> None:
    files = {"file": ("a.csv", b"1,2\r\n--x", "text/csv"), "second": ("b.csv", b"3,4", "text/csv")}
    response = await client.post("/keep", data={"title": "numbers", "note": "y" * 5000}, files=files)
    assert response.json() == ["a.csv", "text/csv", 8]


async def test_a_body_that_is_not_a_form_is_the_upload(client: AsyncClient) -> None:
    response = await client.post("/keep", content=b"123", headers={"Content-Type": "image/png"})
    assert response.json() == [None, "image/png", 3]
    assert (await client.post("/keep", content=b"123")).json() == [None, None, 3]


async def test_a_file_that_arrives_byte_by_byte_is_unchanged(client: AsyncClient) -> None:
    async def body() -> AsyncGenerator[bytes]:
        for byte in (PART.format("ä.csv") + "1,2\r\n--\r\n-x\r\n--x--\r\n").encode():
            yield bytes([byte])

    assert (await client.post("/keep", content=body(), headers=HEAD)).json() == ["ä.csv", "text/csv", 11]


async def test_an_upload_may_be_larger_than_other_bodies_but_not_than_a_file(client: AsyncClient) -> None:
    sizes = {2 * MEGABYTE: 200, 2 * MEGABYTE + 1: 413, 4 * MEGABYTE: 413}
    for size, status in sizes.items():
        bodies: list[dict[str, Any]] = [{"content": b"x" * size}, {"files": {"file": ("a", b"x" * size)}}]
        for body in bodies:
            assert (await client.post("/keep", **body)).status_code == status
    assert len((await client.get("/kept")).json()) == 2


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "The form has no file"),
        ('--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n', "The form has no file"),
        ("nonsense", "The form cannot be read"),
        (PART.format("a") + "half of it", "The form ends in the middle of its file"),
        (PART.format("a/b") + "1\r\n--x--\r\n", "'a/b' is not a valid file name: it contains a path separator"),
    ],
)
async def test_a_form_without_a_complete_file_is_refused(client: AsyncClient, body: str, message: str) -> None:
    response = await client.post("/keep", content=body, headers=HEAD)
    assert (response.status_code, response.json()["error"]["message"]) == (400, message)
    assert (await client.get("/kept")).json() == []


async def test_a_form_whose_boundary_is_missing_or_too_long_is_refused(client: AsyncClient) -> None:
    for boundary in ("", "; boundary=" + "x" * 1000):
        headers = {"Content-Type": f"multipart/form-data{boundary}"}
        assert (await client.post("/keep", content=b"--x", headers=headers)).status_code == 400


async def test_a_name_that_is_not_utf8_is_refused(client: AsyncClient) -> None:
    body = PART.format("caf\xe9").encode("latin-1") + b"1\r\n--x--\r\n"
    response = await client.post("/keep", content=body, headers=HEAD)
    assert (response.status_code, "not valid UTF-8" in response.text) == (400, True)
