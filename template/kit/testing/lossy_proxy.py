"""A way to a server that can lose an answer."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager


class LossyProxy:
    """Passes all data on; after `lose_next`, it drops the next answer and closes its connection."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._loses = False

    def lose_next(self) -> None:
        self._loses = True

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[int]:
        """Yield the port that leads through the proxy."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        async with server:
            yield server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, requests = await asyncio.open_connection(*self._server)
        passing = asyncio.create_task(_pass_on(reader, requests))
        while data := await answers.read(65_536):
            if self._loses:
                self._loses = False
                break
            writer.write(data)
        passing.cancel()
        for each in (writer, requests):
            each.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
    writer.close()
