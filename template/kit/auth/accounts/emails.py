"""E-mail addresses in one spelling, so that each has one account."""

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

LONGEST = 254  # characters, RFC 5321
# Whether there is such an address, only a message to it could show. Without quotes, RFC 5321 has none of these before
# the `@`, and a mail program could take them for several addresses.
ADDRESS = re.compile(r"""[^@\s\x00-\x1f\x7f"(),:;<>[\]\\]{1,64}@[a-z0-9_-]+(\.[a-z0-9_-]+)+""")


def normal(text: str) -> str:
    """Return the only spelling of an address: NFKC, without case, with the domain as DNS has it.

    Raises `ValueError` for what is no address. RFC 5321 allows a case that counts before the `@`; no large provider
    uses it, and two accounts of one person, or of a person and an impostor, are worse.
    """
    address = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold().strip())
    local, _, domain = address.rpartition("@")
    try:
        address = f"{local}@{domain.encode('idna').decode()}"
        address.encode()
    except UnicodeError:
        address = ""
    if len(address) > LONGEST or not ADDRESS.fullmatch(address):
        raise ValueError("it is not an e-mail address")
    return address


Email = Annotated[str, StringConstraints(max_length=LONGEST), AfterValidator(normal)]
