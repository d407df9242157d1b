"""Content for the tests of temporary files."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable

from kit.temp_files import TempFileService


async def pieces(*parts: bytes) -> AsyncGenerator[bytes]:
    for part in parts:
        yield part


async def failing(*parts: bytes) -> AsyncGenerator[bytes]:
    for part in parts:
        yield part
    raise ConnectionResetError("the client went away")


async def stalled(begun: asyncio.Event, go_on: asyncio.Event) -> AsyncGenerator[bytes]:
    """Yield a piece that is written at once, wait, and yield another."""
    yield b"x" * 6 * 2**20
    begun.set()
    await go_on.wait()
    yield b"y"


async def joined(content: AsyncIterable[bytes]) -> bytes:
    return b"".join([piece async for piece in content])


async def kept(files: TempFileService) -> list[str]:
    """Return the names of all files; everything that is stored must belong to one of them."""
    groups = [group async for group in files.objects.groups() if group.parts]
    assert all(len(group.parts) == 2 for group in groups), groups
    names = sorted([name async for name in files.list()])
    assert names == sorted(group.name for group in groups)
    return names


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait for a change in a folder or a bucket, which send no event."""
    async with asyncio.timeout(20):
        while not await condition():  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.01)


async def is_empty(files: TempFileService) -> bool:
    return not [group async for group in files.objects.groups()]
