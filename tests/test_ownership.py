"""Each line of a service belongs to an answer that was given."""

import pytest

from tests.combinations import all_combinations
from tests.ownership import PAGE, Rendered, additions, lines_of, own_lines, page

pytestmark = pytest.mark.render


def test_no_service_has_a_line_of_an_answer_that_it_did_not_give(rendered: Rendered) -> None:
    own = {given: own_lines(given, rendered) for given in additions()}
    assert all(own.values())
    for combination in all_combinations():
        lines = lines_of(rendered(combination))
        foreign = {given: found for given in own.keys() - combination.pairs if (found := own[given] & lines)}
        assert not foreign, (combination.id, foreign)


def test_the_page_says_what_each_answer_adds(rendered: Rendered) -> None:
    if not PAGE.exists():
        PAGE.write_text(page(rendered), "utf-8")
        pytest.fail(f"{PAGE} was written; look at it and commit it")
    assert PAGE.read_text("utf-8") == page(rendered)
