"""The parts of a release other than the template: workflows, forms, and consistent versions."""

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from tests.combinations import ROOT
from tests.template import TEMPLATE

pytestmark = pytest.mark.render

SCHEMAS = {
    ".github/workflows/*.yml": "vendor.github-workflows",
    ".github/ISSUE_TEMPLATE/[!c]*.yml": "vendor.github-issue-forms",
    ".github/ISSUE_TEMPLATE/config.yml": "vendor.github-issue-config",
    ".github/renovate.json": "vendor.renovate",
    "template/.github/dependabot.yml": "vendor.dependabot",
}
FILES = [(path, schema) for pattern, schema in SCHEMAS.items() for path in sorted(ROOT.glob(pattern))]
WORKFLOWS = sorted(ROOT.glob(".github/workflows/*.yml"))


@pytest.mark.parametrize(("path", "schema"), FILES, ids=lambda each: getattr(each, "name", each))
def test_a_file_for_github_has_its_form(path: Path, schema: str) -> None:
    assert output_of("check-jsonschema", "--builtin-schema", schema, str(path)) == ""


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_has_only_the_permissions_that_it_needs(path: Path) -> None:
    assert output_of("zizmor", "--offline", "--quiet", str(path)) == ""


def test_services_wait_equally_long_for_new_releases() -> None:
    dependabot = yaml.safe_load((TEMPLATE / ".github/dependabot.yml").read_text("utf-8"))["updates"]
    (days,) = re.findall(
        r'^exclude-newer = "(\d+) days"', (TEMPLATE / "pyproject.toml").read_text("utf-8"), re.MULTILINE
    )
    assert {each["cooldown"]["default-days"] for each in dependabot} == {int(days)}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_pins_each_action_and_says_its_version(path: Path) -> None:
    actions = re.findall(r"uses: \S+@(.+)", path.read_text("utf-8"))
    assert [each for each in actions if not re.fullmatch(r"[0-9a-f]{40} # v\d+\.\d+\.\d+", each)] == []


def test_every_version_of_uv_is_found_by_renovate() -> None:
    pattern = json.loads((ROOT / ".github/renovate.json").read_text("utf-8"))["customManagers"][0]["matchStrings"][0]
    python_s = re.compile(pattern.replace("(?<", "(?P<"))
    for path in [*WORKFLOWS, *TEMPLATE.glob(".github/workflows/*.yml")]:
        text = path.read_text("utf-8")
        assert len(python_s.findall(text)) == text.count("astral-sh/setup-uv@")


def test_no_address_of_the_repository_is_named_before_it_has_one() -> None:
    """Whoever owned a made-up address could put code into services. The real one is the `repo_url` of the site."""
    site = tomllib.loads((ROOT / "zensical.toml").read_text("utf-8"))["project"]
    owned = re.escape(site["repo_url"].removeprefix("https://github.com/")) if "repo_url" in site else "(?!)"
    named = re.compile(rf"\bgh:(?!{owned})|github\.com[/:](?!{owned})[\w-]+/slipway\b")
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    texts = [
        ROOT / name
        for name in listed.splitlines()
        if name.endswith((".md", ".svg", ".toml", ".yml", ".jinja", ".json"))
    ]
    found = [
        path.relative_to(ROOT).as_posix() for path in texts if path.exists() and named.search(path.read_text("utf-8"))
    ]
    assert found == []


def test_the_version_is_the_newest_of_the_changelog() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    released = re.findall(r"^## \[(\d[^\]]*)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert released[0] == version


def output_of(*command: str) -> str:
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    return run.stdout + run.stderr if run.returncode else ""
