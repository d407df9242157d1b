"""Compresses responses for clients that accept it.

Starlette's responder for gzip does the work. Its middleware has no zstd, which takes less time for a smaller result,
does not read the qualities in `Accept-Encoding`, and compresses files that offer ranges under the same `ETag`.
"""

import asyncio
import re
import sys
from functools import lru_cache
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import GZipResponder, IdentityResponder
from starlette.types import ASGIApp, Message, Receive, Scope, Send

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MIN_SIZE = 1000  # bytes; what is smaller fits into a packet anyway
LARGE = 128 * 1024  # bytes that would block the event loop for longer than it takes to use a thread
GZIP_LEVEL = 4  # the next ones take much longer for a few bytes
TEXT = re.compile(
    r"text/(?!event-stream)|application/(x-)?(json|jsonl|ndjson|xml|javascript|yaml)\b|[^;]+\+(json|xml)\b"
)


class ZstdResponder(IdentityResponder):
    content_encoding = "zstd"
    _for_all = zstd.ZstdCompressor()  # for what comes in one piece: a new one takes longer than its work

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app, MIN_SIZE, exclude_content_types=())
        self._of_stream: zstd.ZstdCompressor | None = None

    async def send_with_compression(self, message: Message) -> None:
        # Of nothing, zstd makes nothing, which the base class would take for a response that is not compressed.
        if message.get("body") or not message.get("more_body"):
            await super().send_with_compression(message)

    async def apply_compression(self, body: bytes, *, more_body: bool) -> bytes:
        if not more_body and not self._of_stream and len(body) < LARGE:
            return self._for_all.compress(body, self._for_all.FLUSH_FRAME)
        compressor = self._of_stream = self._of_stream or zstd.ZstdCompressor()
        mode = compressor.FLUSH_BLOCK if more_body else compressor.FLUSH_FRAME
        if len(body) < LARGE:
            return compressor.compress(body, mode)
        return await asyncio.to_thread(compressor.compress, body, mode)


class CompressionMiddleware:
    """Compresses text of 1 kB and more, and what is streamed, with zstd or gzip."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] == "HEAD":
            await self._app(scope, receive, send)
            return
        await self._app(scope, receive, Answer(self._app, scope, send).send)


class Answer:
    """A response, which is compressed once its headers show that it pays."""

    __slots__ = ("_app", "_scope", "_send", "send_next")

    def __init__(self, app: ASGIApp, scope: Scope, send: Send) -> None:
        self._app, self._scope, self._send = app, scope, send
        self.send_next = send

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            is_worth_it = is_compressible(message)
            if is_worth_it and (responder := self._responder()):
                responder.send = self._send_compressed
                self.send_next = responder.send_with_compression
            elif is_worth_it or message["status"] == HTTPStatus.NOT_MODIFIED:
                # What a cache keeps is not for all clients.
                MutableHeaders(raw=message["headers"]).add_vary_header("Accept-Encoding")
        await self.send_next(message)

    def _responder(self) -> IdentityResponder | None:
        accepted = b",".join(value for name, value in self._scope["headers"] if name == b"accept-encoding")
        match best_encoding(accepted):
            case "zstd":
                return ZstdResponder(self._app)
            case "gzip":
                return GZipResponder(self._app, MIN_SIZE, GZIP_LEVEL, exclude_content_types=())
            case _:
                return None

    async def _send_compressed(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=message["headers"])
            # A strong one promises the same bytes.
            if "content-encoding" in headers and headers.get("etag", "").startswith('"'):
                headers["etag"] = f"W/{headers['etag']}"
        await self._send(message)


def is_compressible(start: Message) -> bool:
    """Return whether a response is text, large enough, whole, and not compressed yet.

    A client that resumes a download asks for a range of the bytes that it has: what offers ranges stays as it is.
    """
    # Most responses are small, and cost no more than this line.
    size = next((int(value) for name, value in start["headers"] if name == b"content-length"), MIN_SIZE)
    if size < MIN_SIZE:
        return False
    headers = Headers(raw=start["headers"])
    return (
        TEXT.match(headers.get("content-type", "")) is not None
        and not {"content-encoding", "content-range", "accept-ranges"} & {*headers.keys()}
        and "no-transform" not in headers.get("cache-control", "")
    )


@lru_cache(maxsize=128)  # there are about as many values as there are browsers
def best_encoding(accepted: bytes) -> str | None:
    """Return which of zstd and gzip the client likes best; zstd if it does not care, `None` if it accepts neither."""
    qualities = dict(_quality(part) for part in accepted.decode("latin-1").lower().split(","))
    found = {name: qualities.get(name, qualities.get("*", 0.0)) for name in ("zstd", "gzip")}
    best = max(found, key=found.__getitem__)
    return best if found[best] > 0 else None


def _quality(part: str) -> tuple[str, float]:
    name, _, quality = part.partition(";")
    found = re.fullmatch(r"\s*q\s*=\s*([01](\.[0-9]{0,3})?)\s*", quality)
    return name.strip(), float(found[1]) if found else 0.0 if quality else 1.0
