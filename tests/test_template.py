"""The unrendered template: you can read and lint it as it is."""

import re
from pathlib import Path

import pytest

from tests.checking import ruff
from tests.combinations import ROOT
from tests.template import TEMPLATE

pytestmark = [pytest.mark.render, pytest.mark.quick]

# The number of Python files with markers, and of lines with markers in them except in the composition root. Lower these
# numbers when you remove markers; never raise them.
FILES_WITH_MARKERS = 5
MARKER_LINES = 10
COMPOSITION_ROOT = TEMPLATE / "app/main.py"


def test_python_files_hardly_have_markers() -> None:
    lines = {path: _marker_lines(path) for path in TEMPLATE.rglob("*.py")}
    marked = {path: count for path, count in lines.items() if count}
    assert len(marked) == FILES_WITH_MARKERS, marked
    assert sum(marked.values()) - marked[COMPOSITION_ROOT] == MARKER_LINES, marked


@pytest.mark.parametrize("folder", [TEMPLATE, ROOT / "tests", ROOT / "benchmarks"], ids=lambda folder: folder.name)
def test_ruff_finds_nothing_in_the_unrendered_template_and_in_our_own_code(folder: Path) -> None:
    found = ruff(folder)
    assert not found, found


def _marker_lines(path: Path) -> int:
    return len(re.findall(r"^.*(?:# \{%|# \{#|\{@).*$", path.read_text("utf-8"), re.MULTILINE))
