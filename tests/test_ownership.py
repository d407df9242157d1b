"""Each line of a service belongs to an answer that was given."""

import pytest

from tests.combinations import all_combinations
from tests.ownership import PAGE, Given, Rendered, additions, lines_of, own_lines, page

pytestmark = pytest.mark.render


@pytest.mark.parametrize("given", additions(), ids=lambda given: f"{given[0]}:{given[1]}")
def test_no_service_has_a_line_of_an_answer_that_it_did_not_give(given: Given, rendered: Rendered) -> None:
    own = own_lines(given, rendered)
    assert own
    for combination in all_combinations():
        foreign = set[object]() if given in combination.pairs else own & lines_of(rendered(combination))
        assert not foreign, (combination.id, foreign)


def test_the_page_says_what_each_answer_adds(rendered: Rendered) -> None:
    if not PAGE.exists():
        PAGE.write_text(page(rendered), "utf-8")
        pytest.fail(f"{PAGE} was written; look at it and commit it")
    assert PAGE.read_text("utf-8") == page(rendered)
