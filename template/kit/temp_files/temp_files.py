"""The public interface of the temporary files, the same in a folder and in a bucket."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import structlog
from fastapi import FastAPI
from obstore import Bytes
from pydantic import ValidationError
from structlog.typing import FilteringBoundLogger

from kit.errors import NotFoundException, ServiceUnavailableException
from kit.temp_files.content import in_pieces
from kit.temp_files.errors import FileTooLargeError
from kit.temp_files.file import Marker, TempFile, check_type, expiry_of, new_id, type_of
from kit.temp_files.folder import FolderObjects
from kit.temp_files.lease import Lease
from kit.temp_files.ledger import LedgerFile, LedgerObject
from kit.temp_files.names import check_name, numbered
from kit.temp_files.objects import MARKER, PIECE, Group, open_bucket
from kit.temp_files.settings import MEGABYTE, TempFilesSettings
from kit.temp_files.usage import Reservation, TotalUsage

Content = str | bytes | AsyncIterable[bytes]

log: FilteringBoundLogger = structlog.get_logger(__name__)


class TempFileService:
    """Files under names, each complete or absent, which expire after some days.

    An invalid name raises `FileNameError`, content beyond a limit `FileTooLargeError` or `TotalSizeError` (all are
    `ValueError`s), a missing file `NotFoundException`, a full disk `NoSpaceError` and a bucket that is away
    `ServiceUnavailableException`.
    """

    def __init__(self, settings: TempFilesSettings) -> None:
        self.settings = settings
        folder = settings.folder
        self.objects = FolderObjects(folder) if folder else open_bucket(settings)
        ledger = LedgerFile(folder) if folder else LedgerObject(self.objects.store)
        self.usage = TotalUsage(settings.max_total_size, ledger, self._count)

    async def save(
        self, name: str, content: Content, *, content_type: str | None = None, expires_in: timedelta | None = None
    ) -> str:
        """Save a file and return its name: the one given, or one with a number before its suffix if that is taken.

        Text is read back as text. The pieces of an iterator are written as they arrive, and are never all in memory.
        The file exists once this returns; if this fails or is cancelled, nothing is left. The file expires after
        `TEMP_FILES_RETENTION_DAYS`, or after `expires_in`.
        """
        wanted = check_name(name)
        is_text = isinstance(content, str)
        chosen = check_type(content_type or type_of(wanted, is_text=is_text))
        marker = Marker(id=new_id(expires_in), is_text=is_text, content_type=chosen)
        data = content.encode() if isinstance(content, str) else content
        taken = await self._take(wanted, marker)
        try:
            async with Lease(self.objects, taken) as lease, self.usage.reservation(taken) as reservation:
                await self._write(taken, marker, data, reservation)
                if lease.has_lapsed:
                    await self._check_still_ours(taken, marker)
        except BaseException:
            await asyncio.shield(self._withdraw(taken, marker))
            raise
        return taken

    async def read(self, name: str) -> str | bytes:
        """Return the whole content: text if text was saved, otherwise bytes."""
        file = await self.stat(name)
        content = b"".join([piece async for piece in self._pieces(file, 0, file.size, file.size)])
        return content.decode() if file.is_text else content

    async def stream(self, file: str | TempFile, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes]:
        """Yield the content in pieces, from byte `start` up to but not including `end`."""
        found = await self.stat(file) if isinstance(file, str) else file
        async for piece in self._pieces(found, start, found.size if end is None else end):
            yield bytes(piece)

    async def stat(self, name: str) -> TempFile:
        """Return the metadata of a file, without reading its content."""
        kept = check_name(name)
        marker = await self._find_marker(kept)
        if marker:
            with suppress(FileNotFoundError):
                content = await self.objects.head(kept, marker.id)
                expires_at = expiry_of(marker.id, content.modified, self.settings.retention)
                if not expires_at or expires_at > datetime.now(UTC):
                    known = marker.model_dump()
                    return TempFile(kept, content.size, saved_at=content.modified, expires_at=expires_at, **known)
        raise NotFoundException("File", kept)

    async def delete(self, name: str) -> bool:
        """Delete a file, and return whether it existed; reads that have begun can go on."""
        try:
            file = await self.stat(name)
        except NotFoundException:
            return False
        await self.objects.delete(file.name, [MARKER, file.id])
        await self.usage.forget(file.id, file.size)
        return True

    async def list(self) -> AsyncGenerator[str]:
        """Yield the names of all files, in no order; do not call this for each request: it looks at every file."""
        async for group in self.objects.groups():
            if group.is_complete and not self.has_expired(group, datetime.now(UTC)):
                yield group.name

    async def ping(self) -> None:
        """Check that the folder or the bucket can be reached; raise an error if not."""
        await self.objects.ping()

    def has_expired(self, group: Group, now: datetime) -> bool:
        """Return whether all contents below a name have expired."""
        expiries = [expiry_of(each.key, each.modified, self.settings.retention) for each in group.contents]
        return all(expiry is not None and expiry <= now for expiry in expiries)

    async def _take(self, name: str, marker: Marker) -> str:
        """Claim the name, or one with a free number, by writing a marker that only one process can write."""
        text = marker.model_dump_json().encode()
        number = 0
        while not await self.objects.create(numbered(name, number), MARKER, text):
            number = number + 1 if number else await self._free_number(name)
        return numbered(name, number)

    async def _free_number(self, name: str) -> int:
        """Return a free number, found in few steps even if many are taken."""
        low, high = 0, 1
        while await self.objects.exists(numbered(name, high), MARKER):
            low, high = high, high * 2
        while high - low > 1:
            middle = (low + high) // 2
            if await self.objects.exists(numbered(name, middle), MARKER):
                low = middle
            else:
                high = middle
        return high

    async def _write(
        self, name: str, marker: Marker, content: bytes | AsyncIterable[bytes], reservation: Reservation
    ) -> None:
        if isinstance(content, bytes):
            await self._grow(name, reservation, len(content), is_all=True)
            await self.objects.put(name, marker.id, content)
            return

        async def counted() -> AsyncGenerator[bytes]:
            async for piece in in_pieces(content):
                await self._grow(name, reservation, reservation.size + len(piece))
                yield piece

        await self.objects.write(name, marker.id, counted())

    async def _grow(self, name: str, reservation: Reservation, size: int, *, is_all: bool = False) -> None:
        self.check_size(name, size)
        await reservation.grow(size, is_all=is_all)

    def check_size(self, name: str, size: int) -> None:
        """Raise `FileTooLargeError` for a size above the limit, which may be lower than when a file was saved."""
        limit = self.settings.max_file_size
        if limit and size > limit:
            log.error("temporary file is too large", name=name, limit=limit)
            raise FileTooLargeError(f"A temporary file may have at most {limit // MEGABYTE} MB; this one has more")

    async def _find_marker(self, name: str) -> Marker | None:
        with suppress(FileNotFoundError, ValidationError):
            return Marker.model_validate_json(bytes(await self.objects.read(name, MARKER)))
        return None

    async def _pieces(self, file: TempFile, start: int, end: int, size: int = PIECE) -> AsyncGenerator[Bytes | bytes]:
        self.check_size(file.name, file.size)
        try:
            async with Lease(self.objects, file.name):
                async for piece in self.objects.pieces(file.name, file.id, start, end, size=size):
                    yield piece
        except FileNotFoundError:
            raise NotFoundException("File", file.name) from None

    async def _check_still_ours(self, name: str, marker: Marker) -> None:
        if await self._find_marker(name) != marker:
            raise ServiceUnavailableException("Saving the file paused for so long that it was given up")

    async def _withdraw(self, name: str, marker: Marker) -> None:
        """Undo a save that failed, except for a marker that now belongs to another file."""
        is_ours = await self._find_marker(name) == marker
        await self.objects.delete(name, [marker.id, *([MARKER] if is_ours else [])])

    async def _count(self) -> int:
        return sum([each.size async for group in self.objects.groups() for each in group.contents])


def get_temp_files(app: FastAPI) -> TempFileService:
    """Return the temporary files of a running service."""
    return app.state.temp_files
