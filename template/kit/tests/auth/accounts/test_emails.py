"""E-mail addresses have one spelling."""

import pytest

from kit.auth.accounts.emails import normal


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ada@example.com", "ada@example.com"),
        (" Ada@Example.COM\n", "ada@example.com"),
        ("\uff41\uff44\uff41\uff20example.com", "ada@example.com"),
        ("Stra\u00dfe@example.com", "strasse@example.com"),
        ("\u212bngstr\u00f6m@example.com", "\u00e5ngstr\u00f6m@example.com"),
        ("ada@b\u00fccher.example", "ada@xn--bcher-kva.example"),
        ("ada@XN--BCHER-KVA.example", "ada@xn--bcher-kva.example"),
        ("ada+tag@example.com", "ada+tag@example.com"),
    ],
)
def test_an_address_is_written_in_one_way(text: str, expected: str) -> None:
    assert normal(text) == expected
    assert normal(expected) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", "ada", "@example.com", "ada@", "ada@localhost", "a b@example.com", "ada@exa mple.com", "ada@.com"),
        *("a@b@c.com", '"a@b"@example.com', "ada@example..com", "\0@example.com", "a\u200b\u2028b@example.com"),
        *(f"{'a' * 65}@example.com", f"ada@{'a' * 64}.com", f"a@{'a.' * 130}com"),
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an e-mail address"):
        normal(text)


def test_letters_that_only_look_alike_are_two_addresses() -> None:
    assert normal("m\u00fcller@example.com") != normal("muller@example.com")
    assert normal("\u0430da@example.com") != normal("ada@example.com")
