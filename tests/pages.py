"""The pages of the documentation as scripts: the steps of a reader who follows their code blocks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.combinations import ROOT

PART = re.compile(
    r"^<!-- (?P<kind>run|proved by):? (?P<words>.*?)\s*-->$"
    r"|^(?P<fence>`{3,})(?P<language>\w*)(?: title=\"(?P<title>[^\"]+)\")?\n(?P<text>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)
OUTPUT = ("text", "json")


class PageError(Exception):
    """A page has a block that a reader cannot follow."""


@dataclass(frozen=True)
class Run:
    """Commands for a shell; a comment `<!-- run: … -->` has one that readers do not need to see."""

    commands: tuple[str, ...]


@dataclass(frozen=True)
class Expect:
    """The output of the commands before it; `…` stands for anything, and spaces in JSON do not matter."""

    text: str
    is_json: bool


@dataclass(frozen=True)
class Write:
    """A file to write."""

    path: str
    text: str


@dataclass(frozen=True)
class Change:
    """A diff of lines to change in a file."""

    path: str
    text: str


Step = Run | Expect | Write | Change


def pages() -> list[Path]:
    """Return the pages that have code blocks."""
    found = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [page for page in found if "```" in page.read_text("utf-8")]


def steps(page: str) -> list[Step]:
    """Return the steps of a page; raise `PageError` for a block without a defined use."""
    if hidden := re.search(r"^[ \t]+```.*$", page, re.MULTILINE):
        msg = f"an indented block is not run; move it to the start of the line: {hidden[0].strip()}"
        raise PageError(msg)
    found: list[Step] = []
    parts = PART.finditer(page)
    for part in parts:
        if part["kind"] == "proved by":
            _check_proof(part["words"])
            next(parts)
        elif part["kind"]:
            found.append(Run((part["words"],)))
        else:
            found.append(_step(part, found))
    return found


def _step(block: re.Match[str], before: list[Step]) -> Step:
    language, title, text = block["language"], block["title"], block["text"]
    if title:
        return Change(title, text) if language == "diff" else Write(title, text)
    if language == "sh":
        return Run(tuple(_commands(text)))
    if language in OUTPUT and before and isinstance(before[-1], Run):
        return Expect(text, is_json=language == "json")
    msg = f"nothing runs this block of {language or 'no language'}; give it a title:\n{text}"
    raise PageError(msg)


def _commands(text: str) -> Iterator[str]:
    """Yield the command lines, with continued lines joined."""
    for line in text.replace("\\\n", "").splitlines():
        if line.strip() and not line.startswith("#"):
            yield line


def _check_proof(path: str) -> None:
    if not (ROOT / path).exists():
        msg = f"{path}, which should prove the next block, does not exist; name an existing file"
        raise PageError(msg)
