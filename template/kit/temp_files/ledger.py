"""A short text that processes change one after the other: beside the files on a disk, or in their bucket."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import portalocker
from obstore.exceptions import AlreadyExistsError, PreconditionError
from obstore.store import ObjectStore

from kit.temp_files.errors import translated_errors

Change = Callable[[bytes | None], bytes]


class Ledger(ABC):
    """A text that is replaced as a whole; `None` means that it has not been written yet."""

    @abstractmethod
    async def read(self) -> bytes | None: ...

    @abstractmethod
    async def change(self, change: Change) -> None:
        """Replace the text with the result of `change`; no other process changes it meanwhile."""

    @abstractmethod
    async def remove(self) -> None: ...


class LedgerFile(Ledger):
    """A file that is replaced as a whole, by the one process that holds the lock beside it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "usage.json"

    async def read(self) -> bytes | None:
        return await asyncio.to_thread(self._read)

    async def change(self, change: Change) -> None:
        await asyncio.to_thread(self._change, change)

    async def remove(self) -> None:
        await asyncio.to_thread(self._path.unlink, missing_ok=True)

    def _read(self) -> bytes | None:
        with suppress(FileNotFoundError):
            return self._path.read_bytes()
        return None

    def _change(self, change: Change) -> None:
        with translated_errors(), portalocker.Lock(self._path.with_suffix(".lock"), flags=portalocker.LOCK_EX):
            new = self._path.with_suffix(".new")
            new.write_bytes(change(self._read()))
            new.replace(self._path)


class LedgerObject(Ledger):
    """An object that is replaced only if it is still the one that was read."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def read(self) -> bytes | None:
        return (await self._read())[0]

    async def change(self, change: Change) -> None:
        while True:
            text, tag = await self._read()
            new = change(text)
            with translated_errors(), suppress(PreconditionError, AlreadyExistsError):  # another process was faster
                await self._store.put_async("usage.json", new, mode={"e_tag": tag} if tag else "create")
                return

    async def remove(self) -> None:
        with translated_errors():
            await self._store.delete_async("usage.json")

    async def _read(self) -> tuple[bytes | None, str | None]:
        with translated_errors():
            try:
                found = await self._store.get_async("usage.json")
            except FileNotFoundError:
                return None, None
            return bytes(await found.bytes_async()), found.meta["e_tag"]
