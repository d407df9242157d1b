"""Sessions with a cookie: how they start and end, and what the cookie is."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import pytest
from fastapi import FastAPI
from starlette.responses import Response

from kit.auth.accounts.cookies import CookieUser, get_session_cookies
from kit.auth.accounts.service import Accounts, get_accounts
from kit.auth.accounts.tokens import read_refresh
from kit.auth.cookies.cookie import LOCAL_NAME, NAME
from kit.settings import Environment, Settings
from kit.testing.service import create_app
from kit.tests.auth.accounts.cookies.browsing import Browser, browser_of
from kit.tests.auth.accounts.logging_in import PASSWORD, Client, logged_in, serving
from kit.tests.auth.calls import connect

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]

NEW_PASSWORD = "a different passphrase"


async def test_a_log_in_sets_a_cookie_that_scripts_and_other_hosts_do_not_get(app: FastAPI, ada: Client) -> None:
    browser = Browser(app)
    response = await browser.log_in()
    assert response.json() == (await ada.me()).json()
    assert browser.morsel
    assert {key: value for key, value in browser.morsel.items() if value} == {
        "path": "/",
        "max-age": str(30 * 86400),
        "secure": True,
        "httponly": True,
        "samesite": "lax",
    }
    assert browser.morsel.key == NAME == "__Host-session"
    assert response.headers["Cache-Control"] == "no-store"
    assert await browser.me() == 200


async def test_the_local_cookie_works_without_https() -> None:
    async with serving(environment=Environment.LOCAL) as app:
        accounts = get_accounts(app)  # somebody who registers must read a mail first
        password_hash = await accounts.passwords.hash(PASSWORD)
        await accounts.storage.create("ada@example.com", password_hash, verified_at=datetime.now(UTC))
        browser = Browser(app, LOCAL_NAME)
        await browser.log_in()
        assert browser.morsel
        assert (browser.morsel.key, browser.morsel["secure"], browser.morsel["httponly"]) == ("session", "", True)
        assert await browser.me() == 200
        browser.name = NAME
        assert await browser.me() == 401


async def test_a_local_cookie_counts_nowhere_else(browser: Browser) -> None:
    """A page on another port, or on a subdomain, can set a cookie without a prefix."""
    browser.name = LOCAL_NAME
    assert await browser.me() == 401


async def test_a_response_to_a_cookie_is_in_no_cache(browser: Browser) -> None:
    for path in ("/auth/me", "/trial/me", "/trial/things/1", "/trial/missing", "/auth/api-keys"):
        response = await browser.send("GET", path)
        if path != "/trial/missing":
            assert response.headers["Cache-Control"] == "no-store", path
    assert "Cache-Control" not in (await browser.send("GET", "/trial/public")).headers


async def test_a_log_in_gives_a_new_cookie_and_ends_the_session_of_the_former(browser: Browser) -> None:
    former = browser.value
    assert former
    assert (await browser.log_in()).status_code == 200
    assert browser.value not in {None, former}
    assert await browser.me() == 200
    assert await browser.me(former) == 401


async def test_a_cookie_that_somebody_else_has_chosen_is_not_used(app: FastAPI, browser: Browser) -> None:
    """Fixation: the attacker has a value, of a session or of none, before the victim logs in."""
    attacker = await browser_of(app, "mallory@example.com")
    for chosen in (attacker.value, "0" * 64, "chosen"):
        victim = Browser(app)
        victim.value = chosen
        assert (await victim.log_in()).status_code == 200
        assert victim.value != chosen
        assert await attacker.me(chosen) == 401
    assert await browser.me() == 200


async def test_a_refused_log_in_changes_nothing(browser: Browser) -> None:
    before = browser.value
    response = await browser.log_in(password="not the password")
    assert (response.status_code, "Set-Cookie" in response.headers) == (401, False)
    assert (browser.value, await browser.me()) == (before, 200)


async def test_a_log_out_ends_this_session_and_removes_the_cookie(app: FastAPI, browser: Browser) -> None:
    other, former = await browser_of(app), browser.value
    response = await browser.post("logout")
    assert (response.status_code, response.headers["Cache-Control"]) == (204, "no-store")
    assert browser.morsel
    assert (browser.morsel["max-age"], browser.morsel["path"], browser.morsel["secure"]) == ("0", "/", True)
    assert browser.value is None
    assert await browser.me(former) == 401
    assert await other.me() == 200


@pytest.mark.parametrize("by", ["cookie", "token"])
async def test_a_log_out_everywhere_ends_cookies_and_tokens(app: FastAPI, browser: Browser, by: str) -> None:
    here, grace = await logged_in(app), await browser_of(app, "grace@example.com")
    former = browser.value
    ended = browser.post("logout-everywhere") if by == "cookie" else here.post("logout-everywhere")
    assert (await ended).status_code == 204
    assert (browser.value is None) == (by == "cookie")
    assert [await browser.me(former), (await here.me()).status_code, (await here.refresh()).status_code] == [401] * 3
    assert await grace.me() == 200


async def test_a_change_of_the_password_ends_all_and_gives_a_new_cookie_but_no_tokens(
    app: FastAPI, browser: Browser
) -> None:
    other, here, former = await browser_of(app), await logged_in(app), browser.value
    response = await browser.post("password", old_password=PASSWORD, new_password=NEW_PASSWORD)
    assert (response.status_code, response.json()) == (200, None)
    assert await browser.me() == 200
    assert [await browser.me(former), await other.me(), (await here.me()).status_code] == [401] * 3


async def test_a_change_of_the_password_with_a_token_ends_cookies(app: FastAPI, browser: Browser) -> None:
    here = await logged_in(app)
    response = await here.post("password", old_password=PASSWORD, new_password=NEW_PASSWORD)
    assert "access_token" in response.json()
    assert "Set-Cookie" not in response.headers
    assert await browser.me() == 401


async def test_a_disabled_account_is_refused_at_once(app: FastAPI, browser: Browser, accounts: Accounts) -> None:
    account_id = UUID((await browser.send("GET", "/auth/me")).json()["id"])
    await accounts.storage.disable(account_id, datetime.now(UTC))
    assert await browser.me() == 401
    assert (await Browser(app).log_in()).status_code == 401
    await accounts.storage.disable(account_id, None)
    assert await browser.me() == 401


async def test_a_session_ends_with_its_time() -> None:
    async with serving(session_lifetime=1) as app:
        browser = await browser_of(app)
        assert browser.morsel
        assert (browser.morsel["max-age"], await browser.me()) == ("1", 200)
        await asyncio.sleep(1.2)
        assert await browser.me() == 401


async def test_scopes_count_from_the_next_request_on(browser: Browser, accounts: Accounts) -> None:
    account_id = UUID((await browser.send("GET", "/auth/me")).json()["id"])
    assert (await browser.send("GET", "/trial/things/7")).status_code == 403
    await accounts.storage.change_scopes(account_id, ["things:read"], [])
    assert (await browser.send("GET", "/trial/things/7")).status_code == 200


async def test_another_process_knows_a_session_and_its_end(browser: Browser) -> None:
    async with serving() as app:
        other = Browser(app)
        assert await other.me(browser.value) == 200
        await browser.post("logout")
        assert await other.me() == 401


async def test_the_database_has_no_cookie(browser: Browser, accounts: Accounts) -> None:
    assert browser.value
    family, _ = read_refresh(browser.value * 2)
    assert await accounts.storage.session_of(family) is None
    assert await accounts.storage.session_of(browser.value) is None


async def test_a_cookie_is_no_token_and_a_token_is_no_cookie(app: FastAPI, browser: Browser, ada: Client) -> None:
    assert browser.value
    for token in (browser.value, browser.value * 2, f"session cookie{browser.value}" * 2):
        assert (await ada.me(token)).status_code == 401
        assert (await ada.refresh(token)).status_code == 401
    assert await browser.me() == 200
    refresh = ada.tokens["refresh_token"]
    for value in (ada.tokens["access_token"], refresh, refresh[:64], refresh[64:], read_refresh(refresh).family):
        assert await Browser(app).me(value) == 401
    assert (await ada.me()).status_code == 200


async def test_a_websocket_of_the_page_takes_a_cookie(app: FastAPI, browser: Browser) -> None:
    headers = {"Host": "service.test", **browser.headers}
    opened, _ = await connect(app, "/trial/open", **headers)
    assert opened["type"] == "websocket.accept"
    (refused,) = await connect(app, "/trial/live", **headers)
    assert (refused["code"], refused["reason"]) == (1008, "This needs the scope things:read")


async def test_log_ins_with_a_cookie_are_throttled_with_the_others() -> None:
    async with serving(rate_of_account="3/minute") as app:
        ada = await logged_in(app)
        found = [(await Browser(app).log_in(password="not the password")).status_code for _ in range(3)]
        assert (found, (await ada.log_in()).status_code) == ([401, 401, 429], 429)


async def test_cookies_are_never_in_the_log(app: FastAPI, ada: Client, capsys: pytest.CaptureFixture[str]) -> None:
    browser = Browser(app)
    await browser.log_in(ada.email)
    assert browser.value
    await browser.me()
    await browser.send("POST", "/trial/things")
    said = "".join(capsys.readouterr())
    assert '"user_id"' in said
    assert browser.value not in said


async def test_the_document_states_both_schemes() -> None:
    document = create_app(Settings(environment=Environment.DEVELOPMENT)).openapi()
    schemes = document["components"]["securitySchemes"]
    assert {name: each["type"] for name, each in schemes.items()} == {"bearer": "http", "cookie": "apiKey"}
    assert (schemes["cookie"]["in"], schemes["cookie"]["name"]) == ("cookie", NAME)
    assert document["paths"]["/auth/me"]["get"]["security"] == [{"bearer": []}, {"cookie": []}]


async def test_a_cookie_is_removed_with_the_attributes_that_it_has(app: FastAPI) -> None:
    """A browser refuses to change a cookie with `__Host-` by one without these."""
    response = Response()
    get_session_cookies(app).remove(CookieUser(id="ada"), response)
    said = response.headers["Set-Cookie"]
    assert all(each in said for each in (f'{NAME}=""', "Max-Age=0", "Path=/", "Secure", "HttpOnly", "SameSite=lax"))
    assert "Domain" not in said
