"""The copies that these tests use are the same as the copies that Copier itself makes in a separate process."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.combinations import Combination, each_answer_once
from tests.rendering import Tree
from tests.template import Service
from tests.updating import adopt, on_disk, tree

pytestmark = pytest.mark.render


def test_what_is_rendered_in_memory_is_what_pytest_copie_renders(service: Service, trees: list[Tree]) -> None:
    (mine,) = [each for each in trees if each.combination == service.combination]
    assert on_disk(mine) == tree(service.path)


@pytest.mark.thorough
@pytest.mark.axis("combination", default=each_answer_once()[:2], every=each_answer_once())
def test_a_cheap_copy_is_that_of_copier(service: Service, template: Path, tmp_path: Path) -> None:
    copier("copy", *data(service.combination), str(template), str(tmp_path / "service"))
    assert tree(tmp_path / "service") == tree(service.path)


@pytest.mark.thorough
def test_a_cheap_update_is_that_of_copier(rendered: Callable[[Combination], Service], tmp_path: Path) -> None:
    before, *_, after = each_answer_once()
    service = adopt(rendered(before).path, tmp_path / "service")
    copier("update", "--vcs-ref=:current:", *data(after), str(service))
    assert tree(service) == tree(rendered(after).path)


def copier(command: str, *arguments: str) -> None:
    program = [sys.executable, "-m", "copier", command, "--defaults", "--quiet", *arguments]
    run = subprocess.run(program, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def data(combination: Combination) -> list[str]:
    return [f"--data={question}={answer}" for question, answer in combination.answers.items()]
