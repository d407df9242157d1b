"""The documentation site builds without a warning and works in a browser, on a large screen and on a phone."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

pytestmark = pytest.mark.thorough

SCREEN, PHONE = ViewportSize(width=1280, height=800), ViewportSize(width=375, height=667)
LINKS = "[...document.querySelectorAll('a[href], img[src]')].map(each => each.href || each.src)"
IDS = "[...document.querySelectorAll('[id]')].map(each => each.id)"
TOO_WIDE = "document.scrollingElement.scrollWidth - document.documentElement.clientWidth"


@dataclass
class Found:
    """What a browser finds on the pages of the site, by URL."""

    faults: list[str] = field(default_factory=list[str])
    links: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    ids: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    too_wide: dict[str, int] = field(default_factory=dict[str, int])


@pytest.fixture(scope="module")
def found(site: Path, url: str, browser: Browser) -> Found:
    """Open each page, and return what the browser finds."""
    found = Found()
    page = browser.new_page()
    page.on("console", lambda message: found.faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: found.faults.append(str(error)))
    page.on("request", lambda request: found.faults.append(request.url) if not request.url.startswith(url) else None)
    page.on("response", lambda answer: found.faults.append(answer.url) if answer.status >= 400 else None)
    for path in sorted(site.rglob("index.html")):
        look(page, f"{url}{path.parent.relative_to(site).as_posix()}/".replace("/./", "/"), found)
    page.close()
    return found


@pytest.fixture
def phone(browser: Browser, url: str) -> Iterator[Page]:
    page = browser.new_page(viewport=PHONE)
    page.set_default_timeout(60_000)  # of a machine that does much else
    expect.set_options(60_000)
    page.goto(url)
    yield page
    page.close()


def look(page: Page, address: str, found: Found) -> None:
    page.set_viewport_size(SCREEN)
    page.goto(address)
    found.links[address], found.ids[address] = page.evaluate(LINKS), set(page.evaluate(IDS))
    page.set_viewport_size(PHONE)
    found.too_wide[address] = page.evaluate(TOO_WIDE)


def test_no_page_has_an_error_or_asks_another_server(found: Found) -> None:
    assert len(found.links) > 20
    assert found.faults == []


def test_each_link_and_anchor_leads_somewhere(found: Found, site: Path, url: str) -> None:
    inside = [(page, link) for page, links in found.links.items() for link in links if link.startswith(url)]
    assert [pair for pair in inside if not leads(pair[1], found, site, url)] == []


def leads(link: str, found: Found, site: Path, url: str) -> bool:
    address, _, anchor = link.partition("#")
    if address in found.ids:
        return not anchor or anchor in found.ids[address]
    return not anchor and (site / address.removeprefix(url)).is_file()


def test_each_page_is_reached_from_the_first_one(found: Found, url: str) -> None:
    reached, ahead = {url}, [url]
    while ahead:
        linked = {link.partition("#")[0] for link in found.links[ahead.pop()]} & found.links.keys()
        ahead += linked - reached
        reached |= linked
    assert sorted(found.links.keys() - reached) == []


def test_no_page_scrolls_sideways_on_a_phone(found: Found) -> None:
    assert {page: pixels for page, pixels in found.too_wide.items() if pixels > 0} == {}


def test_the_menu_opens_on_a_phone(phone: Page) -> None:
    link = phone.get_by_label("Navigation").get_by_role("link", name="Update")
    expect(link).not_to_be_in_viewport()
    phone.locator("label.md-header__button[for=__drawer]").click()
    expect(link).to_be_in_viewport()


def test_the_search_finds_a_word(phone: Page, url: str) -> None:
    phone.locator("label.md-header__button[for=__search]").click()
    phone.locator("input:focus:not([type=checkbox])").fill("semaphore")
    phone.get_by_role("option", name="What processes share").click()
    expect(phone).to_have_url(re.compile(f"{url}deploy/processes/"))
