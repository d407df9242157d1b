"""Files in a folder: what obstore cannot do there, or does slowly."""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Generator, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from obstore import Bytes
from obstore.store import LocalStore

from kit.temp_files.errors import SymlinkError, translated_errors
from kit.temp_files.objects import PIECE, Group, Objects, Part
from kit.temp_files.partial import PartialFile

LISTED_AT_ONCE = 100


class FolderObjects(Objects):
    """Objects that are files; symbolic links are never followed."""

    parts_at_once = 1  # two on one disk slow each other down

    def __init__(self, folder: Path) -> None:
        (folder / "files").mkdir(mode=0o700, parents=True, exist_ok=True)
        super().__init__(LocalStore(folder))
        self._files = folder / "files"

    def path(self, name: str, key: str) -> str:
        folder = self._files / name
        if folder.is_symlink() or (folder / key).is_symlink():
            raise SymlinkError(f"{folder} is a symbolic link or contains one")
        return super().path(name, key)

    async def write(self, name: str, key: str, content: AsyncIterable[bytes]) -> None:
        # Not obstore's writer, which copies each piece. A thread writes one piece while the next one arrives.
        self.path(name, key)
        file = PartialFile(self._files / name / key)
        writing: asyncio.Task[None] = asyncio.create_task(asyncio.sleep(0))
        try:
            async for piece in content:
                await writing
                writing = asyncio.create_task(_in_thread(file.write, piece))
            await writing
            await _in_thread(file.finish)
        except BaseException:
            writing.cancel()
            await asyncio.shield(_in_thread(file.give_up))
            raise

    async def pieces(
        self, name: str, key: str, start: int, end: int, *, size: int = PIECE
    ) -> AsyncGenerator[Bytes | bytes]:
        # Not obstore's stream, which switches to a thread every 8 KiB. An open file can be read after it is deleted.
        self.path(name, key)
        with await asyncio.to_thread((self._files / name / key).open, "rb", 0) as file:
            file.seek(start)
            while start < end and (piece := await asyncio.to_thread(file.read, min(size, end - start))):
                start += len(piece)
                yield piece

    async def delete(self, name: str, keys: Iterable[str]) -> None:
        await asyncio.to_thread(self._delete, self._files / name, list(keys))

    async def groups(self) -> AsyncGenerator[Group]:
        # Not obstore's list, which follows links, fails on circular ones, and does not see the partial files that a
        # killed process has left.
        groups = self._walk()
        while some := await asyncio.to_thread(list[Group], islice(groups, LISTED_AT_ONCE)):
            for group in some:
                yield group

    def _delete(self, folder: Path, keys: list[str]) -> None:
        for key in keys:
            (folder / key).unlink(missing_ok=True)
        with suppress(OSError):  # it is not empty, or another process was faster
            folder.rmdir()

    def _walk(self) -> Generator[Group]:
        with os.scandir(self._files) as folders:
            for folder in folders:
                if folder.is_dir(follow_symlinks=False):
                    with suppress(FileNotFoundError):  # it was deleted meanwhile
                        yield Group(folder.name, list(_parts(folder)))


async def _in_thread(work: Callable[..., object], *arguments: Any) -> None:
    with translated_errors(of_content=False):
        await asyncio.to_thread(work, *arguments)


def _parts(folder: os.DirEntry[str]) -> Generator[Part]:
    with os.scandir(folder) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                status = entry.stat(follow_symlinks=False)
                if entry.is_file(follow_symlinks=False):
                    yield Part(entry.name, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC))
