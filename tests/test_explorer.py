"""The page on which to choose shows, counts, compares and packs exactly what Copier renders."""

import json
import random
import shlex
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from explorer.conditions import spoken
from tests.changes import SEED
from tests.choosing import SAMPLE, choose, copied, downloaded
from tests.proofs import proofs, subject
from tests.rendering import Tree
from tests.template import render

pytestmark = [pytest.mark.thorough, pytest.mark.render]


@pytest.fixture(scope="module")
def data(site: Path) -> dict[str, Any]:
    return json.loads((site / "explorer/data.json").read_text("utf-8"))


def test_the_zip_of_the_page_is_a_copy(page: Page, template: Path, tmp_path: Path) -> None:
    for number, combination in enumerate(SAMPLE):
        name = f"service-{number}"
        choose(page, combination, f"service_name={name}")
        render(template, tmp_path / name, {**combination.answers, "service_name": name})
        assert downloaded(page, name) == copied(tmp_path / name), combination


def test_the_command_of_the_page_makes_what_the_zip_has(page: Page, tmp_path: Path) -> None:
    choose(page, SAMPLE[0], "service_name=shop")
    command = shlex.split(page.locator("[data-part=command]").text_content() or "")
    assert command[:2] == ["uvx", "copier"]
    subprocess.run([sys.executable, "-m", *command[1:]], cwd=tmp_path, check=True, capture_output=True)
    assert copied(tmp_path / "shop") == downloaded(page, "shop")


def test_the_data_has_each_combination(data: dict[str, Any], trees: list[Tree]) -> None:
    tables = [(each["questions"], set(each["answers"])) for each in data["conditions"]]
    for tree in trees:
        answers = {name: spoken(answer) for name, answer in tree.answers.items()}
        holds = [" ".join(answers.get(name, "") for name in questions) in among for questions, among in tables]
        files = {path: file for path, file in data["files"].items() if holds[file[0]]}
        assert files.keys() == tree.files.keys(), tree.id
        for path, (_, parts) in files.items():
            text = "".join(text for condition, text in parts if holds[condition])
            assert text.replace(data["name"]["mark"], data["name"]["default"]) == tree.files[path], (tree.id, path)


def test_the_page_shows_each_file_and_counts_it(page: Page, trees: list[Tree]) -> None:
    for combination in SAMPLE[:5]:
        tree = next(each for each in trees if each.combination == combination)
        choose(page, combination)
        paths = page.locator("[data-part=tree] button").evaluate_all("each => each.map(one => one.dataset.path)")
        assert sorted(paths) == sorted(tree.files)
        assert page.locator("[data-part=files]").text_content() == str(len(tree.files))
        lines = sum(len(text.splitlines()) for text in tree.files.values())
        assert page.locator("[data-part=lines]").text_content() == f"{lines:,}"
        declared = tomllib.loads(tree.files["pyproject.toml"])["project"]["dependencies"]
        assert page.locator("[data-part=dependencies-names] li").all_text_contents() == sorted(declared)
        for path in random.Random(SEED).sample(paths, 10):
            page.locator(f'[data-path="{path}"]').evaluate("each => each.click()")
            assert page.locator("[data-part=text]").text_content() == tree.files[path]


def test_a_comparison_leads_from_one_service_to_the_other(page: Page, trees: list[Tree]) -> None:
    by_combination = {tree.combination: tree for tree in trees}
    for before, after in zip(SAMPLE[:5], SAMPLE[5:10], strict=True):
        old, new = by_combination[before].files, by_combination[after].files
        choose(page, after, "from=" + ",".join(f"{name}:{spoken(answer)}" for name, answer in before.pairs))
        buttons = page.locator("[data-part=tree] button")
        kinds = dict(buttons.evaluate_all("each => each.map(one => [one.dataset.path, one.dataset.kind])"))
        assert kinds == {
            path: "changed" if path in old and path in new else "added" if path in new else "removed"
            for path in old.keys() | new.keys()
            if old.get(path) != new.get(path)
        }
        for path in random.Random(SEED).sample(sorted(kinds), min(len(kinds), 15)):
            page.locator(f'[data-path="{path}"]').evaluate("each => each.click()")
            shown = (page.locator("[data-part=text]").text_content() or "").splitlines()
            added, removed = (Counter(line[1:] for line in shown if line[0] == sign) for sign in "+-")
            expected, former = (Counter(files.get(path, "").splitlines()) for files in (new, old))
            assert former + added == expected + removed, path


def test_the_page_says_what_is_proved_of_a_combination(page: Page, ids_of_every: list[str]) -> None:
    for combination in SAMPLE[:5]:
        choose(page, combination)
        expected = [subject(module) for module, names in proofs(ids_of_every).items() if combination.id in names]
        shown = page.locator("[data-part=default] li, [data-part=every] li").all_text_contents()
        assert sorted(shown) == sorted(expected)
