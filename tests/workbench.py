"""Run a command in one service, rendered from the working tree, with its servers.

    uv run python -m tests.workbench database=postgres store=redis -- python -m pytest kit/tests/sql

The service is in a temporary folder. Its environment stays in `.tools`, so that the next call starts faster.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.combinations import ROOT, Answers, all_combinations
from tests.environments import clean_environ, environment_of
from tests.servers import Servers
from tests.template import commit_working_tree, render

BOOLS = {"true": True, "false": False}


def main() -> int:
    split = sys.argv.index("--")
    given = dict(answer.split("=") for answer in sys.argv[1:split])
    combination = all_combinations()[0].but(**{name: BOOLS.get(answer, answer) for name, answer in given.items()})
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        commit_working_tree(Path(folder) / "template")
        render(Path(folder) / "template", Path(folder) / "service", combination.answers)
        return run(sys.argv[split + 1 :], Path(folder) / "service", combination.answers)


def run(command: list[str], service: Path, answers: Answers) -> int:
    (ROOT / ".tools").mkdir(exist_ok=True)
    environment = environment_of(service, ROOT / ".tools/environments")
    with contextlib.closing(Servers()) as servers, contextlib.ExitStack() as stack:
        behind = servers.behind(answers)
        settings = {setting: stack.enter_context(server.database()) for setting, server in behind.items()}
        path = f"{environment.bin}{os.pathsep}{os.environ['PATH']}"
        variables = clean_environ(**settings) | {"PATH": path}
        return subprocess.run(command, cwd=service, env=variables, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
