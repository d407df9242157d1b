"""The prompt of `python -m app shell`."""

import subprocess
import sys
from pathlib import Path

from kit.discovery import PROJECT_FOLDER, PYPROJECT

LINES = """
import asyncio
number = await asyncio.sleep(0, 41)
print("number", number + 1)
1 / 0
def twice(value):
    return 2 * value

print("twice", twice(21), app.title)
raise SystemExit
"""


def enter(lines: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Type lines into the shell of a service whose data is in this folder."""
    script = f"import sys; sys.path.insert(0, {str(PROJECT_FOLDER)!r}); from kit.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", script, "shell"], input=lines, cwd=folder, capture_output=True, text=True, check=False
    )


def test_lines_run_in_the_event_loop_of_the_service(tmp_path: Path) -> None:
    run = enter(LINES, tmp_path)
    assert run.returncode == 0, run.stderr
    assert "number 42" in run.stdout
    assert "ZeroDivisionError" in run.stderr
    assert f"twice 42 {PYPROJECT['project']['name']}" in run.stdout


def test_the_end_of_the_input_ends_it(tmp_path: Path) -> None:
    run = enter("", tmp_path)
    assert (run.returncode, "Traceback" in run.stderr) == (0, False), run.stderr
    assert "The service is open. Names: app" in run.stderr
