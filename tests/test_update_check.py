"""`python -m kit update --check` says what an update would do, and touches nothing."""

import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.combinations import all_combinations
from tests.environments import Environment, environment_of
from tests.shell import environ
from tests.template import git, render
from tests.updating import adopt, commit, tree
from tests.versions import BUMPED, MADE_UP, NEWEST

OWN = '"click>=8.5,<9",'
COMMAND = ("-m", "kit", "update", "--check")


@dataclass
class Checked:
    """A committed service of the former version, in which the command runs."""

    folder: Path
    environment: Environment
    environ: dict[str, str]

    def check(self, *options: str, **variables: str) -> tuple[int, str]:
        """Return the exit status and what is printed; nothing in the folder may have changed, nor in its repository."""
        before, worktrees = self.state(), git(self.folder, "worktree", "list") if self.is_repository else ""
        run = subprocess.run(
            [self.environment.python, *COMMAND, *options],
            cwd=self.folder,
            env=self.environ | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert self.state() == before
        assert (git(self.folder, "worktree", "list") if self.is_repository else "") == worktrees
        return run.returncode, run.stdout

    @property
    def is_repository(self) -> bool:
        return (self.folder / ".git").exists()

    def state(self) -> dict[str, bytes | None]:
        """Return the content of the service and of its repository, bytecode aside."""
        found = {path.relative_to(self.folder).as_posix(): path for path in sorted(self.folder.rglob("*"))}
        return {
            name: path.read_bytes() if path.is_file() else None
            for name, path in found.items()
            if "__pycache__" not in name
        }

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, "utf-8")
        commit(self.folder, f"Change {name}")

    def replace(self, name: str, old: str, new: str) -> None:
        self.write(name, (self.folder / name).read_text("utf-8").replace(old, new))


@pytest.fixture
def service(versions: Path, run_folder: Path, tmp_path: Path) -> Checked:
    render(versions, tmp_path / "former", all_combinations()[0].answers, MADE_UP)
    folder = adopt(tmp_path / "former", tmp_path / "service")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    environment = environment_of(folder, run_folder / "environments")
    return Checked(folder, environment, environ(tmp_path) | {"TMPDIR": str(temporary)})


def test_conflicts_are_listed_with_their_lines(service: Checked) -> None:
    service.replace("pyproject.toml", BUMPED[1], OWN)
    (service.folder / "README.md").write_text("Not committed.\n", "utf-8")
    status, printed = service.check("--test")
    assert status == 1
    assert "without your uncommitted changes" in printed
    assert "The tests did not run" in printed
    (conflict,) = listed(printed)["Conflicts"]
    # Both versions between three markers, one line higher: the update removes the remark at the beginning of the file.
    first = (service.folder / "pyproject.toml").read_text("utf-8").splitlines().index(f"    {OWN}")
    assert conflict == f"pyproject.toml: lines {first}-{first + 4}"


@pytest.mark.thorough
def test_a_clean_check_lists_what_the_update_then_does(service: Checked) -> None:
    options = ("--data=store=lmdb", "--data=example=false")
    status, printed = service.check(*options)
    assert status == 0, printed
    assert f"Template: {MADE_UP} → {NEWEST}" in printed
    assert list((service.folder.parent / "temporary").iterdir()) == []
    before = tree(service.folder)
    update = ("uvx", "copier", "update", "--defaults", "--quiet", *options)
    subprocess.run(update, cwd=service.folder, env=service.environ, check=True)
    after = tree(service.folder)
    files = {name for name, content in (before | after).items() if content is not None and "__pycache__" not in name}
    new, deleted = files - before.keys(), files - after.keys()
    changed = {name for name in files - new - deleted if before[name] != after[name]}
    assert "kit/store/lmdb/engine.py" in new
    assert "app/api/v1/items/routes.py" in deleted
    groups = {title: set(names) for title, names in listed(printed).items()}
    assert groups == {"New": new, "Changed": changed, "Deleted": deleted}


@pytest.mark.thorough
def test_with_nothing_to_update_it_says_so(service: Checked) -> None:
    status, printed = service.check("--vcs-ref=:current:")
    assert (status, printed.splitlines()[-1]) == (0, "Nothing changes.")


