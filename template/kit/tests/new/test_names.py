"""The names that new parts can have."""

import click
import pytest

from kit.new.names import check, noun


@pytest.mark.parametrize(
    ("plural", "singular"),
    [
        ("orders", "order"),
        ("order_lines", "order_line"),
        ("categories", "category"),
        ("boxes", "box"),
        ("addresses", "address"),
        ("batches", "batch"),
        ("houses", "house"),
    ],
)
def test_one_of_many_has_the_singular(plural: str, singular: str) -> None:
    assert noun(plural, None).singular == singular


def test_an_irregular_singular_is_given() -> None:
    names = noun("people", "person").placeholders
    assert [names[key] for key in ("thing", "things", "Thing", "THINGS", "an")] == [
        "person",
        "people",
        "Person",
        "PEOPLE",
        "a",
    ]


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("order-lines", "order_lines"),
        ("OrderLines", "order_lines"),
        ("../orders", "orders"),
        ("v2/orders", "orders"),
        ("/etc/orders", "orders"),
        ("_orders", "orders"),
        ("1orders", "orders"),
        ("órders", "orders"),
        ("", "orders"),
        ("class", "my_class"),
        ("match", "my_match"),
        ("list", "my_list"),
    ],
)
def test_a_name_that_is_no_name_is_refused_with_one_that_is(name: str, right: str) -> None:
    with pytest.raises(click.UsageError, match=rf"^Use a name such as {right}\."):
        check(name)


def test_a_long_name_is_refused() -> None:
    with pytest.raises(click.UsageError, match="at most 40"):
        check("a" * 41)


@pytest.mark.parametrize(("name", "right"), [("order", "orders"), ("category", "categories"), ("address", "addresses")])
def test_a_singular_is_refused_with_its_plural(name: str, right: str) -> None:
    with pytest.raises(click.UsageError, match=rf"^Use a plural such as {right}, or add --singular"):
        noun(name, None)


def test_one_and_many_need_two_names() -> None:
    with pytest.raises(click.UsageError, match="another --singular"):
        noun("series", "series")


def test_a_singular_that_is_a_word_of_python_is_refused() -> None:
    with pytest.raises(click.UsageError, match=r"^Add --singular, .* 'class' is a word of Python"):
        noun("classes", None)
