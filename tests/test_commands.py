"""`copier copy` and `copier update` as commands: with the oldest Copier, from a changed clone, with a conflict."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.combinations import ROOT, Combination, all_combinations, configuration, fullest_per_database
from tests.shell import environ
from tests.template import git, render
from tests.test_places import Rendered
from tests.updating import adopt, commit, tree
from tests.versions import BUMPED, MADE_UP

OLDEST = configuration()["_min_copier_version"]
TESTED = [all_combinations()[0], fullest_per_database()[0]]


@pytest.mark.thorough
@pytest.mark.parametrize("before", TESTED, ids=str)
def test_the_oldest_copier_that_is_allowed_copies_and_updates(
    before: Combination, template: Path, rendered: Rendered, tmp_path: Path
) -> None:
    run(*oldest("copy", *data(before)), str(template), str(tmp_path / "service"))
    assert tree(tmp_path / "service") == tree(rendered(before).path)
    git(tmp_path / "service", "init", "--quiet")
    commit(tmp_path / "service", "Start")
    after = before.but(database="postgres", store="redis")
    run(*oldest("update", "--vcs-ref=:current:", *data(after)), cwd=tmp_path / "service")
    assert tree(tmp_path / "service") == tree(rendered(after).path)


def test_an_older_copier_is_refused_and_copiers_own_fault_is_not_ours(template: Path, tmp_path: Path) -> None:
    (declared,) = re.findall(r'"copier(.+)"', (ROOT / "pyproject.toml").read_text("utf-8"))
    assert declared.split(",")[0] == f">={OLDEST.removesuffix('.0')}"
    older = (*tool("9.17.2"), "copy", "--defaults", str(template), str(tmp_path / "service"))
    assert f"{OLDEST}" in said(*older)
    assert not (tmp_path / "service").exists()


@pytest.mark.render
def test_the_first_command_makes_a_service_that_can_be_updated_also_in_a_clone_that_was_touched(
    template: Path, tmp_path: Path
) -> None:
    git(tmp_path, "clone", "--quiet", "--no-tags", str(template), "clone")  # as this repository is
    with (tmp_path / "clone/README.md").open("a", encoding="utf-8") as readme:
        readme.write("\nTouched.\n")
    readers = environ(tmp_path)
    copying, updating = re.findall(r"uvx copier .+?(?= && |$)", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)[
        :2
    ]
    run("sh", "-c", copying, cwd=tmp_path / "clone", env=readers)
    service = tmp_path / "example-service"
    git(service, "init", "--quiet")
    commit(service, "Start")
    run("sh", "-c", updating, cwd=service, env=readers)
    assert "postgres" in (service / ".copier-answers.yml").read_text("utf-8")


@pytest.mark.thorough
@pytest.mark.render
def test_without_a_conflict_the_message_names_no_file(versions: Path, tmp_path: Path) -> None:
    service = conflicting(versions, tmp_path)
    git(service, "reset", "--quiet", "--hard", "HEAD~1")
    assert found_by_the_message_of(service) == []


@pytest.mark.thorough
@pytest.mark.render
def test_after_a_conflict_the_message_leads_to_the_files(versions: Path, tmp_path: Path) -> None:
    assert found_by_the_message_of(conflicting(versions, tmp_path)) == ["pyproject.toml"]


@pytest.mark.thorough
@pytest.mark.render
def test_the_message_also_leads_to_rejected_files_that_git_ignores(versions: Path, tmp_path: Path) -> None:
    service = conflicting(versions, tmp_path)
    (service / ".gitignore").write_text("*.rej\n", "utf-8")
    commit(service, "Ignore what is left")
    assert "pyproject.toml.rej" in found_by_the_message_of(service, "--conflict=rej")


def conflicting(versions: Path, folder: Path) -> Path:
    """Copy the former version, and commit a change of a line that the newest version also changes."""
    render(versions, folder / "former", all_combinations()[0].answers, MADE_UP)
    service = adopt(folder / "former", folder / "service")
    pyproject = service / "pyproject.toml"
    pyproject.write_text(pyproject.read_text("utf-8").replace(BUMPED[1], '"click>=8.5,<9",'), "utf-8")
    commit(service, "Stay below the next major version")
    return service


def found_by_the_message_of(service: Path, *options: str) -> list[str]:
    """Update, run the command from the message, and return the files that it lists."""
    message = said(sys.executable, "-m", "copier", "update", "--defaults", *options, cwd=service)
    assert "up to date" not in message
    (command,) = re.findall(r"^ +(git .+)$", message, re.MULTILINE)
    return run("sh", "-c", command, cwd=service).splitlines()


def oldest(command: str, *options: str) -> tuple[str, ...]:
    return (*tool(OLDEST), command, "--defaults", "--quiet", *options)


def tool(version: str) -> tuple[str, ...]:
    return ("uv", "tool", "run", "--quiet", "--from", f"copier=={version}", "copier")


def data(combination: Combination) -> list[str]:
    return [f"--data={question}={answer}" for question, answer in combination.answers.items()]


def run(*command: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def said(*command: str, cwd: Path | None = None) -> str:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False).stderr