@pytest.mark.thorough
def test_a_service_in_a_folder_of_a_repository_has_paths_from_its_own_folder(service: Checked, tmp_path: Path) -> None:
    shutil.rmtree(service.folder / ".git")
    whole = tmp_path / "whole"
    shutil.copytree(service.folder, whole / "services/shop")
    git(whole, "init", "--quiet")
    commit(whole, "Start")
    service.folder = whole / "services/shop"
    status, printed = service.check()
    assert status == 0, printed
    assert "pyproject.toml" in listed(printed)["Changed"]


@pytest.mark.thorough
def test_the_tests_run_in_the_updated_service(service: Checked) -> None:
    shutil.rmtree(service.folder / "tests/api")
    service.write("tests/test_it.py", "def test_it() -> None:\n    assert 1 == 2\n")
    status, printed = service.check("--test")
    assert status == 1, printed
    assert "1 failed" in printed


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--vcs-ref=v77.7.7",), "v77.7.7"),
        (("--data=databse=mysql",), "There is no question 'databse'"),
        (("--data=database=oracle",), "database"),
    ],
)
def test_what_copier_refuses_is_said_without_a_traceback(service: Checked, options: tuple[str, ...], said: str) -> None:
    status, printed = service.check(*options)
    assert status == 2
    assert said in printed
    assert "Traceback" not in printed
    assert len(printed.splitlines()) <= 6


def test_a_template_that_is_away_is_said(service: Checked) -> None:
    record = (service.folder / ".copier-answers.yml").read_text("utf-8")
    address = next(line for line in record.splitlines() if line.startswith("_src_path: "))
    service.replace(".copier-answers.yml", address, f"_src_path: {service.folder}/away.git")
    status, printed = service.check()
    assert status == 2
    assert "away.git" in printed
    assert "Traceback" not in printed


def test_without_a_repository_or_a_commit_it_says_what_to_do(service: Checked) -> None:
    shutil.rmtree(service.folder / ".git")
    assert service.check() == (
        2,
        "Error: the service is in no git repository; an update needs one: git init, and commit everything\n",
    )
    git(service.folder, "init", "--quiet")
    status, printed = service.check()
    assert (status, "no commit yet" in printed) == (2, True)


def test_without_copier_it_says_how_to_get_it(service: Checked, tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    git_program = shutil.which("git")
    assert git_program
    (programs / "git").symlink_to(git_program)
    status, printed = service.check(PATH=str(programs))
    assert (status, "neither uvx nor copier" in printed) == (2, True)


def test_without_check_nothing_runs(service: Checked) -> None:
    run = service.environment.run("-m", "kit", "update", cwd=service.folder)
    assert run.returncode == 2
    assert "Add --check" in run.stdout


def test_ctrl_c_leaves_nothing_behind(service: Checked, tmp_path: Path) -> None:
    slow = tmp_path / "slow"
    slow.mkdir()
    started = tmp_path / "started"
    (slow / "uvx").write_text(f"#!/bin/sh\ntouch {started}\nexec sleep 60\n", "utf-8")
    (slow / "uvx").chmod(0o755)
    before = service.state()
    path = f"{slow}{os.pathsep}{service.environ['PATH']}"
    with subprocess.Popen(
        [service.environment.python, *COMMAND],
        cwd=service.folder,
        env=service.environ | {"PATH": path},
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - in the background it is ignored
        text=True,
    ) as running:
        while not started.exists():
            assert running.poll() is None
        os.killpg(running.pid, signal.SIGINT)
        _, errors = running.communicate(timeout=20)
    assert (running.returncode, "Traceback" in errors) == (1, False)
    assert service.state() == before
    assert list((tmp_path / "temporary").iterdir()) == []


def listed(printed: str) -> dict[str, list[str]]:
    """Return the names below each title."""
    groups: dict[str, list[str]] = {}
    title = ""
    for line in printed.splitlines():
        if line.startswith("  ") and title:
            groups[title].append(line.strip())
        elif line.endswith("):"):
            title = line.partition(" (")[0]
            groups[title] = []
    return groups
