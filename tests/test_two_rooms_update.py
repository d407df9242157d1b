"""An owner's additions to a service of version 0.1.0 survive the move to two packages, and work after it."""

import re
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.combinations import ROOT, Combination, fullest_per_database
from tests.environments import clean_environ, environment_of
from tests.owner import Owner
from tests.servers import Servers
from tests.sharing import made_once
from tests.template import render
from tests.updating import adopt, commit, update
from tests.versions import combinations_at, continue_releases, released

pytestmark = pytest.mark.thorough

FIRST = "v0.1.0"
FULLEST = [each for each in fullest_per_database() if each.answers["database"] != "none"]
COMMAND = re.compile(r"proved by tests/test_two_rooms_update.py -->\n\n```sh\n(.*?)uv sync", re.DOTALL)


@pytest.mark.axis("combination", default=FULLEST[:1], every=FULLEST)
def test_an_owner_s_code_survives_the_move_and_works_with_the_command_of_the_page(
    combination: Combination, template: Path, servers: Servers, tmp_path: Path, run_folder: Path
) -> None:
    assert template  # the fixture makes copies cheap
    releases = made_once(run_folder / "releases", continue_releases)
    asked = {name for former in combinations_at(released()[0]) for name, _ in former.pairs}
    answers = {name: answer for name, answer in combination.answers.items() if name in asked}
    render(releases, tmp_path / "former", answers, FIRST)
    workspace = adopt(tmp_path / "former", tmp_path / "service")
    owner = Owner(answers, workspace)
    files = {name: formerly(text) for name, text in owner.added.items()}
    subprocess.run(["git", "rm", "-r", "--quiet", *owner.deleted], cwd=workspace, check=True)
    for name, text in files.items():
        (workspace / name).parent.mkdir(parents=True, exist_ok=True)
        (workspace / name).write_text(text, "utf-8")
    subprocess.run(["uv", "add", "--frozen", "--quiet", "humanize>=4"], cwd=workspace, env=clean_environ(), check=True)
    commit(workspace, "Take orders")
    update(workspace, {})
    assert {name: (workspace / name).read_text("utf-8") for name in files} == files

    subprocess.run(["bash", "-euc", command()], cwd=workspace, check=True)
    assert [path for name in owner.deleted for path in (workspace / name).rglob("*") if path.is_file()] == []
    environment = environment_of(workspace, run_folder / "environments")
    with ExitStack() as stack:
        behind = servers.behind(answers).items()
        settings = {name: stack.enter_context(each.database()) for name, each in behind}
        if (workspace / "migrations").exists() and answers["scheduler"] != "none":
            merge = environment.run("-m", "alembic", "merge", "heads", cwd=workspace, **settings)  # as the page says
            assert merge.returncode == 0, merge.stdout
        tests = environment.run("-m", "pytest", "--no-header", cwd=workspace, **settings)
    assert tests.returncode == 0, tests.stdout


def formerly(text: str) -> str:
    """Return the text as an owner wrote it when the kit's code was in `app`."""
    return re.sub(r"\bkit\.", "app.", text)


def command() -> str:
    found = COMMAND.search((ROOT / "docs/update.md").read_text("utf-8"))
    assert found
    return found[1]
