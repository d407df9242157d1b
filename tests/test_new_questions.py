"""A new question does not prevent updates from a former version without the question."""

import jinja2
import jinja2.meta
import pytest

from tests import absent
from tests.combinations import all_combinations, configuration

pytestmark = pytest.mark.render

QUESTIONS = list(absent.questions())
OF_COPIER = {"_copier_conf", "_copier_answers", "there_is_none"}
(TABLE,) = configuration()["_exclude"]


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_table_takes_what_is_absent_for_its_default(name: str) -> None:
    for combination in all_combinations():
        names = absent.values(combination)
        if name in absent.computed() or names[name] == absent.values(None)[name]:
            assert table({each: value for each, value in names.items() if each != name}) == table(names)


def test_the_table_takes_nothing_at_all_for_the_defaults() -> None:
    assert table({}) == table(absent.values(None))


@pytest.mark.parametrize("name", QUESTIONS)
def test_each_text_speaks_only_of_the_questions_before_it(name: str) -> None:
    before = QUESTIONS[: QUESTIONS.index(name)]
    for kind, text in absent.texts(absent.questions()[name]):
        itself = {name} if kind == "validator" else set[str]()
        assert spoken_of(text) <= {*before, *itself, *OF_COPIER}, kind


def test_each_message_speaks_only_of_what_is_known_then() -> None:
    for kind in ("before_copy", "before_update"):
        assert spoken_of(configuration().get(f"_message_{kind}", "")) <= OF_COPIER
    for kind in ("after_copy", "after_update"):
        assert spoken_of(configuration()[f"_message_{kind}"]) <= {*QUESTIONS, *OF_COPIER}


def test_a_row_about_a_question_without_a_default_is_found() -> None:
    with pytest.raises(jinja2.UndefinedError, match="'chat' is undefined"):
        absent.compiled(f'{TABLE}# {{% if chat == "none" %}}\n/app/chat\n# {{% endif %}}\n').render({})


def table(names: absent.Names) -> str:
    return absent.compiled(TABLE).render(names)


def spoken_of(text: str) -> set[str]:
    return jinja2.meta.find_undeclared_variables(absent.environment().parse(text))
