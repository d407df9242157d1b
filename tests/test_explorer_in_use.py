"""People can use the page on which to choose: what they can choose, its links, keyboard and screens, its speed."""

import gzip
import re
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from explorer.conditions import spoken
from tests.choosing import SAMPLE, SHOWN, choose, downloaded, opened
from tests.combinations import Answer, Combination, all_combinations, deciding_questions

pytestmark = [pytest.mark.thorough, pytest.mark.render]

MOST_BYTES = 1_000_000  # over the wire
MOST_SECONDS = 0.1  # of the browser's main thread, for a changed answer
PHONE = ViewportSize(width=375, height=667)
TOO_WIDE = "document.scrollingElement.scrollWidth - document.documentElement.clientWidth"


def test_an_answer_can_be_chosen_where_copier_takes_it(page: Page) -> None:
    given = [(name, answer) for name, answers in deciding_questions().items() for answer in answers]
    for combination in SAMPLE:
        choose(page, combination)
        for name, answer in given:
            radio = page.locator(f'input[name="{name}"][value="{spoken(answer)}"]')
            assert radio.is_enabled() == fits(combination, name, answer), (combination, name, answer)


def fits(combination: Combination, name: str, answer: Answer) -> bool:
    """Whether Copier takes an answer beside the other answers of a combination."""
    others = {pair for pair in combination.pairs if pair[0] != name}
    asked = [each.answers for each in all_combinations() if (name, answer) in each.pairs]
    fitting = [each for each in asked if all(each.get(question, other) == other for question, other in others)]
    return name in combination.answers and bool(fitting)


def test_what_cannot_be_chosen_says_why(page: Page) -> None:
    expect(page.get_by_role("group", name="MongoDB driver")).to_contain_text("Only with database=mongodb.")
    page.get_by_role("radio", name="Users with a password").check()
    none = page.get_by_role("radio", name="No database")
    expect(none).to_be_disabled()
    expect(none).to_have_accessible_description(re.compile("^Not with auth=accounts: .*Accounts need a database"))


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("database=oracle", "There is no answer 'oracle' to database. Use sqlite, "),
        ("databse=postgres", "There is no question 'databse'."),
        ("mongodb_driver=motor", "mongodb_driver=motor: Only with database=mongodb."),
        ("database=none&auth=accounts", "auth=accounts: Set database=sqlite"),
        ("service_name=Two%20Words", "Use a name such as billing-api. 'Two Words' is not in kebab-case"),
    ],
)
def test_a_link_that_does_not_fit_says_what_is_wrong(link: str, words: str, page: Page, url: str) -> None:
    page.goto("about:blank")  # a new hash alone would not load the page
    opened(page, f"{url}choose/#{link}&store=redis")
    expect(page.get_by_role("alert").first).to_contain_text(words)
    assert re.search(r"#.*store=redis", page.url)
    assert link.rsplit("&", maxsplit=1)[-1] not in page.url


def test_a_comparison_starts_from_what_is_chosen(page: Page) -> None:
    page.get_by_role("button", name="Compare from here").click()
    page.get_by_role("radio", name=re.compile("^PostgreSQL")).check()
    expect(page.locator("[data-part=status]")).to_contain_text(re.compile(r"\d+ files new, \d+ gone, \d+ changed; "))
    expect(page.get_by_role("button", name="postgres.py new").first).to_be_visible()
    assert "#database=postgres&from=" in page.url
    page.get_by_role("button", name="Swap").click()
    expect(page.get_by_role("radio", name="SQLite")).to_be_checked()
    expect(page.get_by_role("button", name="postgres.py gone").first).to_be_visible()
    page.get_by_role("button", name="Show all files").click()
    expect(page.get_by_role("button", name="pyproject.toml")).to_be_visible()


def test_everything_can_be_done_with_the_keyboard(page: Page) -> None:
    page.get_by_role("radio", name="SQLite").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name=re.compile("^PostgreSQL"))).to_be_checked()
    assert page.url.endswith("#database=postgres")
    folder = page.locator("summary", has_text="migrations/")
    folder.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.get_by_role("heading", level=3).text_content() == page.evaluate("document.activeElement.dataset.path")


def test_the_questions_and_the_command_can_be_read_without_javascript(browser: Browser, url: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{url}choose/")
    for name, answers in deciding_questions().items():
        for answer in answers:
            expect(page.get_by_text(f"{name}={spoken(answer)}", exact=True)).to_be_visible()
    expect(page.get_by_text("uvx copier copy --defaults")).to_be_visible()
    expect(page.get_by_role("button", name="Download a zip")).to_be_hidden()
    hidden = "form => form.scrollHeight - form.clientHeight"
    assert page.get_by_role("form", name="Answers").evaluate(hidden) <= 0
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_too_wide_for_a_phone(scheme: Literal["light", "dark"], browser: Browser, url: str) -> None:
    page = browser.new_page(viewport=PHONE, color_scheme=scheme)
    opened(page, f"{url}choose/#database=mongodb&scheduler=taskiq&auth=oidc&store=redis&from=")
    assert page.evaluate(TOO_WIDE) <= 0
    page.close()


def test_the_page_needs_less_than_a_megabyte(browser: Browser, url: str) -> None:
    page = browser.new_page()
    bodies: dict[str, bytes] = {}
    page.on("response", lambda answer: bodies.update({answer.url: answer.body()}))
    opened(page, f"{url}choose/")
    downloaded(page, "example-service")
    page.wait_for_load_state("networkidle")
    page.close()
    sizes = {address: len(gzip.compress(body)) for address, body in bodies.items()}
    assert f"{url}explorer/data.json" in sizes
    assert sum(sizes.values()) < MOST_BYTES, sizes


def test_a_changed_answer_is_shown_at_once(browser: Browser, url: str) -> None:
    """The time is that of the browser's main thread, so that a busy machine does not matter."""
    page = browser.new_page()
    session: Any = page.context.new_cdp_session(page)  # its types are not complete
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def seconds() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return next(each["value"] for each in metrics if each["name"] == "TaskDuration")

    opened(page, f"{url}choose/#from=")
    assert 0 < seconds() < 1
    for name, answer in [("database", "postgres"), ("auth", "oidc"), ("scheduler", "taskiq"), ("store", "redis")]:
        before = seconds()
        page.locator(f'input[name="{name}"][value="{answer}"]').evaluate("each => each.click()")
        page.evaluate(SHOWN)
        assert seconds() - before < MOST_SECONDS, name
    page.close()


def test_the_first_paint_does_not_wait_for_the_data(browser: Browser, url: str) -> None:
    page = browser.new_page()
    page.route("**/data.json", lambda _: None)  # it never comes
    page.goto(f"{url}choose/", wait_until="commit")
    expect(page.get_by_role("group", name="Which database does it use?")).to_be_visible()
    page.unroute_all(behavior="ignoreErrors")
    page.close()
