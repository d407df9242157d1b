"""The HTTP clients as dependencies of routes."""

from functools import cache
from typing import Annotated, Any

from fastapi import Depends
from fastapi.requests import HTTPConnection

from kit.http_client.client import HttpClient
from kit.http_client.clients import get_http_client


async def http_client(connection: HTTPConnection) -> HttpClient:
    """Return the client for any URL."""
    return get_http_client(connection.app)


@cache
def client_of(name: str) -> Any:
    """Return the dependency on the client of an upstream.

    Declare it as `prices: Annotated[HttpClient, client_of("prices")]`.
    """

    async def named_client(connection: HTTPConnection) -> HttpClient:
        return get_http_client(connection.app, name)

    return Depends(named_client)


HttpClientDep = Annotated[HttpClient, Depends(http_client)]
