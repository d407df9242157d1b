"""Runs an update in a temporary clone. Nothing is written into the service's own folder or repository."""

import os
import re
import shutil
import subprocess
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from kit.discovery import PROJECT_FOLDER

RECORD = ".copier-answers.yml"
# With these variables, git would use another repository, and uv another environment.
FOREIGN = ("GIT_DIR", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_WORK_TREE", "UV_PROJECT_ENVIRONMENT", "VIRTUAL_ENV")
DETAILS = re.compile(r"\s|Traceback|[│╭╰]")


class TrialError(Exception):
    """The update cannot be tried; the message says why."""


def commit_of() -> str:
    """Return the last commit of the service."""
    if not shutil.which("git"):
        raise TrialError("git is not installed, and an update needs it")
    if _run("git", "rev-parse", "--git-dir").returncode:
        raise TrialError("the service is in no git repository; an update needs one: git init, and commit everything")
    found = _run("git", "rev-parse", "--verify", "--quiet", "HEAD")
    if found.returncode:
        raise TrialError("the git repository has no commit yet; commit everything first")
    if _run("git", "cat-file", "-e", f"HEAD:./{RECORD}").returncode:
        raise TrialError(f"{RECORD} is not in the last commit; it says which template and answers the service has")
    return found.stdout.strip()


def has_uncommitted_changes() -> bool:
    return bool(git(PROJECT_FOLDER, "--no-optional-locks", "status", "--porcelain", "--", "."))


@contextmanager
def trial(commit: str) -> Generator[Path]:
    """Yield the service at a commit in a temporary clone, which `git worktree list` does not show."""
    top, folder = git(PROJECT_FOLDER, "rev-parse", "--show-toplevel", "--show-prefix").splitlines()
    with TemporaryDirectory(prefix="update-", ignore_cleanup_errors=True) as temporary:
        clone = Path(temporary) / PROJECT_FOLDER.name
        git(PROJECT_FOLDER, "clone", "--quiet", "--shared", "--no-checkout", top, str(clone))
        git(clone, "checkout", "--quiet", "--detach", commit)
        yield clone / folder


def update_in(folder: Path, data: Sequence[str], revision: str | None) -> None:
    """Update the service in a folder with the owner's Copier; conflicts are marked in the files."""
    options = [f"--data={each}" for each in data] + ([f"--vcs-ref={revision}"] if revision else [])
    run = _run(*_copier(), "update", "--defaults", "--quiet", "--conflict=inline", *options, cwd=folder)
    if run.returncode:
        raise TrialError(f"the update does not begin:\n  {_reason(run.stderr)}")


def version_in(folder: Path) -> str:
    """Return the version of the template that a service records."""
    recorded = re.search(r"^_commit: (.+)$", (folder / RECORD).read_text("utf-8"), re.MULTILINE)
    return recorded[1].strip("'\"") if recorded else "unknown"


def run_tests(folder: Path) -> bool:
    """Run the tests of a service in its own environment, and return whether they pass."""
    if not shutil.which("uv"):
        raise TrialError("uv is not installed; --test makes the environment of the updated service with it")
    return subprocess.run(["uv", "run", "pytest"], cwd=folder, env=_environ(), check=False).returncode == 0  # noqa: S607 - the owner's uv


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder, and return what it prints."""
    run = _run("git", *arguments, cwd=folder)
    if run.returncode:
        raise TrialError(f"git {arguments[0]}: {run.stderr.strip()}")
    return run.stdout


def _copier() -> list[str]:
    if shutil.which("uvx"):
        return ["uvx", "copier"]
    if shutil.which("copier"):
        return ["copier"]
    raise TrialError("neither uvx nor copier is installed; https://docs.astral.sh/uv brings uvx")


def _reason(printed: str) -> str:
    """Return the last lines of an error without its traceback."""
    lines = [line for line in printed.splitlines() if line and not DETAILS.match(line)]
    return "\n  ".join(lines[-3:])


def _run(*command: str, cwd: Path | None = None) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 - commands of this module
        command,
        cwd=cwd or PROJECT_FOLDER,
        env=_environ(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def _environ() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in FOREIGN}
