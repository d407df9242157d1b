"""The contents of one file in all services, as one list of lines, each with the services that have it."""

import difflib
from collections.abc import Mapping
from itertools import groupby
from operator import itemgetter

Part = tuple[int, str]


def parts(contents: Mapping[str, int]) -> list[Part]:
    """Return texts in order, each with the services that have it, from the contents and the services with each.

    A service's file is what remains when the texts of other services are left out.
    """
    merged: list[Part] = []
    for content, services in contents.items():
        merged = list(_with(merged, content.splitlines(keepends=True), services))
    return [(services, "".join(text for _, text in run)) for services, run in groupby(merged, itemgetter(0))]


def _with(merged: list[Part], lines: list[str], services: int) -> list[Part]:
    """Return the merged lines with those of one more content."""
    found: list[Part] = []
    matcher = difflib.SequenceMatcher(None, [line for _, line in merged], lines, autojunk=False)
    for kind, start, end, first, last in matcher.get_opcodes():
        there = services if kind == "equal" else 0
        found += [(others | there, line) for others, line in merged[start:end]]
        if kind != "equal":
            found += [(services, line) for line in lines[first:last]]
    return found
