"""Attacks from other origins: a page makes a browser send the cookie of the service."""

from collections.abc import AsyncGenerator

import pytest
from fastapi import FastAPI
from httpx2 import Response

from kit.auth.cookies.cookie import NAME
from kit.auth.cookies.origins import SAFE_METHODS
from kit.tests.auth.accounts.cookies.browsing import OWN, Browser, browser_of
from kit.tests.auth.accounts.logging_in import PASSWORD, logged_in, serving
from kit.tests.auth.calls import connect
from kit.tests.auth.operations import protected

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]

FRONT_END = "https://app.service.test"
OTHERS: dict[str, dict[str, str]] = {
    "another site": {"Origin": "https://evil.test"},
    "null": {"Origin": "null"},
    "missing": {},
    "empty": {"Origin": ""},
    "a subdomain": {"Origin": "http://a.service.test"},
    "the domain above": {"Origin": "http://test"},
    "another port": {"Origin": "http://service.test:8080"},
    "another scheme": {"Origin": "https://service.test"},
    "a longer name": {"Origin": "http://service.test.evil.test"},
    "a name that ends alike": {"Origin": "http://evilservice.test"},
    "ours as a user": {"Origin": "http://service.test@evil.test"},
    "with a path": {"Origin": "http://service.test/"},
    "several": {"Origin": "http://service.test https://evil.test"},
    "a star": {"Origin": "*"},
    "a trusted one with a port": {"Origin": f"{FRONT_END}:8443"},
    "a forwarded host": {"Origin": "https://evil.test", "X-Forwarded-Host": "evil.test", "Forwarded": "host=evil.test"},
    "a forwarded scheme": {"Origin": "https://service.test", "X-Forwarded-Proto": "https"},
    "a referer of ours": {"Origin": "https://evil.test", "Referer": f"{OWN}/page"},
    "no origin, a referer of ours": {"Referer": f"{OWN}/page"},
    "ours, which the browser denies": {"Origin": OWN, "Sec-Fetch-Site": "cross-site"},
    "ours, from the same site": {"Origin": OWN, "Sec-Fetch-Site": "same-site"},
    "only the site": {"Sec-Fetch-Site": "cross-site"},
    "null, from the same site": {"Origin": "null", "Sec-Fetch-Site": "same-site"},
    "no page": {"Sec-Fetch-Site": "none"},
    "another, and no page": {"Origin": "https://evil.test", "Sec-Fetch-Site": "none"},
}
OURS: dict[str, dict[str, str]] = {
    "this origin": {"Origin": OWN},
    "this origin with its port": {"Origin": OWN, "Host": "service.test:80"},
    "this origin in capitals": {"Origin": OWN, "Host": "Service.TEST"},
    "as the browser says": {"Origin": OWN, "Sec-Fetch-Site": "same-origin"},
    "a form of a page without referrers": {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
    "behind a proxy that changes the host": {"Origin": "https://shop.test", "Sec-Fetch-Site": "same-origin"},
    "a trusted origin": {"Origin": FRONT_END},
    "a trusted origin, as the browser says": {"Origin": FRONT_END, "Sec-Fetch-Site": "same-site"},
}
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain", "application/json", "")


@pytest.fixture(scope="module")
async def app() -> AsyncGenerator[FastAPI]:
    async with serving(cors_origins=(FRONT_END,)) as app:
        yield app


def of(headers: dict[str, str], browser: Browser) -> dict[str, str]:
    return {**headers, "Cookie": f"{NAME}={browser.value}"}


async def log_in(browser: Browser, **headers: str) -> Response:
    credentials = {"email": "ada@example.com", "password": PASSWORD}
    return await browser.http.post("/auth/login/cookie", json=credentials, headers=headers)


@pytest.mark.parametrize("kind", OTHERS)
async def test_every_operation_that_may_change_something_refuses(kind: str, app: FastAPI, browser: Browser) -> None:
    for operation in protected(app):
        response = await operation.call(browser.http, None, **of(OTHERS[kind], browser))
        if operation.method not in SAFE_METHODS:
            assert (response.status_code, response.json()["error"]["code"]) == (403, "FORBIDDEN"), operation
            assert "session cookie" in response.json()["error"]["message"], operation
    assert await browser.me() == 200


@pytest.mark.parametrize("content_type", FORMS)
async def test_no_content_type_gets_through(content_type: str, browser: Browser) -> None:
    for others in OTHERS.values():
        headers = of(others, browser) | ({"Content-Type": content_type} if content_type else {})
        for path, body in (("/auth/logout-everywhere", b""), ("/auth/api-keys", b'{"name": "a"}')):
            response = await browser.http.post(path, content=body, headers=headers)
            assert (response.status_code, response.json()["error"]["code"]) == (403, "FORBIDDEN"), others
    assert await browser.me() == 200


@pytest.mark.parametrize("kind", OTHERS)
async def test_nobody_is_logged_in_from_there(kind: str, app: FastAPI) -> None:
    browser = await browser_of(app)
    response = await log_in(browser, **OTHERS[kind])
    assert (response.status_code, "Set-Cookie" in response.headers) == (403, False)


@pytest.mark.parametrize("kind", OTHERS)
async def test_a_websocket_is_refused(kind: str, app: FastAPI, browser: Browser) -> None:
    headers = {"Host": "service.test", **of(OTHERS[kind], browser)}
    assert [each.get("code") for each in await connect(app, "/trial/open", **headers)] == [1008]


@pytest.mark.parametrize("kind", OURS)
async def test_pages_of_ours_may_do_all_this(kind: str, app: FastAPI, browser: Browser) -> None:
    headers = of(OURS[kind], browser)
    opened = await connect(app, "/trial/open", **{"Host": "service.test", **headers})
    assert opened[0]["type"] == "websocket.accept"
    assert (await browser.http.post("/auth/logout", headers=headers)).status_code == 204
    assert (await log_in(browser, **OURS[kind])).status_code == 200


@pytest.mark.parametrize("name", ["Origin", "Sec-Fetch-Site", "Host"])
async def test_a_header_that_is_there_twice_is_not_believed(name: str, browser: Browser) -> None:
    given = {"Origin": OWN, "Host": "service.test", "Cookie": f"{NAME}={browser.value}"}
    twice = [(name, given.get(name, "same-origin")), (name, given.get(name, "same-origin"))]
    headers = [*((key, value) for key, value in given.items() if key != name), *twice]
    assert (await browser.http.post("/auth/logout", headers=headers)).status_code == 403


async def test_reading_is_for_every_origin_but_only_trusted_pages_see_the_response(browser: Browser) -> None:
    seen: dict[str, str | None] = {}
    for origin in (FRONT_END, "https://evil.test", "null"):
        response = await browser.http.get("/auth/me", headers=of({"Origin": origin}, browser))
        assert response.status_code == 200
        seen[origin] = response.headers.get("Access-Control-Allow-Origin")
    assert seen == {FRONT_END: FRONT_END, "https://evil.test": None, "null": None}


async def test_a_trusted_origin_may_send_credentials(browser: Browser) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    response = await browser.http.options("/auth/login/cookie", headers={"Origin": FRONT_END, **asked})
    assert (response.status_code, response.headers["Access-Control-Allow-Credentials"]) == (200, "true")
    response = await browser.http.options("/auth/login/cookie", headers={"Origin": "https://evil.test", **asked})
    assert response.status_code == 400


async def test_a_token_needs_no_origin_also_beside_a_cookie(app: FastAPI, browser: Browser) -> None:
    """A page of another origin cannot send a token, because it has none."""
    grace = await logged_in(app, "grace@example.com")
    for headers in OTHERS.values():
        response = await browser.http.get("/auth/me", headers=of(headers, browser) | grace.headers())
        assert response.json()["email"] == "grace@example.com"
    response = await browser.http.post("/auth/logout", headers=of({}, browser) | grace.headers())
    assert (response.status_code, "Set-Cookie" in response.headers) == (204, False)
    assert [(await grace.me()).status_code, await browser.me()] == [401, 200]


async def test_a_scheme_that_is_no_bearer_does_not_hide_the_cookie_from_the_check(browser: Browser) -> None:
    """A link such as https://user:password@service.test makes a browser send this header by itself."""
    headers = of({"Origin": "https://evil.test", "Authorization": "Basic YTpi"}, browser)
    assert (await browser.http.post("/auth/logout", headers=headers)).status_code == 403


async def test_everybody_is_nobody_in_particular() -> None:
    """`CORS_ORIGINS=*` is for public data: no page of another origin sends the cookie."""
    async with serving(cors_origins=("*",)) as app:
        browser = await browser_of(app)
        for origin in ("https://evil.test", "*"):
            response = await browser.http.post("/auth/logout", headers=of({"Origin": origin}, browser))
            assert response.status_code == 403
            assert "Access-Control-Allow-Credentials" not in response.headers
