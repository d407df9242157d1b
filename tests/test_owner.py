"""An owner's changes survive the next version of the template and a change of an answer."""

import re
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.changes import Change, one_switch_each, single_switches
from tests.combinations import ROOT, Combination, all_combinations, fullest_per_database
from tests.environments import environment_of
from tests.owner import Owner
from tests.servers import Servers
from tests.template import render
from tests.updating import adopt, commit, tree, update
from tests.versions import BUMPED, MADE_UP, REMARK


@pytest.mark.axis("change", default=one_switch_each()[:3], thorough=one_switch_each(), every=single_switches())
def test_a_new_version_and_another_answer_leave_alone_what_is_the_owner_s(
    change: Change, versions: Path, tmp_path: Path
) -> None:
    workspace, owner = owned(change.before, versions, tmp_path)
    update(workspace, {})
    assert problems(owner, workspace) == []
    commit(workspace, "Update")

    update(workspace, owner.answers(change))
    assert problems(owner, workspace) == []


def test_where_both_have_changed_a_line_the_file_shows_both_as_the_docs_say(versions: Path, tmp_path: Path) -> None:
    workspace, owner = owned(all_combinations()[0], versions, tmp_path)
    pyproject = workspace / "pyproject.toml"
    pyproject.write_text(pyproject.read_text("utf-8").replace(BUMPED[1], '"click>=8.5,<9",'), "utf-8")
    commit(workspace, "Stay below the next major version")
    update(workspace, {})
    assert problems(owner, workspace) == ["a conflict in pyproject.toml"]
    shown = pyproject.read_text("utf-8").replace(BUMPED[0], '"click>=8.6",')
    blocks = re.findall(r"```text\n(.*?)```", (ROOT / "docs/update.md").read_text("utf-8"), re.DOTALL)
    [documented] = [each for each in blocks if "<<<<<<<" in each]
    assert documented in shown


@pytest.mark.thorough
@pytest.mark.axis("combination", default=fullest_per_database()[:1], every=fullest_per_database())
def test_the_owner_s_service_works_after_both(
    combination: Combination, versions: Path, servers: Servers, tmp_path: Path, run_folder: Path
) -> None:
    workspace, _ = owned(combination, versions, tmp_path)
    answers = combination.but(scheduler="apscheduler").answers
    update(workspace, answers)
    environment = environment_of(workspace, run_folder / "environments")
    with ExitStack() as stack:
        settings = {name: stack.enter_context(each.database()) for name, each in servers.behind(answers).items()}
        tests = environment.run("-m", "pytest", "--no-header", cwd=workspace, **settings)
    assert tests.returncode == 0, tests.stdout
    assert "test_orders.py" in tests.stdout


def owned(combination: Combination, versions: Path, folder: Path) -> tuple[Path, Owner]:
    """Copy a service from the former version, and let an owner change it and commit."""
    render(versions, folder / "former", combination.answers, MADE_UP)
    workspace = adopt(folder / "former", folder / "service")
    owner = Owner(combination.answers, workspace)
    owner.work()
    commit(workspace, "Take orders")
    return workspace, owner


def problems(owner: Owner, workspace: Path) -> list[str]:
    files = {name: content for name, content in tree(workspace).items() if content is not None}
    conflicts = [f"a conflict in {name}" for name, content in files.items() if b"<<<<<<<" in content]
    rejected = [name for name in files if name.endswith(".rej")]
    old = [f"{name} is the former one" for name, content in files.items() if REMARK.encode() in content]
    return [*conflicts, *rejected, *old, *owner.losses()]
