"""What mails say. An application has its own texts in a function `write` of `app/mail.py`."""

from email.message import EmailMessage
from enum import StrEnum


class Kind(StrEnum):
    """What a mail is about. `REGISTERED` is for an address that somebody registers again."""

    VERIFY = "verify"
    REGISTERED = "registered"
    RESET = "reset"
    MOVE = "move"
    MOVED = "moved"


IGNORE = "If it was not you, you need not do anything."
TEXTS = {
    Kind.VERIFY: ("Verify your address", "Somebody has registered with this address. If it was you, open this link:"),
    Kind.REGISTERED: (
        "You have an account",
        "Somebody wanted to use this address, but it has an account. If it was you, log in, or choose a new password:",
    ),
    Kind.RESET: (
        "Choose a new password",
        "Somebody has asked for a new password for your account. If it was you, choose one here:",
    ),
    Kind.MOVE: (
        "Confirm your new address",
        "Somebody wants to use this address for an account. If it was you, open this link:",
    ),
    Kind.MOVED: (
        "Your address was changed",
        "Your account has another address now. If it was not you, ask the people who run this service for help.",
    ),
}


def write(service: str, kind: str, link: str) -> EmailMessage:
    """Return the subject and the text of a mail. `link` works once; a mail of the kind `moved` has none."""
    subject, text = TEXTS[Kind(kind)]
    message = EmailMessage()
    message["Subject"] = f"{service}: {subject}"
    message.set_content("\n\n".join([text, link, IGNORE] if link else [text]) + "\n")
    return message
