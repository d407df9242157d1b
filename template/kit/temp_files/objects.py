"""How files are stored: below the name of each one are a marker, its content, and the leases on it."""

import atexit
import re
import time
from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

from obstore import Bytes, open_writer_async
from obstore.exceptions import AlreadyExistsError
from obstore.store import ObjectStore, S3Store

from kit.temp_files.errors import SymlinkError, translated_errors
from kit.temp_files.settings import TempFilesSettings

if TYPE_CHECKING:
    from obstore import ObjectMeta

MARKER = "name"  # claims the name, and holds the id of the content that belongs to it
CONTENT = re.compile(r"[0-9a-f]{16}(\.\d{1,14})?")  # a random part, and the time in milliseconds at which it expires
PIECE = 2**20
PART = 5 * 2**20  # the smallest that S3 accepts
LISTED_AT_ONCE = 1000

# Let Python exit a moment later: it is aborted if a thread of obstore still calls it at that time
# (PyO3/pyo3-async-runtimes#40).
atexit.register(time.sleep, 0.1)


@dataclass(frozen=True)
class Part:
    """One object below the name of a file."""

    key: str
    size: int
    modified: datetime


@dataclass(frozen=True)
class Group:
    """All objects below one name."""

    name: str
    parts: list[Part]

    @property
    def keys(self) -> list[str]:
        return [part.key for part in self.parts]

    @property
    def contents(self) -> list[Part]:
        return [part for part in self.parts if CONTENT.fullmatch(part.key)]

    @property
    def is_complete(self) -> bool:
        return MARKER in self.keys and bool(self.contents)


class Objects:
    """The objects of all files. A missing one raises `FileNotFoundError`; each is complete or absent."""

    parts_at_once = 2

    def __init__(self, store: ObjectStore) -> None:
        self.store = store

    def path(self, name: str, key: str) -> str:
        """Return the path of an object, below that of its file."""
        return f"files/{name}/{key}"

    async def create(self, name: str, key: str, content: bytes) -> bool:
        """Write an object unless it exists, and return whether it was written; of concurrent calls, one writes."""
        with translated_errors():
            try:
                await self.store.put_async(self.path(name, key), content, mode="create")
            except (AlreadyExistsError, SymlinkError):
                return False
        return True

    async def put(self, name: str, key: str, content: bytes) -> None:
        """Write an object, and overwrite an existing one."""
        with translated_errors():
            await self.store.put_async(
                self.path(name, key), content, chunk_size=PART, max_concurrency=self.parts_at_once
            )

    async def write(self, name: str, key: str, content: AsyncIterable[bytes]) -> None:
        """Write an object from pieces, as they arrive; if it fails or is cancelled, nothing is left."""
        # Not `put_async`, which also takes an iterator: when it is cancelled, it does not close the iterator.
        writer = open_writer_async(
            self.store, self.path(name, key), buffer_size=PART, max_concurrency=self.parts_at_once
        )
        with translated_errors():
            async with writer:
                async for piece in content:
                    await writer.write(piece)

    async def exists(self, name: str, key: str) -> bool:
        with suppress(FileNotFoundError):
            return bool(await self.head(name, key))
        return False

    async def head(self, name: str, key: str) -> Part:
        with translated_errors():
            return _part(key, await self.store.head_async(self.path(name, key)))

    async def read(self, name: str, key: str) -> Bytes:
        with translated_errors():
            return await (await self.store.get_async(self.path(name, key))).bytes_async()

    async def pieces(
        self, name: str, key: str, start: int, end: int, *, size: int = PIECE
    ) -> AsyncGenerator[Bytes | bytes]:
        """Yield the bytes from `start` up to but not including `end`, in pieces of about `size` bytes."""
        with translated_errors():
            if start < end:
                answer = await self.store.get_async(self.path(name, key), options={"range": (start, end)})
                async for piece in answer.stream(size):
                    yield piece

    async def delete(self, name: str, keys: Iterable[str]) -> None:
        """Delete objects of one file; missing ones are ignored."""
        with translated_errors():
            await self.store.delete_async([self.path(name, key) for key in keys])

    async def groups(self) -> AsyncGenerator[Group]:
        """Yield everything that is stored, name by name."""
        group = Group("", [])
        with translated_errors():
            async for metas in self._list():
                for meta in metas:
                    name, _, key = meta["path"].removeprefix("files/").partition("/")
                    if name != group.name:
                        if group.parts:
                            yield group
                        group = Group(name, [])
                    group.parts.append(_part(key, meta))
        if group.parts:
            yield group

    async def ping(self) -> None:
        """Check that the folder or the bucket can be reached; raise an error if not."""
        with translated_errors(), suppress(FileNotFoundError):
            await self.store.head_async("clock")

    async def now(self) -> datetime:
        """Return the time of the clock that dates the objects."""
        with translated_errors():
            await self.store.put_async("clock", b"")
            return (await self.store.head_async("clock"))["last_modified"]

    def _list(self) -> AsyncIterable[Sequence["ObjectMeta"]]:
        # The types of its other return values come from a library that is not installed.
        return self.store.list_async("files", chunk_size=LISTED_AT_ONCE)  # pyright: ignore[reportUnknownMemberType]


def open_bucket(settings: TempFilesSettings) -> Objects:
    """Open the bucket of an `s3:` URL; its query has obstore's options, and `AWS_…` sets those that it lacks."""
    url = settings.parts
    options: dict[str, str] = dict(parse_qsl(url.query))
    if url.username and url.password:
        options |= {"access_key_id": unquote(url.username), "secret_access_key": unquote(url.password)}
    store = S3Store(
        url.hostname,
        prefix=unquote(url.path).strip("/") or None,
        config=options,  # pyright: ignore[reportArgumentType] - obstore refuses unknown options
        # A download may take as long as its client needs; only a single read must not take long.
        client_options={"timeout": "1day", "read_timeout": "30s", "allow_http": True},
        retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=30)},
    )
    return Objects(store)


def _part(key: str, meta: "ObjectMeta") -> Part:
    return Part(key, meta["size"], meta["last_modified"])
