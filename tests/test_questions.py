"""The questions refuse a bad answer and say what would be right; an awkward but valid answer is kept unchanged."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.checking import ruff
from tests.combinations import Answer, Answers, Combination, all_combinations, configuration, deciding_questions
from tests.sharing import made_once
from tests.template import Service, render

pytestmark = pytest.mark.render

REFUSED: list[tuple[str, Answer]] = [
    ("service_name", ""),
    ("service_name", "two words"),
    ("service_name", "Capital"),
    ("service_name", ".."),
    ("service_name", "../elsewhere"),
    ("service_name", "1st-service"),
    ("service_name", "double--dash"),
    ("service_name", "line\n"),
    ("service_name", "a" * 200),
    ("service_description", " \n"),
    ("author", ""),
    ("author", "two\nlines"),
    ("database", "oracle"),
    ("mongodb_driver", "beanie"),
    ("scheduler", "celery"),
    ("store", "memcached"),
    ("temp_files", "maybe"),
    ("auth", "ldap"),
    ("example", "maybe"),
    ("python_version", "2.7"),
]
DESCRIPTIONS = [
    "A FastAPI service.",
    "Says \"hello\", 'hi' and `hey`.",
    r"Back\slash, \n, \u0041 and C:\new",
    "Braces {} {{ x }} {% if x %} {@ x @} ${{ secrets.X }} ${HOME} %(here)s",
    "# {% if database %}",
    "# {# gone #}",
    "First line\nsecond: line\n\n  - third # not a comment",
    "Rockets 🚀, ünï¢ödé and <b>markup</b> & more",
    "It runs 3.13 on sqlite: example-service by Example Team",
    "'''\"\"\"",
    "---",
    "yes",
]


@pytest.mark.parametrize(("question", "answer"), REFUSED)
def test_a_bad_answer_is_refused_with_a_good_one_and_nothing_is_written(
    question: str, answer: Answer, template: Path, tmp_path: Path, run_folder: Path
) -> None:
    with pytest.raises(ValueError, match=f"'?{question}'?:") as refusal:
        render(template, tmp_path / "service", {question: answer})
    assert list(tmp_path.iterdir()) == []
    good = _suggestion(question, str(refusal.value))
    made_once(run_folder / f"{question} {good}", lambda path: render(template, path, {question: good}))


@pytest.mark.parametrize("name", ["databse", "python", "storage", "embedded"])
def test_an_unknown_question_is_refused_with_the_known_ones(name: str, template: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"There is no question '{name}'") as refusal:
        render(template, tmp_path / "service", {name: "postgres"})
    assert list(tmp_path.iterdir()) == []
    assert all(question in str(refusal.value) for question in deciding_questions())


def test_the_command_refuses_too_and_says_why_on_its_last_line(template: Path, tmp_path: Path) -> None:
    run = _copier("--defaults", "--data", "service_name=Two Words", str(template), str(tmp_path / "service"))
    assert run.returncode != 0
    assert re.search(r"'service_name'.*such as billing-api.*'Two Words'", run.stderr.splitlines()[-1])
    assert list(tmp_path.iterdir()) == []


def test_the_command_needs_no_answers_no_trust_and_no_terminal(
    template: Path, tmp_path: Path, rendered: Callable[[Combination], Service]
) -> None:
    run = _copier("--defaults", str(template), str(tmp_path / "service"))
    assert run.returncode == 0, run.stderr
    mine, cheap = Service(tmp_path / "service", all_combinations()[0]), rendered(all_combinations()[0])
    assert _contents(mine) == _contents(cheap)
    answers = yaml.safe_load((tmp_path / "service/.copier-answers.yml").read_text("utf-8"))
    decided = {name: answer for name, answer in answers.items() if name in deciding_questions()}
    assert decided == all_combinations()[0].answers


def test_copying_executes_nothing() -> None:
    assert configuration().keys().isdisjoint({"_tasks", "_migrations", "_jinja_extensions", "_external_data"})


@pytest.mark.parametrize("description", DESCRIPTIONS)
def test_a_description_comes_out_as_it_was_given(description: str, template: Path, tmp_path: Path) -> None:
    service = _rendered(template, tmp_path, {"service_description": description})
    in_one_line = " ".join(description.split())
    assert yaml.safe_load((service / ".copier-answers.yml").read_text("utf-8"))["service_description"] == description
    assert tomllib.loads((service / "pyproject.toml").read_text("utf-8"))["project"]["description"] == in_one_line
    for name in ("README.md", "app/api/description.md"):
        assert in_one_line in " ".join((service / name).read_text("utf-8").split())
    found = ruff(service)
    assert not found, found


@pytest.mark.parametrize("author", ['Ann "A" O\'Neil', "a\\b {{ c }} {@ d @} 🚀", "# {% if x %}"])
def test_an_author_comes_out_as_given(author: str, template: Path, tmp_path: Path) -> None:
    service = _rendered(template, tmp_path, {"author": author})
    project = tomllib.loads((service / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["authors"] == [{"name": author}]


@pytest.mark.parametrize("version", ["3.11", "3.14"])
def test_the_python_version_is_in_the_image_and_in_ci(version: str, template: Path, tmp_path: Path) -> None:
    service = _rendered(template, tmp_path, {"python_version": version})
    for name in ("deploy/Dockerfile", ".github/workflows/check.yml"):
        assert re.findall(r"(?i)python.version\W+(3\.\d+)", (service / name).read_text("utf-8")) == [version]


def _rendered(template: Path, tmp_path: Path, answers: Answers) -> Path:
    render(template, tmp_path / "service", answers)
    return tmp_path / "service"


def _suggestion(question: str, refusal: str) -> str:
    """Return the answer that a refusal suggests; Copier's own refusal lists the choices."""
    spoken = re.search(r"such as (.+?)\.(?:\s|$)", refusal)
    if spoken:
        return spoken[1]
    choices = re.search(r"is not in \['(\w+)'", refusal) or re.search(r"Answer (\w+) or", refusal)
    assert choices, f"{question}: no valid example in {refusal!r}"
    return choices[1]


def _contents(service: Service) -> dict[str, tuple[bytes, int]]:
    return {str(path.relative_to(service.path)): (path.read_bytes(), path.stat().st_mode) for path in service.files()}


def _copier(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "copier", "copy", *arguments]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
