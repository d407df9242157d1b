"""A service whose passwords take little time, and calls of its routes."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from httpx2 import AsyncClient, Response

from kit.auth.accounts.settings import AccountsSettings
from kit.settings import BaseSettings, Settings
from kit.testing.auth import authorization
from kit.testing.service import ask, create_app, given
from kit.tests.auth.calls import router

PASSWORD = "correct horse battery"
FAST: dict[str, Any] = {"argon2_memory": 64, "argon2_iterations": 1, "argon2_lanes": 1}
WITHOUT_LIMITS: dict[str, Any] = {"rate_of_account": "100000/minute", "rate_of_address": "100000/minute"}


@asynccontextmanager
async def serving(*more: BaseSettings, **settings: Any) -> AsyncGenerator[FastAPI]:
    """Start a service with these settings, of accounts or of the whole service, and maybe others."""
    general = {name: settings.pop(name) for name in [*settings] if name in Settings.model_fields}
    app = create_app(given(**general), AccountsSettings(**{**FAST, **WITHOUT_LIMITS, **settings}), *more)
    app.include_router(router)
    async with app.router.lifespan_context(app):
        yield app


class Client:
    """Somebody who calls the routes of accounts."""

    def __init__(self, app: FastAPI, email: str = "ada@example.com", password: str = PASSWORD) -> None:
        self.http: AsyncClient = ask(app)
        self.email = email
        self.password = password
        self.tokens: dict[str, Any] = {}

    async def register(self, **changes: Any) -> Response:
        return await self.http.post("/auth/register", json=self._credentials(**changes))

    async def log_in(self, **changes: Any) -> Response:
        response = await self.http.post("/auth/login", json=self._credentials(**changes))
        if response.status_code == 200:
            self.tokens = response.json()
        return response

    async def refresh(self, token: str | None = None) -> Response:
        body = {"refresh_token": token or self.tokens["refresh_token"]}
        response = await self.http.post("/auth/refresh", json=body)
        if response.status_code == 200:
            self.tokens = response.json()
        return response

    async def post(self, path: str, token: str | None = None, **body: Any) -> Response:
        return await self.http.post(f"/auth/{path}", json=body, headers=self.headers(token))

    async def me(self, token: str | None = None) -> Response:
        return await self.http.get("/auth/me", headers=self.headers(token))

    def headers(self, token: str | None = None) -> dict[str, str]:
        return authorization(token or self.tokens["access_token"])

    def _credentials(self, **changes: Any) -> dict[str, Any]:
        return {"email": self.email, "password": self.password, **changes}


async def logged_in(app: FastAPI, email: str = "ada@example.com") -> Client:
    """Return somebody who has registered and logged in."""
    client = Client(app, email)
    registered = await client.register()
    assert registered.status_code in {201, 409}, registered.text
    response = await client.log_in()
    assert response.status_code == 200, response.text
    return client
