"""`python -m kit update --check`, with a script in the place of Copier."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kit.update.command import update

RECORD = "_commit: v1\n_src_path: https://git.test/template\n"
EDITS = """
echo '_commit: v2' >.copier-answers.yml
echo 1 >new
echo 2 >changed
rm deleted
"""
# Not written out: a search for conflicts in the service must not find this file.
CONFLICTS = f"""
printf 'a\\n{"<" * 7} before updating\\nb\\n=======\\nc\\n{">" * 7} after updating\\n' >changed
blob=$(git hash-object -w changed)
for stage in 1 2 3; do printf '100644 %s %s\\tshop/changed\\n' $blob $stage; done >index
git rm --quiet --cached changed
git update-index --index-info <index
rm index
"""
REFUSES = """
echo 'Traceback (most recent call last):' >&2
echo '  File "copier.py"' >&2
echo 'Unknown revision' >&2
exit 1
"""
Check = Callable[..., Result]


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a committed service, in a folder of a repository."""
    folder = tmp_path / "repository/shop"
    folder.mkdir(parents=True)
    for name, text in {".copier-answers.yml": RECORD, "changed": "1\n", "deleted": "1\n"}.items():
        (folder / name).write_text(text, "utf-8")
    monkeypatch.setattr("kit.update.trial.PROJECT_FOLDER", folder)
    git(folder.parent, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Start")
    return folder


@pytest.fixture
def check(service: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    """Return a function that runs the check with a script as `uvx`; nothing may change in the repository."""
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")

    def run(script: str, *options: str, **programs_too: str) -> Result:
        for name, text in {"uvx": script, **programs_too}.items():
            (programs / name).write_text(f"#!/bin/sh\nset -e\n{text}", "utf-8")
            (programs / name).chmod(0o755)
        before = content(service.parent)
        result = CliRunner().invoke(update, ["--check", *options])
        assert content(service.parent) == before
        return result

    return run


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@localhost", "-c", "commit.gpgsign=false")
    return subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def content(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_it_lists_new_changed_and_deleted_files(check: Check) -> None:
    result = check(EDITS)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[1:] == [
        "Template: v1 → v2",
        *("New (1):", "  new", "Changed (2):", "  .copier-answers.yml", "  changed", "Deleted (1):", "  deleted"),
    ]


def test_it_lists_conflicts_with_their_lines(check: Check, service: Path) -> None:
    (service / "changed").write_text("not committed\n", "utf-8")
    result = check(CONFLICTS, "--test")
    assert result.exit_code == 1, result.output
    assert "without your uncommitted changes" in result.stdout
    assert "Conflicts (1):\n  changed: lines 2-6\n" in result.stdout
    assert "The tests did not run" in result.stdout


def test_without_changes_it_says_so(check: Check) -> None:
    assert check("").stdout.splitlines()[-1] == "Nothing changes."


def test_options_are_those_of_copier(check: Check, tmp_path: Path) -> None:
    check(f'echo "$@" >{tmp_path}/options', "--data", "a=b", "--data=c=d e", "--vcs-ref", ":current:")
    assert (tmp_path / "options").read_text("utf-8").split() == [
        *("copier", "update", "--defaults", "--quiet", "--conflict=inline"),
        *("--data=a=b", "--data=c=d", "e", "--vcs-ref=:current:"),
    ]


@pytest.mark.parametrize("status", [0, 1])
def test_the_exit_status_of_the_tests_counts(check: Check, status: int) -> None:
    assert check(EDITS, "--test", uv=f"exit {status}").exit_code == status


def test_a_refusal_is_shown_without_its_traceback(check: Check) -> None:
    result = check(REFUSES)
    assert (result.exit_code, result.stderr) == (2, "Error: the update does not begin:\n  Unknown revision\n")


def test_without_a_repository_a_commit_or_a_record_it_says_what_is_missing(service: Path, check: Check) -> None:
    git(service, "rm", "--quiet", ".copier-answers.yml")
    git(service, "commit", "--quiet", "--message", "Forget")
    assert ".copier-answers.yml is not in the last commit" in check(EDITS).stderr
    (service.parent / ".git").rename(service.parent / "old")
    git(service.parent, "init", "--quiet")
    assert "no commit yet" in check(EDITS).stderr
    (service.parent / ".git").rename(service.parent / "older")
    assert "no git repository" in check(EDITS).stderr


def test_without_programs_it_says_which(service: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    del service
    found = {"git": "/usr/bin/git", "copier": "/usr/bin/copier"}
    monkeypatch.setattr("kit.update.trial.shutil.which", found.get)
    with monkeypatch.context() as without:
        without.setattr("kit.update.trial.PROJECT_FOLDER", tmp_path)
        found.pop("git")
        assert "git is not installed" in CliRunner().invoke(update, ["--check"]).stderr
    found.update(git="/usr/bin/git")
    found.pop("copier")
    result = CliRunner().invoke(update, ["--check"])
    assert (result.exit_code, "neither uvx nor copier" in result.stderr) == (2, True)


def test_without_check_it_does_nothing() -> None:
    result = CliRunner().invoke(update, [])
    assert (result.exit_code, "Add --check" in result.stderr) == (2, True)
