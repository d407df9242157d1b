"""The guides work one after the other in one service, each in a new shell, with an update in the middle."""

import tomllib
from pathlib import Path

import pytest

from tests.combinations import ROOT
from tests.pages import Run, Step, Write, steps
from tests.servers import Servers
from tests.walkthrough import Walkthrough, walking

# Each guide makes a service of its own; here the first step has made one for all of them.
START = ("uvx copier copy", "cd shop")
ANSWERS = "--data database={database} --data scheduler=apscheduler"
COMMIT = "git add --all && git commit --quiet --message 'A guide'"
SERVER = {
    "postgres": "postgresql://app:app@localhost:5432/app",
    "mysql": "mysql://app:app@localhost:3306/app",
    "mongodb": "mongodb://localhost:27017/app",
}
ONLY_ON = {
    "guides/resource.md": {"sqlite", "postgres", "mysql"},
    "guides/resource-on-mongodb.md": {"mongodb"},
    "guides/second-database.md": {"sqlite"},
}
OTHER_ANSWERS = ("guides/auth.md",)  # with them, the routes of the other guides would need policies


@pytest.mark.axis("database", default=["sqlite"], every=["sqlite", *SERVER])
def test_the_first_week_in_one_service(database: str, versions: Path, servers: Servers, tmp_path: Path) -> None:
    with walking(tmp_path, versions, servers, in_a_clone=False) as walk:
        answers = ANSWERS.format(database=database)
        run(walk, f'uvx copier copy --defaults --quiet --vcs-ref v0.0.1 {answers} "$PWD/slipway" shop')
        shop = walk.folder / "shop"
        walk.open_new_shell(shop)
        run(walk, "git init --quiet")
        if database in SERVER:
            run(walk, f"echo 'DATABASE_URL={SERVER[database]}' | tee -a .env >> tests/settings.env")
        for number, page in enumerate(guides(database)):
            walk.open_new_shell(shop)
            follow(walk, page, database)
            run(walk, COMMIT)
            if number == 1:
                walk.open_new_shell(shop)
                run(walk, "uvx copier update --defaults --quiet", 'test -z "$(git diff --diff-filter=U)"', COMMIT)
        walk.open_new_shell(shop)
        run(
            walk,
            "uv add --quiet humanize",
            "uv run ruff check --fix --quiet",
            "uv run prek run --all-files",
            "uv run pytest",
            COMMIT,
        )
        walk.open_new_shell(tmp_path)
        run(walk, f"git clone --quiet {shop} colleague", "cd colleague", "uv run pytest")


def guides(database: str) -> list[str]:
    """Return the pages of the guides for a service on this database, in the order of the menu."""
    menu = tomllib.loads((ROOT / "zensical.toml").read_text("utf-8"))["project"]["nav"]
    (entries,) = [entry["Guides"] for entry in menu if "Guides" in entry]
    pages = [page for entry in entries for page in entry.values()]
    return [page for page in pages if page not in OTHER_ANSWERS and database in ONLY_ON.get(page, {database})]


def follow(walk: Walkthrough, page: str, database: str) -> None:
    for step in steps((ROOT / "docs" / page).read_text("utf-8")):
        walk.take(for_this_service(step, database))


def for_this_service(step: Step, database: str) -> Step:
    """Leave out the commands that make a service, and do what the guides say about MongoDB."""
    if isinstance(step, Run):
        return Run(tuple(line for line in step.commands if not line.startswith(START)))
    if isinstance(step, Write) and database == "mongodb":
        return Write(step.path, step.text.replace("kit.sql", "kit.mongo").replace("items.model", "items.document"))
    return step


def run(walk: Walkthrough, *lines: str) -> None:
    walk.take(Run(lines))
