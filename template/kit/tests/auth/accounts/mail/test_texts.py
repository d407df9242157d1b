"""What mails say, and their headers."""

import pytest

from kit.auth.accounts.mail.senders import addressed
from kit.auth.accounts.mail.texts import TEXTS, Kind, write

LINK = "https://app.example.com/#reset=a"


@pytest.mark.parametrize("kind", Kind)
def test_each_kind_has_a_text_and_a_link_if_there_is_something_to_open(kind: Kind) -> None:
    assert set(TEXTS) == set(Kind)
    message = write("shop", kind, LINK)
    assert message["Subject"].startswith("shop: ")
    assert LINK in message.get_content().splitlines()
    assert "http" not in write("shop", kind, "").get_content()


def test_a_text_decides_neither_who_gets_a_mail_nor_who_sends_it() -> None:
    message = write("shop", Kind.RESET, "https://app.example.com/#reset=a")
    for name in ("To", "Cc", "Bcc", "From"):
        message[name] = "eve@example.com"
    sent = addressed(message, "ada@example.com", "Shop <noreply@example.com>").as_string()
    assert "eve" not in sent


def test_a_line_break_in_the_name_of_the_service_adds_no_header() -> None:
    with pytest.raises(ValueError, match="linefeed"):
        write("shop\nBcc: eve@example.com", Kind.RESET, "")
