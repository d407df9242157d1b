"""A file in the body of a request, read as it arrives: the body itself, or the first file of a form."""

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Generator
from contextlib import contextmanager
from dataclasses import dataclass

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from kit.errors import BadRequestException


@dataclass(frozen=True)
class Upload:
    """A file that is still arriving; its content can be read once, while the request runs."""

    name: str | None
    content_type: str | None
    content: AsyncIterator[bytes]


async def read_upload(request: Request) -> Upload:
    """Read the body up to the beginning of its file; raise `BadRequestException` if a form has none."""
    header = request.headers.get("content-type")
    content_type, options = parse_options_header(header)
    if content_type != b"multipart/form-data":
        return Upload(None, header, request.stream())
    return await _Form(request.stream(), options.get(b"boundary", b"")).first_file()


class _Form:
    """Skips all parts of a form except the first that has a file name."""

    def __init__(self, body: AsyncGenerator[bytes], boundary: bytes) -> None:
        self._body = body
        self._headers: list[tuple[bytes, bytes]] = []
        self._field = self._value = b""
        self._file: Upload | None = None
        self._pieces = deque[bytes]()
        self._is_over = False
        with _translated_errors():
            self._parser = MultipartParser(
                boundary,
                {
                    "on_header_field": self._on_header_field,
                    "on_header_value": self._on_header_value,
                    "on_header_end": self._on_header_end,
                    "on_headers_finished": self._on_headers_finished,
                    "on_part_data": self._on_part_data,
                    "on_part_end": self._on_part_end,
                },
            )

    async def first_file(self) -> Upload:
        while not self._file:
            await self._read("The form has no file")
        return self._file

    async def _content(self) -> AsyncGenerator[bytes]:
        while True:
            while self._pieces:
                yield self._pieces.popleft()
            if self._is_over:
                return
            await self._read("The form ends in the middle of its file")

    async def _read(self, fault: str) -> None:
        if (body := await anext(self._body, None)) is None:
            raise BadRequestException(fault)
        with _translated_errors():
            self._parser.write(body)

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        self._headers.append((self._field.lower(), self._value))
        self._field = self._value = b""

    def _on_headers_finished(self) -> None:
        headers = dict(self._headers)
        self._headers = []
        name = parse_options_header(headers.get(b"content-disposition"))[1].get(b"filename")
        if name and not self._file:
            content_type = headers.get(b"content-type", b"").decode("latin-1") or None
            self._file = Upload(name.decode(errors="surrogateescape"), content_type, self._content())

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._file and not self._is_over:
            self._pieces.append(data[start:end])

    def _on_part_end(self) -> None:
        self._is_over = self._file is not None


@contextmanager
def _translated_errors() -> Generator[None]:
    try:
        yield
    except FormParserError as error:
        raise BadRequestException("The form cannot be read") from error
