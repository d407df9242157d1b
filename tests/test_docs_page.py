"""In a browser, "Authorize" in /docs logs in, and the routes can be called from there."""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from tests.browser import browsing
from tests.combinations import Combination, all_combinations
from tests.environments import Environment
from tests.providers import providing
from tests.serving import Serving, serving

pytestmark = pytest.mark.thorough

# /docs loads Swagger UI from here. A test must not need the network.
CDN = "https://cdn.jsdelivr.net/npm/swagger-ui-dist@5/"
SWAGGER_UI = files("flask_swagger_ui") / "dist"
ANYWHERE_ELSE = "https://**"
TIMEOUT = 20_000  # milliseconds, on a busy machine
LOG_IN = """async () => (await fetch("/auth/login/cookie", {
  method: "POST",
  headers: {"Content-Type": "application/json"},
  body: JSON.stringify({email: "ada@example.com", password: "correct horse battery"}),
})).status"""


def with_auth(answer: str) -> list[Combination]:
    return [all_combinations()[0].but(auth=answer)]


@pytest.fixture(scope="module")
def context() -> Iterator[BrowserContext]:
    with browsing() as browser:
        context = browser.new_context()
        context.set_default_timeout(TIMEOUT)
        context.route(ANYWHERE_ELSE, lambda route: route.abort())
        context.route(f"{CDN}*", serve_file)
        yield context
        context.close()


def serve_file(route: Route) -> None:
    route.fulfill(path=str(SWAGGER_UI / route.request.url.removeprefix(CDN)))


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    context.clear_cookies()
    page = context.new_page()
    yield page
    page.close()


@pytest.fixture
def provider(environment: Environment, workspace: Path) -> Iterator[str]:
    with providing(environment, workspace) as issuer:
        yield issuer


def opened(page: Page, service: Serving) -> Page:
    """Open the page anew, without the operation that its address may name."""
    page.goto("about:blank")
    page.goto(f"http://localhost:{service.port}/docs")
    return page


def dialog(page: Page, service: Serving, scheme: str) -> Locator:
    """Open the page, and the part of its dialog for a scheme."""
    opened(page, service).locator(".scheme-container .btn.authorize").click()
    return page.locator(".dialog-ux .auth-container").filter(has_text=scheme)


def status_of(page: Page, operation: str) -> Locator:
    """Execute an operation, and return the status of its response."""
    block = page.locator(f"[id^=operations-][id$={operation}]")
    block.locator(".opblock-summary-control").click()
    block.locator(".try-out__btn").click()
    block.locator(".execute").click()
    return block.locator(".live-responses-table .response .response-col_status")


@pytest.mark.combinations(with_auth("accounts"))
def test_a_token_or_the_cookie_of_an_account_works_there(
    environment: Environment, workspace: Path, settings: dict[str, str], page: Page
) -> None:
    with serving(environment, workspace, settings, workers=1) as service:
        bearer = dialog(page, service, "bearer")
        bearer.get_by_role("textbox").fill(service.headers["Authorization"].removeprefix("Bearer "))
        bearer.locator(".authorize").click()
        bearer.locator(".btn-done").click()
        expect(status_of(page, "me_auth_me_get")).to_have_text("200")
        expect(status_of(opened(page, service), "me_auth_me_get")).to_contain_text("401")
        assert page.evaluate(LOG_IN) == 200
        assert page.evaluate("document.cookie") == ""
        expect(status_of(opened(page, service), "me_auth_me_get")).to_have_text("200")
        expect(status_of(page, "log_out_auth_logout_post")).to_have_text("204")
        assert page.context.cookies() == []


@pytest.mark.combinations(with_auth("oidc"))
def test_the_provider_logs_in_and_gives_a_token(
    environment: Environment, workspace: Path, provider: str, settings: dict[str, str], page: Page
) -> None:
    given = {**settings, "AUTH_ISSUER": provider, "AUTH_DOCS_CLIENT": "grace"}
    with serving(environment, workspace, given, workers=1) as service:
        found = dialog(page, service, "authorization_code with PKCE")
        expect(found.get_by_label("client_id")).to_have_value("grace")
        found.get_by_text("items:read").click()
        with page.expect_popup():
            found.locator(".authorize").click()
        found.get_by_role("button", name="Remove authorization").wait_for()
        found.locator(".btn-done").click()
        expect(status_of(page, "list_items_api_v1_items_get")).to_have_text("200")
        expect(status_of(page, "upsert_items_api_v1_items_put")).to_contain_text("403")
