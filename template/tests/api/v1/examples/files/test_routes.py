"""The examples of uploads and downloads."""

import pytest
from httpx2 import AsyncClient

from kit.temp_files import TempFilesSettings
from kit.testing.service import ask, given, started

pytestmark = pytest.mark.anyio
MEGABYTE = 2**20

PATH = "/api/v1/examples/files"


async def test_the_file_of_a_form_is_saved_and_returned(client: AsyncClient) -> None:
    for name in ("a.csv", "a.1.csv"):
        response = await client.post(PATH, files={"file": ("a.csv", b"1,2", "text/csv")})
        assert (response.status_code, response.json()) == (201, {"name": name})
    response = await client.get(f"{PATH}/a.1.csv")
    assert (response.content, response.headers["content-type"]) == (b"1,2", "text/csv")


async def test_a_body_is_saved_and_returned_in_parts(client: AsyncClient) -> None:
    content = bytes(range(256)) * 50_000
    assert (await client.put(f"{PATH}/a.bin", content=content)).json() == {"name": "a.bin"}
    assert (await client.get(f"{PATH}/a.bin")).content == content
    part = await client.get(f"{PATH}/a.bin", headers={"Range": "bytes=-256"})
    assert (part.status_code, part.content) == (206, bytes(range(256)))


async def test_a_file_is_deleted_once(client: AsyncClient) -> None:
    await client.put(f"{PATH}/a", content=b"1")
    assert [(await client.delete(f"{PATH}/a")).status_code for _ in range(2)] == [204, 404]
    assert (await client.get(f"{PATH}/a")).status_code == 404


async def test_a_file_that_is_too_large_is_refused_and_the_next_is_saved(client: AsyncClient) -> None:
    settings = TempFilesSettings(max_file_size_mb=1)
    async with started(given(), settings) as app, ask(app, auth=client.auth) as other:
        responses = [await other.put(f"{PATH}/a", content=b"x" * size) for size in (MEGABYTE + 1, MEGABYTE)]
    assert [response.status_code for response in responses] == [413, 201]
    assert responses[0].json()["error"]["code"] == "CONTENT_TOO_LARGE"


async def test_an_invalid_file_name_is_refused(client: AsyncClient) -> None:
    assert (await client.put(f"{PATH}/NUL", content=b"1")).status_code == 400
