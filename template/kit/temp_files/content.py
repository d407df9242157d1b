"""Content that arrives in pieces."""

from collections.abc import AsyncGenerator, AsyncIterable

from kit.temp_files.objects import PIECE


async def in_pieces(content: AsyncIterable[bytes]) -> AsyncGenerator[bytes]:
    """Join small pieces to pieces of about a megabyte, because each write costs a switch to a thread."""
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
