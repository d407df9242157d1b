"""Which responses are compressed, and how."""

import zlib
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import StreamingResponse
from httpx2 import AsyncClient
from starlette.types import Message

from kit.middleware.compression import best_encoding, zstd
from kit.settings import Environment
from kit.testing.service import ask, given, started
from kit.tests.trial import add_routes, serving

pytestmark = pytest.mark.anyio
router = APIRouter()
TEXT = "Slow is smooth, and smooth is fast. " * 100
DECODERS: dict[str, Any] = {"zstd": zstd.ZstdDecompressor, "gzip": lambda: zlib.decompressobj(zlib.MAX_WBITS | 16)}


@router.head("/text")
@router.get("/text")
async def text(request: Request) -> Response:
    """Return a text with the headers that the query asks for."""
    return Response(TEXT, headers={"Content-Type": "text/plain"} | dict(request.query_params))


@router.get("/sized/{size}")
async def sized(size: int) -> Response:
    return Response("x" * size, media_type="text/plain")


@router.get("/part")
async def part() -> Response:
    return Response(TEXT, 206, {"Content-Range": f"bytes 0-{len(TEXT) - 1}/9999"}, "text/plain")


@router.get("/stream")
async def stream(kind: str = "text/plain") -> StreamingResponse:
    async def pieces() -> AsyncGenerator[bytes]:
        for piece in (b"", b"one ", b"", b"two ", b"three"):
            yield piece

    return StreamingResponse(pieces(), media_type=kind)


@pytest.fixture(scope="module")
async def app() -> AsyncGenerator[FastAPI]:
    async with started(given()) as app:
        add_routes(app, router)
        yield app


@pytest.fixture(params=["zstd", "gzip"])
async def client(request: pytest.FixtureRequest, app: FastAPI) -> AsyncGenerator[AsyncClient]:
    """Yield a client that accepts one encoding."""
    async with ask(app, headers={"Accept-Encoding": request.param}) as client:
        yield client


async def test_a_text_is_compressed(client: AsyncClient) -> None:
    response = await client.get("/text")
    assert response.text == TEXT
    assert response.headers["Content-Encoding"] == client.headers["Accept-Encoding"]
    assert response.headers["Vary"] == "Accept-Encoding"
    assert int(response.headers["Content-Length"]) < len(TEXT) / 10


@pytest.mark.parametrize("size", [999, 1000, 1_000_000])
async def test_a_response_is_compressed_from_1000_bytes_on(client: AsyncClient, size: int) -> None:
    response = await client.get(f"/sized/{size}")
    assert response.text == "x" * size
    assert ("Content-Encoding" in response.headers) == (size >= 1000)


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "image/png"},
        {"Content-Type": "application/zip"},
        {"Content-Type": "application/octet-stream"},
        {"Content-Type": "text/event-stream"},
        {"Content-Encoding": "identity"},
        {"Accept-Ranges": "bytes"},
        {"Cache-Control": "public, no-transform"},
    ],
)
async def test_some_responses_stay_as_they_are(client: AsyncClient, headers: dict[str, str]) -> None:
    response = await client.get("/text", params=headers)
    assert response.text == TEXT
    assert response.headers["Content-Length"] == str(len(TEXT))
    assert response.headers.get("Content-Encoding") == headers.get("Content-Encoding")


@pytest.mark.parametrize("kind", ["application/json", "application/problem+json", "image/svg+xml", "text/html"])
async def test_the_type_decides(client: AsyncClient, kind: str) -> None:
    response = await client.get("/text", params={"Content-Type": f"{kind}; charset=utf-8"})
    assert ("Content-Encoding" in response.headers, response.text) == (True, TEXT)


async def test_a_part_stays_as_it_is(client: AsyncClient) -> None:
    response = await client.get("/part")
    assert ("Content-Encoding" in response.headers, response.text) == (False, TEXT)


async def test_the_response_to_head_is_not_touched(client: AsyncClient) -> None:
    response = await client.head("/text")
    assert (response.content, response.headers["Content-Length"]) == (b"", str(len(TEXT)))
    assert "Content-Encoding" not in response.headers


@pytest.mark.parametrize(("etag", "sent"), [('"1"', 'W/"1"'), ('W/"1"', 'W/"1"')])
async def test_the_etag_of_a_compressed_response_is_weak(client: AsyncClient, etag: str, sent: str) -> None:
    assert (await client.get("/text", params={"ETag": etag})).headers["ETag"] == sent
    plain = await client.get("/text", params={"ETag": etag}, headers={"Accept-Encoding": "identity"})
    assert plain.headers["ETag"] == etag


async def test_each_piece_of_a_stream_is_sent_at_once(app: FastAPI, client: AsyncClient) -> None:
    encoding = client.headers["Accept-Encoding"]
    decoder, pieces = DECODERS[encoding](), list[bytes]()

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            assert (b"content-encoding", encoding.encode()) in message["headers"]
        elif piece := decoder.decompress(message["body"]):
            pieces.append(piece)

    async def receive() -> Message:
        return {"type": "http.request"}

    scope = {"type": "http", "asgi": {"spec_version": "2.4"}, "method": "GET", "path": "/stream", "query_string": b""}
    await app({**scope, "headers": [(b"accept-encoding", encoding.encode())]}, receive, send)
    assert pieces == [b"one ", b"two ", b"three"]


async def test_an_event_stream_is_not_compressed(client: AsyncClient) -> None:
    response = await client.get("/stream", params={"kind": "text/event-stream"})
    assert ("Content-Encoding" in response.headers, response.text) == (False, "one two three")


async def test_a_client_that_does_not_ask_gets_the_text_and_caches_are_told(app: FastAPI) -> None:
    async with ask(app) as client:
        response = await client.get("/text", headers={"Accept-Encoding": "br"})
    assert ("Content-Encoding" in response.headers, response.headers["Vary"]) == (False, "Accept-Encoding")


async def test_a_response_varies_by_its_origin_too() -> None:
    async with serving(router, given(cors_origins=["https://app.test"])) as client:
        response = await client.get("/text", headers={"Origin": "https://app.test"})
    assert {each.strip() for each in response.headers["Vary"].split(",")} == {"Accept-Encoding", "Origin"}


async def test_compression_can_be_switched_off() -> None:
    async with serving(router, given(Environment.DEVELOPMENT, compression=False)) as client:
        response = await client.get("/text")
    assert {"Content-Encoding", "Vary"} & {*response.headers} == set()


@pytest.mark.parametrize(
    ("accepted", "best"),
    [
        ("", None),
        ("identity", None),
        ("br", None),
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("GZIP;q=0.5, zstd; q=0.4", "gzip"),
        ("zstd;q=0, gzip", "gzip"),
        ("gzip;q=0", None),
        ("*", "zstd"),
        ("zstd;q=0, *;q=0.1", "gzip"),
        ("gzip;q=many", None),
    ],
)
def test_the_client_decides(accepted: str, best: str | None) -> None:
    assert best_encoding(accepted.encode()) == best
