"""After answers change, a service is, byte for byte, a fresh copy with the new answers."""

from pathlib import Path

import pytest

from tests.changes import SEED, Change, all_switches, few_switches, further_pairs, switches_of, walk
from tests.combinations import all_combinations
from tests.rendering import Tree
from tests.updating import adopt, change_answers, on_disk, tree


def test_the_walk_enters_and_leaves_each_combination_once_and_has_every_switch() -> None:
    changes = walk()
    assert sorted(change.before.id for change in changes) == sorted(each.id for each in all_combinations())
    assert [change.after for change in changes] == [*(change.before for change in changes[1:]), changes[0].before]
    assert switches_of(changes) == all_switches()


@pytest.mark.axis("change", default=few_switches()[::3], thorough=few_switches(), every=walk())
def test_each_change_of_an_answer_equals_a_fresh_copy(
    change: Change, trees: list[Tree], template: Path, tmp_path: Path
) -> None:
    """The default run leaves each answer once; `--every` tries a walk that also enters and leaves each combination."""
    check(change, trees, template, tmp_path)


@pytest.mark.axis(
    "change", default=further_pairs(2, SEED), thorough=further_pairs(6, SEED), every=further_pairs(100, SEED)
)
def test_a_pair_by_chance_equals_a_fresh_copy(
    change: Change, trees: list[Tree], template: Path, tmp_path: Path
) -> None:
    check(change, trees, template, tmp_path)


@pytest.mark.nightly
@pytest.mark.parametrize("change", further_pairs(10_000, SEED + 1), ids=lambda change: change.id)
def test_a_further_pair_by_chance_equals_a_fresh_copy(
    change: Change, trees: list[Tree], template: Path, tmp_path: Path
) -> None:
    check(change, trees, template, tmp_path)


def check(change: Change, trees: list[Tree], template: Path, folder: Path) -> None:
    assert template.exists()  # the records of the services name it as their source
    before, after = (next(tree for tree in trees if tree.combination == each) for each in change)
    service = adopt(before.write(folder / "fresh"), folder / "service")
    change_answers(service, change.after.answers)
    assert tree(service) == on_disk(after)
