"""Somebody with a browser, which sends the session cookie and says where a request comes from."""

from http.cookies import Morsel, SimpleCookie
from typing import Any

from fastapi import FastAPI
from httpx2 import AsyncClient, Response

from kit.auth.cookies.cookie import NAME
from kit.testing.service import ask
from kit.tests.auth.accounts.logging_in import PASSWORD, logged_in

OWN = "http://service.test"


class Browser:
    """A browser with a page of the service."""

    def __init__(self, app: FastAPI, name: str = NAME, origin: str = OWN) -> None:
        self.http: AsyncClient = ask(app)
        self.name = name
        self.origin = origin
        self.value: str | None = None
        self.morsel: Morsel[str] | None = None

    @property
    def headers(self) -> dict[str, str]:
        return {"Origin": self.origin} | ({"Cookie": f"{self.name}={self.value}"} if self.value else {})

    async def send(self, method: str, path: str, **body: Any) -> Response:
        response = await self.http.request(method, path, headers=self.headers, json=body or None)
        self.http.cookies.clear()
        if "Set-Cookie" in response.headers:
            ((name, self.morsel),) = SimpleCookie(response.headers["Set-Cookie"]).items()
            assert name == self.name
            self.value = self.morsel.value if self.morsel["max-age"] != "0" else None
        return response

    async def log_in(self, email: str = "ada@example.com", password: str = PASSWORD) -> Response:
        return await self.send("POST", "/auth/login/cookie", email=email, password=password)

    async def post(self, path: str, **body: Any) -> Response:
        return await self.send("POST", f"/auth/{path}", **body)

    async def me(self, value: str | None = None) -> int:
        """Return the status of a request that needs a user, with the cookie or with this one."""
        self.value = value or self.value
        return (await self.send("GET", "/auth/me")).status_code


async def browser_of(app: FastAPI, email: str = "ada@example.com") -> Browser:
    """Return the browser of somebody who has registered and logged in."""
    await logged_in(app, email)
    browser = Browser(app)
    response = await browser.log_in(email)
    assert response.status_code == 200, response.text
    return browser
