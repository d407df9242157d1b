"""Clients for routes."""

from functools import cache
from typing import Annotated, Any

from fastapi import Depends
from fastapi.requests import HTTPConnection

from kit.http_client.client import HttpClient
from kit.http_client.clients import get_http_client


async def http_client(connection: HTTPConnection) -> HttpClient:
    """Give the client that calls any host."""
    return get_http_client(connection.app)


@cache
def client_of(name: str) -> Any:
    """Make the dependency on the client of the upstream of this name."""

    async def named_client(connection: HTTPConnection) -> HttpClient:
        return get_http_client(connection.app, name)

    return Depends(named_client)


HttpClientDep = Annotated[HttpClient, Depends(http_client)]
