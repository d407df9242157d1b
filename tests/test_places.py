"""An owner's lines at the places for them survive each change of an answer, in a service with little else."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.changes import Change
from tests.combinations import Answer, Combination, all_combinations, deciding_questions
from tests.owner import Owner
from tests.places import MARK, insert
from tests.template import Service
from tests.test_deployment import parse
from tests.test_owner import problems
from tests.updating import adopt, change_answers, commit

Rendered = Callable[[Combination], Service]
PLAINEST = all_combinations()[0]
COMPOSE, KUSTOMIZATION = "deploy/compose.yaml", "deploy/kubernetes/kustomization.yaml"
MAIL = "\n  mail:\n    image: mail:1\n"
VARIABLE, LINE = "      - DATABASE_PASSWORD", "      - A=1\n"
ROUTER = (f"    {MARK}", "    sql.router")
RESOURCE = (f"  {MARK}", "  - volume-claim")
TOP = "# Yours below: "
QUEUE: dict[str, Answer] = {"database": "none", "scheduler": "taskiq"}


class Found(NamedTuple):
    """A place that an owner used, and the answer that conflicts with it."""

    name: str
    start: str | tuple[str, ...]
    text: str
    before: dict[str, Answer]
    after: dict[str, Answer]


# Without the marks, the places are where they were found.
FOUND = {
    "a feature, then a store": Found("app/main.py", ROUTER, "    billing.router,\n", {}, {"store": "lmdb"}),
    "a service, then a store": Found(COMPOSE, "", MAIL, {"database": "none"}, {"store": "lmdb"}),
    "a service, then files": Found(COMPOSE, "", MAIL, {"database": "none"}, {"temp_files": True}),
    "a service, then no jobs": Found(COMPOSE, "", MAIL, QUEUE, {"scheduler": "none"}),
    "a variable, then a store": Found(COMPOSE, VARIABLE, LINE, {"database": "mysql"}, {"store": "redis"}),
    "a variable, then jobs": Found(COMPOSE, VARIABLE, LINE, {"database": "mysql"}, {"scheduler": "taskiq"}),
    "a manifest, then a server": Found(KUSTOMIZATION, RESOURCE, "  - ingress.yaml\n", {}, {"database": "mysql"}),
    "an include, then a store": Found(COMPOSE, TOP, "include: [a]\n", {"database": "mysql"}, {"store": "redis"}),
    "an include, then nothing": Found(COMPOSE, TOP, "\ninclude: [a]\n", {"database": "mysql"}, {"database": "none"}),
}


def from_little(*databases: str) -> list[Change]:
    """Return changes of one answer, in the plainest services with these databases."""
    changes: list[Change] = []
    for database in databases:
        before = PLAINEST.but(database=database)
        others = {name: values for name, values in deciding_questions().items() if name in before.answers}
        after = [before.but(**{name: each}) for name, values in others.items() for each in values]
        changes += [Change(before, each) for each in after if each != before]
    return changes


@pytest.mark.axis(
    "change",
    default=from_little("sqlite")[::3],
    thorough=from_little("sqlite"),
    every=from_little("sqlite", "postgres", "none"),
)
def test_every_place_survives_another_answer(change: Change, rendered: Rendered, tmp_path: Path) -> None:
    workspace = adopt(rendered(change.before).path, tmp_path / "service")
    owner = Owner(change.before.answers, workspace)
    owner.work()
    commit(workspace, "Take orders")
    change_answers(workspace, owner.answers(change))
    assert problems(owner, workspace) == []
    for name in (COMPOSE, KUSTOMIZATION, ".github/workflows/check.yml"):
        parse((workspace / name).read_text("utf-8"))


@pytest.mark.thorough
@pytest.mark.parametrize("place", FOUND)
def test_a_place_that_was_found_survives(place: str, rendered: Rendered, tmp_path: Path) -> None:
    name, start, text, before, after = FOUND[place]
    combination = PLAINEST.but(**before)
    workspace = adopt(rendered(combination).path, tmp_path / "service")
    insert(workspace / name, start, text)
    commit(workspace, "Add a line")
    change_answers(workspace, combination.answers | after)
    assert "<<<<<<<" not in (workspace / name).read_text("utf-8")
    assert text in (workspace / name).read_text("utf-8")
