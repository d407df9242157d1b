"""A service whose answers change is, byte for byte, one that was copied with the new answers."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.changes import SEED, Change, all_switches, further_pairs, switches_of, walk
from tests.combinations import Combination, all_combinations
from tests.template import Service
from tests.updating import adopt, change_answers, tree

Rendered = Callable[[Combination], Service]


def test_the_walk_enters_and_leaves_each_combination_once_and_has_every_switch() -> None:
    changes = walk()
    assert sorted(change.before.id for change in changes) == sorted(each.id for each in all_combinations())
    assert [change.after for change in changes] == [*(change.before for change in changes[1:]), changes[0].before]
    assert switches_of(changes) == all_switches()


@pytest.mark.parametrize("change", walk(), ids=lambda change: change.id)
def test_the_walk_through_all_answers_equals_fresh_copies(change: Change, rendered: Rendered, tmp_path: Path) -> None:
    check(change, rendered, tmp_path)


@pytest.mark.parametrize("change", further_pairs(100, SEED), ids=lambda change: change.id)
def test_a_pair_by_chance_equals_a_fresh_copy(change: Change, rendered: Rendered, tmp_path: Path) -> None:
    check(change, rendered, tmp_path)


@pytest.mark.nightly
@pytest.mark.parametrize("change", further_pairs(3000, SEED + 1), ids=lambda change: change.id)
def test_a_further_pair_by_chance_equals_a_fresh_copy(change: Change, rendered: Rendered, tmp_path: Path) -> None:
    check(change, rendered, tmp_path)


def check(change: Change, rendered: Rendered, folder: Path) -> None:
    service = adopt(rendered(change.before).path, folder / "service")
    change_answers(service, change.after.answers)
    assert tree(service) == tree(rendered(change.after).path)
