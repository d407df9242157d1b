"""Refusals name the question and begin with what would be right, for typed answers and for `--data`."""

import re
import sys
import unicodedata
from pathlib import Path

import pytest
from copier._tools import cast_to_bool

from tests.combinations import Answer, configuration
from tests.template import render
from tests.test_questions import REFUSED
from tests.updating import adopt, change_answers, commit, tree

pytestmark = pytest.mark.render

QUESTIONS = {
    name: question
    for name, question in configuration().items()
    if not name.startswith("_") and question.get("when") is not False
}
TEXTS = ("service_description", "author")
MARKS = "LEFT-TO-RIGHT MARK", "RIGHT-TO-LEFT MARK", "ARABIC LETTER MARK"
TURNING = {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}
COPIERS_OWN = "Validation error for question '{}': "  # precedes a refusal, on one line of 80 columns
YES, NO = ("true", "yes", "y", "1", "on", "t"), ("false", "no", "n", "0", "off", "f")


def refusal(template: Path, folder: Path, answers: dict[str, object]) -> str:
    """Return the refusal of these answers, and check that nothing is written."""
    with pytest.raises(Exception, match=r".") as raised:
        render(template, folder / "refused", answers)  # pyright: ignore[reportArgumentType] - what no type allows
    assert not (folder / "refused").exists()
    return str(raised.value)


def unseen() -> list[str]:
    """Return the invisible characters according to Unicode, without the newline, which a description can have."""
    characters = [chr(number) for number in range(sys.maxunicode + 1)]
    return [
        each
        for each in characters
        if (unicodedata.category(each) in ("Cc", "Zl", "Zp") and each != "\n")
        or unicodedata.bidirectional(each) in TURNING
        or unicodedata.name(each, "") in MARKS
    ]


@pytest.mark.parametrize("question", TEXTS)
def test_a_character_that_shows_nothing_is_refused(question: str, template: Path, tmp_path: Path) -> None:
    assert len(unseen()) == 64 + 2 + 12
    for character in unseen():
        said = refusal(template, tmp_path, {question: f"Sends{character}invoices"})
        assert f"'{question}': Use" in said, f"{character!r}: {said}"


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("answer", [["one", "two"], {"one": 1}, None], ids=str)
def test_a_list_where_one_answer_is_due_names_the_question(
    question: str, answer: object, template: Path, tmp_path: Path
) -> None:
    said = refusal(template, tmp_path, {question: answer})
    assert f"Give '{question}' one answer" in said
    assert str(answer) in said


@pytest.mark.parametrize("question", [name for name, each in QUESTIONS.items() if each["type"] == "str"])
@pytest.mark.parametrize("answer", [2.5, 7, True, False], ids=str)
def test_a_number_where_text_is_due_names_the_question(
    question: str, answer: object, template: Path, tmp_path: Path
) -> None:
    assert re.search(rf"'{question}':", refusal(template, tmp_path, {question: answer}))


def test_a_driver_of_a_database_that_is_not_there_is_refused(template: Path, tmp_path: Path) -> None:
    for database in ("sqlite", "postgres", "mysql", "none"):
        said = refusal(template, tmp_path, {"database": database, "mongodb_driver": "motor"})
        assert (
            f"'mongodb_driver': Set database=mongodb or leave it out. motor is for MongoDB, not for '{database}'"
            in said
        )


def test_a_driver_goes_with_its_database(template: Path, tmp_path: Path) -> None:
    answers: dict[str, Answer] = {"database": "mongodb", "mongodb_driver": "motor"}
    render(template, tmp_path / "rendered", answers)
    render(template, tmp_path / "fresh", {"database": "postgres"})
    service = adopt(tmp_path / "rendered", tmp_path / "service")
    change_answers(service, {"database": "postgres"})
    assert tree(service) == tree(tmp_path / "fresh")
    assert "mongodb_driver" not in (service / ".copier-answers.yml").read_text("utf-8")


def test_accounts_without_a_database_are_refused(template: Path, tmp_path: Path) -> None:
    said = refusal(template, tmp_path, {"database": "none", "auth": "accounts"})
    right = "'database': Use a database such as sqlite. With none, answer auth too (--data auth=oidc)"
    assert said.endswith(f"{right}: accounts need a database.")


def test_accounts_come_and_go(template: Path, tmp_path: Path) -> None:
    answers: dict[str, Answer] = {"database": "postgres", "example": False}
    for auth in ("none", "accounts", "oidc"):
        render(template, tmp_path / auth, answers | {"auth": auth})
    service = adopt(tmp_path / "none", tmp_path / "service")
    for auth in ("accounts", "oidc", "accounts", "none"):
        change_answers(service, {"auth": auth})
        commit(service, auth)
        assert tree(service) == tree(tmp_path / auth), auth


def test_a_service_with_accounts_does_not_lose_its_database_unawares(template: Path, tmp_path: Path) -> None:
    """Copier would forget the recorded answer, and the routes would be open."""
    for auth, database in (("accounts", "sqlite"), ("oidc", "none")):
        render(template, tmp_path / auth, {"database": database, "auth": auth})
    service = adopt(tmp_path / "accounts", tmp_path / "service")
    with pytest.raises(ValueError, match="accounts need a database"):
        change_answers(service, {"database": "none"})
    assert tree(service) == tree(tmp_path / "accounts")
    change_answers(service, {"database": "none", "auth": "oidc"})
    assert tree(service) == tree(tmp_path / "oidc")


def test_the_known_questions_are_those_of_copier_yml() -> None:
    listed = re.search(r"set questions = \[(.+)\]", QUESTIONS["python_version"]["validator"])
    assert listed
    assert sorted(re.findall(r'"(\w+)"', listed[1])) == sorted(QUESTIONS)


@pytest.mark.parametrize("question", [name for name, each in QUESTIONS.items() if each["type"] == "bool"])
def test_the_words_for_yes_and_no_mean_to_copier_what_they_say(question: str, template: Path, tmp_path: Path) -> None:
    listed = re.search(r"not in \[(.+)\]", QUESTIONS[question]["validator"])
    assert listed
    assert set(re.findall(r'"(\w+)"', listed[1])) == {*YES, *NO}
    assert [cast_to_bool(each) for each in (*YES, *NO)] == [True] * len(YES) + [False] * len(NO)
    for number, word in enumerate((*YES, *NO)):
        render(template, tmp_path / str(number), {question: word.capitalize(), "database": "none"})
    for word in ("maybe", "", "2", "none", "~", "null", "yes please"):
        assert f"'{question}': Answer true or false." in refusal(template, tmp_path, {question: word})


@pytest.mark.parametrize(("question", "answer"), [each for each in REFUSED if not QUESTIONS[each[0]].get("choices")])
def test_what_would_be_right_comes_first_and_fits_into_the_line(
    question: str, answer: Answer, template: Path, tmp_path: Path
) -> None:
    said = refusal(template, tmp_path, {question: answer}).partition(COPIERS_OWN.format(question))[2]
    right = re.match(r"(?:Use .+ such as|Answer true or false).*?\.(?=\s|$)", said)
    assert right, said
    assert len(COPIERS_OWN.format(question) + right[0]) <= 80, right[0]
    assert question not in said


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_help_text_fits_into_the_terminal(question: str) -> None:
    lines = QUESTIONS[question]["help"].splitlines()
    assert [line for line in lines if len(line) > 75] == []
