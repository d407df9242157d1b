"""Each line of a service belongs to one of its answers."""

import pytest

from tests.contents import distinct
from tests.ownership import additions, lines_in, own_lines
from tests.rendering import Tree

pytestmark = [pytest.mark.render, pytest.mark.quick]


def test_no_service_has_a_line_of_an_answer_that_it_did_not_give(trees: list[Tree]) -> None:
    by_combination = {tree.combination: tree for tree in trees}
    own = {given: own_lines(given, by_combination) for given in additions()}
    assert all(own.values())
    for content in distinct(trees):
        lines = {(content.name, line) for line in lines_in(content.text)}
        for given in (each for each in own if own[each] & lines):
            foreign = [tree.id for tree in content.trees if given not in tree.combination.pairs]
            assert not foreign, (content.where, given, own[given] & lines, foreign[0])
