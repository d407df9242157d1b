"""Streams a file or a range of it as a download, which browsers do not display as a page of the service."""

import re
from urllib.parse import quote

from fastapi import HTTPException, Request
from fastapi.responses import Response, StreamingResponse

from kit.temp_files.file import TempFile
from kit.temp_files.temp_files import TempFileService

RANGE = re.compile(r"bytes=(?:([0-9]{1,18})-([0-9]{0,18})|-([0-9]{1,18}))")
RANGE_NOT_SATISFIABLE = 416
UNSAFE = re.compile(r"[^A-Za-z0-9 ._()-]")


async def download(files: TempFileService, name: str, request: Request) -> Response:
    """Return a response with a file, or with the range of it that the request asks for.

    Its headers tell the client to save the file under its name, and not to guess its type. A client that has the file
    gets 304. A missing file raises `NotFoundException`, one above the limit `FileTooLargeError`; a range beyond the end
    of the file is answered with 416.
    """
    file = await files.stat(name)
    files.check_size(file.name, file.size)
    if _client_has(file, request):
        return Response(status_code=304, headers={"ETag": _etag(file)})
    start, end = _asked_range(file, request)
    headers = {
        "Accept-Ranges": "bytes",
        "Content-Disposition": content_disposition(file.name),
        "Content-Length": str(end - start),
        "Content-Type": _charset(file),
        "ETag": _etag(file),
        "X-Content-Type-Options": "nosniff",
    }
    is_part = end - start < file.size
    if is_part:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{file.size}"
    if request.method == "HEAD":
        return Response(headers=headers)
    return StreamingResponse(files.stream(file, start, end), 206 if is_part else 200, headers)


def content_disposition(name: str) -> str:
    """Return the header that makes a client save the file under its name, as in RFC 6266 and RFC 8187."""
    plain = UNSAFE.sub("_", name)
    extended = "" if plain == name else f"; filename*=UTF-8''{quote(name, safe='')}"
    return f'attachment; filename="{plain}"{extended}'


def _client_has(file: TempFile, request: Request) -> bool:
    """Return whether the request names the version of the file that the client has, and it is this one."""
    known = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    return _etag(file) in known or known == ["*"]


def _asked_range(file: TempFile, request: Request) -> tuple[int, int]:
    """Return the requested range; several ranges, or a range of another version, mean the whole file."""
    found = RANGE.fullmatch(request.headers.get("range", "") if request.method != "HEAD" else "")
    if not found or request.headers.get("if-range", _etag(file)) != _etag(file):
        return 0, file.size
    first, last, length = (int(number) if number else None for number in found.groups())
    start = max(0, file.size - (length or 0)) if first is None else first
    end = file.size if last is None else min(last + 1, file.size)
    if last is not None and last < start:
        return 0, file.size
    if start >= end:
        fault = f"The range is beyond the end of the file, which has {file.size} bytes"
        raise HTTPException(RANGE_NOT_SATISFIABLE, fault, {"Content-Range": f"bytes */{file.size}"})
    return start, end


def _charset(file: TempFile) -> str:
    is_plain = file.is_text and "charset" not in file.content_type
    return f"{file.content_type}; charset=utf-8" if is_plain else file.content_type


def _etag(file: TempFile) -> str:
    return f'"{file.id}"'
