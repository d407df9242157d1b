"""An upstream for tests: a server on a real socket that can fail in several ways."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pydantic import SecretStr

from kit.http_client import HttpClient
from kit.http_client.clients import HttpClients
from kit.http_client.settings import HttpClientSettings, Upstream, UpstreamsSettings

Behaviour = Callable[[asyncio.StreamWriter], Awaitable[None]]


class Server:
    """Handles each request with the next behaviour of `plan`, repeating the last one, and records the requests."""

    def __init__(self) -> None:
        self.plan: list[Behaviour] = [answer()]
        self.requests: list[str] = []
        self.url = ""
        self.connections: list[asyncio.Task[None]] = []

    @asynccontextmanager
    async def listening(self) -> AsyncGenerator[None]:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield
        server.close()
        for task in self.connections:
            task.cancel()
        await asyncio.gather(*self.connections, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.append(asyncio.create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while not writer.is_closing():
                self.requests.append((await reader.readuntil(b"\r\n\r\n")).decode())
                await (self.plan.pop(0) if len(self.plan) > 1 else self.plan[0])(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client disconnected
        finally:
            writer.close()


def answer(status: int = 200, body: str = "{}", **headers: str) -> Behaviour:
    async def behave(writer: asyncio.StreamWriter) -> None:
        lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items()]
        writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n{''.join(lines)}\r\n{body}".encode())

    return behave


async def hang(_writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def stop_in_the_middle(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\n{")
    await asyncio.Event().wait()


async def reset(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


@pytest.fixture
async def server() -> AsyncGenerator[Server]:
    server = Server()
    async with server.listening():
        yield server


@pytest.fixture
def refusing_url() -> Generator[str]:
    """Yield a URL whose port is reserved, but where nothing listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


def calling(
    url: str, upstream: dict[str, Any] | None = None, **settings: Any
) -> tuple[HttpClientSettings, UpstreamsSettings]:
    """Return settings with the upstream `prices` at this URL, and with short waits between retries."""
    prices = Upstream(url=SecretStr(url), **(upstream or {}))
    quick: dict[str, Any] = {"retry_wait": 0.001, "retry_max_wait": 0.2}
    return HttpClientSettings(**quick | settings), UpstreamsSettings(upstreams={"prices": prices})


@asynccontextmanager
async def clients_at(url: str, upstream: dict[str, Any] | None = None, **settings: Any) -> AsyncGenerator[HttpClients]:
    """Open the clients of a service with these settings, without the service."""
    client, upstreams = calling(url, upstream, **settings)
    clients = HttpClients(client, upstreams.upstreams)
    try:
        yield clients
    finally:
        await clients.close()


@asynccontextmanager
async def prices_at(url: str, upstream: dict[str, Any] | None = None, **settings: Any) -> AsyncGenerator[HttpClient]:
    """Open the clients, and yield the client of the upstream `prices`."""
    async with clients_at(url, upstream, **settings) as clients:
        yield clients.by_name["prices"]
