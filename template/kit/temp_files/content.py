"""Content that comes in pieces."""

from collections.abc import AsyncGenerator, AsyncIterable

from kit.temp_files.objects import PIECE


async def in_pieces(content: AsyncIterable[bytes]) -> AsyncGenerator[bytes]:
    """Join small pieces to some of a megabyte, because each one that is written costs the way to a thread."""
    parts: list[bytes] = []
    size = 0
    async for part in content:
        parts.append(part)
        size += len(part)
        if size >= PIECE:
            yield b"".join(parts)
            parts, size = [], 0
    if parts:
        yield b"".join(parts)
