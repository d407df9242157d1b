"""What somebody has made of their service survives the next version of the template and another answer."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.changes import Change, single_switches
from tests.combinations import Combination, fullest_per_database
from tests.environments import environment_of
from tests.next_version import REMARK, release_next_version
from tests.owner import Owner
from tests.servers import Servers
from tests.sharing import made_once
from tests.template import Service
from tests.updating import adopt, commit, tree, update

Rendered = Callable[[Combination], Service]
NEXT = "v0.0.2"


@pytest.fixture(scope="session")
def versions(template: Path, run_folder: Path) -> Path:
    """Return the template with a further version."""
    return made_once(run_folder / "versions", lambda path: release_next_version(template, path))


@pytest.mark.parametrize("change", single_switches(), ids=lambda change: change.id)
def test_a_new_version_and_another_answer_leave_alone_what_is_the_owner_s(
    change: Change, rendered: Rendered, versions: Path, tmp_path: Path
) -> None:
    workspace, owner = owned(rendered(change.before), versions, tmp_path)
    update(workspace, {}, NEXT)
    assert problems(owner, workspace) == []
    commit(workspace, "Update")

    update(workspace, owner.answers(change), NEXT)
    assert problems(owner, workspace) == []


@pytest.mark.combinations(fullest_per_database())
def test_the_owner_s_service_works_after_both(
    service: Service, versions: Path, servers: Servers, tmp_path: Path, run_folder: Path
) -> None:
    workspace, _ = owned(service, versions, tmp_path)
    answers = service.combination.but(scheduler="apscheduler").answers
    update(workspace, answers, NEXT)
    environment = environment_of(workspace, run_folder / "environments")
    with ExitStack() as stack:
        settings = {name: stack.enter_context(each.database()) for name, each in servers.behind(answers).items()}
        tests = environment.run("-m", "pytest", "--no-header", cwd=workspace, **settings)
    assert tests.returncode == 0, tests.stdout
    assert "test_orders.py" in tests.stdout


def owned(service: Service, versions: Path, folder: Path) -> tuple[Path, Owner]:
    """Copy a service and give it to an owner, who works on it and commits."""
    workspace = adopt(service.path, folder / "service")
    owner = Owner(service, workspace)
    owner.work()
    _set_source(workspace, versions)
    commit(workspace, "Take orders")
    return workspace, owner


def problems(owner: Owner, workspace: Path) -> list[str]:
    files = {name: content for name, content in tree(workspace).items() if content is not None}
    conflicts = [f"a conflict in {name}" for name, content in files.items() if b"<<<<<<<" in content]
    rejected = [name for name in files if name.endswith(".rej")]
    theirs = owner.added.keys() | {".copier-answers.yml", "uv.lock"}
    old = [
        f"{name} is the old one"
        for name, content in files.items()
        if name not in theirs and REMARK not in content.decode()
    ]
    return [*conflicts, *rejected, *old, *owner.losses()]


def _set_source(workspace: Path, repository: Path) -> None:
    answers = workspace / ".copier-answers.yml"
    lines = answers.read_text("utf-8").splitlines()
    lines = [f"_src_path: {repository}" if line.startswith("_src_path:") else line for line in lines]
    answers.write_text("\n".join(lines) + "\n", "utf-8")
