"""The write concern: what the server has acknowledged survives its crash and the loss of the primary."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pydantic import SecretStr


def durable_writes(url: SecretStr) -> dict[str, Any]:
    """Return the options that make writes durable, without those that the URL sets: the URL wins."""
    query = urlsplit(url.get_secret_value()).query.replace(";", "&")
    given = {name.lower(): value for name, value in parse_qsl(query)}
    options: dict[str, Any] = {"w": "majority", "journal": True}
    if given.get("w") == "0" or "fsync" in given:  # the driver refuses these together with the journal
        del options["journal"]
    return {name: value for name, value in options.items() if name not in given}
