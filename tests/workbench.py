"""Run a command in one service, rendered from the working tree, with its servers.

    uv run python -m tests.workbench database=postgres store=redis -- python -m pytest kit/tests/sql

The service is in a temporary folder. Its environment stays in `.tools`, so that the next call starts faster.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Generator, Sequence
from pathlib import Path

from tests.combinations import ROOT, all_combinations
from tests.environments import clean_environ, environment_of
from tests.servers import Servers
from tests.template import commit_working_tree, render

BOOLS = {"true": True, "false": False}


@contextlib.contextmanager
def service_of(answers: Sequence[str]) -> Generator[tuple[Path, dict[str, str]]]:
    """Render the service with these answers, start its servers, and yield its folder and environment variables."""
    given = dict(answer.split("=") for answer in answers)
    combination = all_combinations()[0].but(**{name: BOOLS.get(answer, answer) for name, answer in given.items()})
    (ROOT / ".tools").mkdir(exist_ok=True)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        commit_working_tree(folder / "template")
        render(folder / "template", folder / "service", combination.answers)
        environment = environment_of(folder / "service", ROOT / ".tools/environments")
        behind = stack.enter_context(contextlib.closing(Servers())).behind(combination.answers)
        settings = {setting: stack.enter_context(server.database()) for setting, server in behind.items()}
        path = f"{environment.bin}{os.pathsep}{os.environ['PATH']}"
        yield folder / "service", clean_environ(**settings) | {"PATH": path}


def main() -> int:
    split = sys.argv.index("--")
    with service_of(sys.argv[1:split]) as (service, environment):
        return subprocess.run(sys.argv[split + 1 :], cwd=service, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
