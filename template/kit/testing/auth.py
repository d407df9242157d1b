"""Fixtures for users: `client` is a user with every scope, `as_user` any other user, and `anonymous` nobody."""

from asyncio import Lock
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Protocol

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from httpx2 import AsyncClient, Auth, Request, Response

from kit.auth import authenticated
from kit.auth.policies import routes_of
from kit.testing.service import ask

TokenOf = Callable[[str, Collection[str]], Awaitable[str]]


class AsUser(Protocol):
    """Returns a client of the service that sends the token of a user with these scopes."""

    def __call__(self, user_id: str = "ada", *, scopes: Collection[str] = ()) -> AsyncClient: ...


class LogIn(Auth):
    """Logs in before the first request that needs a user, so that a fixture that deletes everything may come later."""

    def __init__(self, app: FastAPI, log_in: Callable[[], Awaitable[str]]) -> None:
        self._app = app
        self._log_in = log_in
        self._lock = Lock()
        self._token: str | None = None

    async def async_auth_flow(self, request: Request) -> AsyncGenerator[Request, Response]:
        if "Authorization" not in request.headers and (self._token or needs_user(self._app, request)):
            async with self._lock:
                self._token = self._token or await self._log_in()
            request.headers.update(authorization(self._token))
        yield request


def needs_user(app: FastAPI, request: Request) -> bool:
    """Whether a request may be one that only users may send."""
    for context, route in zip(iter_route_contexts(app.routes), routes_of(app), strict=False):
        matches = context.path_regex and context.path_regex.match(request.url.path)
        if matches and request.method in (context.methods or ()):
            return authenticated in route.policies
    return True


def authorization(token: str) -> dict[str, str]:
    """Return the header that carries a token."""
    return {"Authorization": f"Bearer {token}"}


def scopes_of(app: FastAPI) -> frozenset[str]:
    """Return all scopes that the routes of an application name."""
    return frozenset(scope for route in routes_of(app) for scope in route.scopes)


@asynccontextmanager
async def clients(app: FastAPI, token_of: TokenOf) -> AsyncGenerator[AsUser]:
    """Yield what makes clients with such tokens, and close them."""
    async with AsyncExitStack() as stack:
        made: list[AsyncClient] = []

        def make(user_id: str = "ada", *, scopes: Collection[str] = ()) -> AsyncClient:
            made.append(ask(app, auth=LogIn(app, lambda: token_of(user_id, scopes))))
            return made[-1]

        yield make
        for each in made:
            stack.push_async_callback(each.aclose)


@pytest.fixture
async def as_user(app: FastAPI, token_of: TokenOf) -> AsyncGenerator[AsUser]:
    """Return what makes clients: `as_user(scopes={"items:read"})`."""
    async with clients(app, token_of) as make:
        yield make


@pytest.fixture
async def anonymous(app: FastAPI) -> AsyncGenerator[AsyncClient]:
    """Return a client without a token."""
    async with ask(app) as client:
        yield client


@pytest.fixture
async def client(app: FastAPI, client: AsyncClient, token_of: TokenOf) -> AsyncClient:
    """Return the client of all tests, logged in as a user with every scope that the routes name."""
    client.auth = LogIn(app, lambda: token_of("ada", scopes_of(app)))
    return client
