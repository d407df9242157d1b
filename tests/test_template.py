"""The template itself, unrendered: it can be read and linted as it stands."""

import re
import subprocess
import sysconfig
from pathlib import Path

import pytest

from tests.checking import ruff
from tests.combinations import ROOT
from tests.template import TEMPLATE

pytestmark = pytest.mark.render

# Python files with markers, and lines with markers in them. Lower these when you remove some; never raise them.
FILES_WITH_MARKERS = 5
MARKER_LINES = 36
ALLOWED_FILES = 5


def test_python_files_hardly_have_markers() -> None:
    lines = {path: _marker_lines(path) for path in TEMPLATE.rglob("*.py")}
    marked = {path: count for path, count in lines.items() if count}
    assert (len(marked), sum(marked.values())) == (FILES_WITH_MARKERS, MARKER_LINES), marked
    assert FILES_WITH_MARKERS <= ALLOWED_FILES


@pytest.mark.parametrize("folder", [TEMPLATE, ROOT / "tests", ROOT / "benchmarks"], ids=lambda folder: folder.name)
def test_ruff_finds_nothing_in_the_unrendered_template_and_in_our_own_code(folder: Path) -> None:
    found = ruff(folder)
    assert not found, found


@pytest.mark.parametrize("path", sorted((ROOT / ".github/workflows").iterdir()), ids=lambda path: path.stem)
def test_our_own_workflows_are_valid_and_pin_their_actions(path: Path) -> None:
    scripts = Path(sysconfig.get_path("scripts"))
    schema = ("check-jsonschema", "--builtin-schema", "vendor.github-workflows")
    for tool, *options in (schema, ("zizmor", "--offline", "--quiet")):
        run = subprocess.run([scripts / tool, *options, path], capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout + run.stderr
    actions = re.findall(r"uses: \S+@(.+)", path.read_text("utf-8"))
    assert [each for each in actions if not re.fullmatch(r"[0-9a-f]{40} # v\d+\.\d+\.\d+", each)] == []


def _marker_lines(path: Path) -> int:
    return len(re.findall(r"^.*(?:# \{%|# \{#|\{@).*$", path.read_text("utf-8"), re.MULTILINE))
