"""The covering array misses no pair of answers, and grows little with another question."""

import copy
import itertools

import pytest

from tests.array import array_of, covering_array
from tests.combinations import Answer, all_combinations, configuration, deciding_questions

pytestmark = [pytest.mark.render, pytest.mark.quick]


def test_every_two_answers_that_can_be_given_together_are_in_a_row() -> None:
    """The test counts pairs from the questions, without the code that makes the array."""
    possible = {pair for each in all_combinations() for pair in itertools.combinations(each.pairs, 2)}
    missing = {pair for pair in possible if not any(set(pair) <= set(row.pairs) for row in covering_array())}
    assert len(possible) > 100
    assert missing == set()


def test_each_row_is_a_combination_and_the_first_is_the_readme_s() -> None:
    assert set(covering_array()) <= set(all_combinations())
    assert covering_array()[0].answers == _defaults()


@pytest.mark.parametrize("further", [1, 2, 3])
def test_three_further_questions_need_few_rows_more(further: int) -> None:
    more = copy.deepcopy(configuration())
    more |= {f"further_{number}": {"type": "bool", "default": False} for number in range(further)}
    assert len(array_of(more)) <= 24


def _defaults() -> dict[str, Answer]:
    return {name: answers[0] for name, answers in deciding_questions().items() if name != "mongodb_driver"}
