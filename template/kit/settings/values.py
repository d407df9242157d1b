"""The formats of values of settings: lists, proxies and origins."""

import json
from ipaddress import ip_network
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, HttpUrl, ValidationError
from pydantic_settings import NoDecode

GOOD_ORIGIN = "https://app.example.com"


def split(value: object) -> object:
    """Return the parts of a list that is written with commas, or as JSON."""
    if not isinstance(value, str):
        return value
    if not value.lstrip().startswith("["):
        return [part.strip() for part in value.split(",") if part.strip()]
    try:
        parts: list[Any] = json.loads(value)
    except ValueError:
        raise ValueError("it starts like a JSON list but is not valid JSON; separate the values by commas") from None
    return parts


def _check_proxy(value: str) -> str:
    if value != "*":
        ip_network(value)
    return value


def _check_origin(value: str) -> str:
    """Return an origin, if it is one that a browser can send; the comparison is exact."""
    if value != "*" and "*" in value:
        raise ValueError(f"'{value}' matches no origin; list each one, such as {GOOD_ORIGIN}")
    if value != "*" and (right := _as_sent(value)) != value:
        raise ValueError(f"'{value}' is not an origin as browsers send it; write it like {right}")
    return value


def _as_sent(value: str) -> str:
    """Return the origin of a URL as a browser sends it, or an example for what is no URL."""
    try:
        url = HttpUrl(value)
    except ValidationError:
        return GOOD_ORIGIN
    port = "" if url.port == {"http": 80, "https": 443}[url.scheme] else f":{url.port}"
    return f"{url.scheme}://{url.host}{port}"


Proxies = Annotated[tuple[Annotated[str, AfterValidator(_check_proxy)], ...], NoDecode, BeforeValidator(split)]
Origins = Annotated[tuple[Annotated[str, AfterValidator(_check_origin)], ...], NoDecode, BeforeValidator(split)]
