"""What somebody reads in a terminal of 80 columns: the help of each question, and its refusals."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.combinations import all_combinations, configuration
from tests.environments import Environment
from tests.servers.ports import free_port
from tests.shell import environ
from tests.terminal import Terminal
from tests.test_questions import REFUSED

pytestmark = pytest.mark.thorough

QUESTIONS = {
    name: question
    for name, question in configuration().items()
    if not name.startswith("_") and question.get("when") is not False and name != "python_version"
}
RIGHT = {
    "service_name": "such as billing-api.",
    "service_description": "such as Bills it.",
    "author": "such as Example Team.",
}


ROUTE = """from fastapi import APIRouter

router = APIRouter()


@router.get("")
async def answer() -> int:
    answer = 41
    breakpoint()
    return answer + 1
"""


@pytest.mark.combinations(all_combinations()[:1])
@pytest.mark.parametrize("option", ["", "--no-reload"])
def test_a_breakpoint_gives_a_prompt(option: str, workspace: Path, environment: Environment, tmp_path: Path) -> None:
    (workspace / "app/api/v1/answer").mkdir()
    (workspace / "app/api/v1/answer/routes.py").write_text(ROUTE, "utf-8")
    port = free_port()
    command = f"{environment.python} -m fastapi dev {option} --port {port}"
    with Terminal(command, workspace, environ(tmp_path)) as terminal:
        terminal.wait_for("Application startup complete")
        url = f"http://127.0.0.1:{port}/api/v1/answer"
        request = [
            "curl",
            "--silent",
            "--noproxy",
            "*",
            "--retry",
            "20",
            "--retry-connrefused",
            "--retry-delay",
            "1",
            url,
        ]
        with subprocess.Popen(request, stdout=subprocess.PIPE) as asked:  # it listens a moment after it has started
            terminal.wait_for("(Pdb)")
            terminal.type(*"p answer", "Enter")
            terminal.wait_for("\n41")
            terminal.type("c", "Enter")
            assert asked.communicate(timeout=30)[0] == b"42"


def asking(question: str, template: Path, folder: Path) -> Terminal:
    """Have Copier ask this question, and no other."""
    others = {name: each["default"] for name, each in QUESTIONS.items() if name != question}
    others |= {"database": "mongodb"} if question == "mongodb_driver" else {}
    given = [f"--data={name}={value}" for name, value in others.items() if name != "mongodb_driver"]
    command = [sys.executable, "-m", "copier", "copy", *given, str(template), str(folder / "service")]
    return Terminal(shlex.join(command), folder, environ(folder))


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_help_and_the_refusals_of_a_question_can_be_read(question: str, template: Path, tmp_path: Path) -> None:
    lines = [line.strip() for line in QUESTIONS[question]["help"].strip().splitlines()]
    with asking(question, template, tmp_path) as terminal:
        screen = terminal.wait_for(lines[-1])
        assert [line for line in lines if line not in screen] == []
        for answer in typed(question):
            terminal.type("C-u", *answer, "Enter")
            terminal.wait_for(RIGHT[question], seconds=20)


def typed(question: str) -> list[str]:
    """Return the answers of one line that are refused when they are typed."""
    return [str(answer) for name, answer in REFUSED if name == question and name in RIGHT and "\n" not in str(answer)]
