"""The guides work one after the other in one service, each in a new shell, with an update in the middle."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.combinations import ROOT
from tests.pages import Expect, Run, Step, Write, steps
from tests.servers import Servers
from tests.walkthrough import Walkthrough, walking

pytestmark = pytest.mark.thorough

# Each guide makes a service of its own; here the first step has made one for all of them.
START = ("uvx copier copy", "cd shop", "cd ..", "cd members")
ANOTHER_AUTH = re.compile(r"uvx copier copy .*--data (auth=\w+) ")
ANSWERS = "--data database={database} --data scheduler=apscheduler --data store=lmdb --data telemetry=opentelemetry"
COMMIT = "git add --all && git commit --quiet --allow-empty --message 'A guide'"
SERVER = {
    "postgres": "postgresql://app:app@localhost:5432/app",
    "mysql": "mysql://app:app@localhost:3306/app",
    "mongodb": "mongodb://localhost:27017/app",
}
ONLY_ON = {
    "guides/resource.md": {"sqlite", "postgres", "mysql"},
    "guides/resource-on-mongodb.md": {"mongodb"},
    "guides/second-database.md": {"sqlite"},
    "guides/cache.md": {"sqlite", "postgres", "mysql"},
}
POLICY = """from kit.auth import requires

ROUTER_OPTIONS = {{"dependencies": [requires("{name}")]}}
"""
OF_THE_EXAMPLE = ("examples", "items")  # the update brings their policies


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
    return [page for page in pages if database in ONLY_ON.get(page, {database})]


def follow(walk: Walkthrough, page: str, database: str) -> None:
    for step in steps((ROOT / "docs" / page).read_text("utf-8")):
        if isinstance(step, Run) and (auth := ANOTHER_AUTH.search("\n".join(step.commands))):
            change_auth(walk, auth[1], database)
        walk.take(for_this_service(step, database))


def change_auth(walk: Walkthrough, answer: str, database: str) -> None:
    """Do what the guide says about a service that has routes and revisions already."""
    run(walk, COMMIT, f"uvx copier update --defaults --quiet --data {answer}")
    resources = walk.folder / "app/api/v1"
    for folder in (path.parent for path in resources.glob("*/routes.py")):
        init = folder / "__init__.py"
        text = init.read_text("utf-8") if init.exists() else ""
        if folder.name not in OF_THE_EXAMPLE and "ROUTER_OPTIONS" not in text:
            init.write_text(f"{text}\n{POLICY.format(name=f'{folder.name}:use')}".lstrip(), "utf-8")
    run(walk, COMMIT, "uv sync --quiet")
    if database != "mongodb":
        run(walk, "uv run alembic merge heads")


def for_this_service(step: Step, database: str) -> Step:
    """Leave out the commands that make a service, and do what the guides say about MongoDB."""
    if isinstance(step, Expect):
        return Expect(step.text.replace('"items": []', '"items": […]'), is_json=step.is_json)  # other guides made some
    if isinstance(step, Run):
        return Run(tuple(line for line in step.commands if not line.startswith(START)))
    if isinstance(step, Write) and database == "mongodb":
        return Write(step.path, step.text.replace("kit.sql", "kit.mongo").replace("items.model", "items.document"))
    return step


def run(walk: Walkthrough, *lines: str) -> None:
    walk.take(Run(lines))
