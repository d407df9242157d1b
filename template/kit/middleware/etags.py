"""`ETag` and `If-None-Match`: a client that has a response already gets 304, until the response changes."""

from hashlib import blake2b
from typing import Any

import orjson
from fastapi import HTTPException, Request

from kit.middleware.requests import EXTRA_HEADERS
from kit.settings import Settings, get_settings

__all__ = ["NOT_MODIFIED", "check_etag"]

# For `router.get(responses=…)`: the response in the OpenAPI document.
NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "The client has this response already."}}


def check_etag(request: Request, *versions: object) -> None:
    """Set the `ETag` of the response to `GET`, made of versions; raise what answers 304 if the client has it.

    The versions are the ids, times, numbers and texts that change when the response does. Add the id of the user where
    users get different responses. A new version of the service has new tags.
    """
    content = orjson.dumps([get_settings(request.app, Settings).app_version, *versions], default=str)
    tag = f'"{blake2b(content, digest_size=12).hexdigest()}"'
    # Weak, because the same versions do not promise the same bytes.
    request.scope.setdefault(EXTRA_HEADERS, {})[b"etag"] = f"W/{tag}".encode()
    known = ",".join(request.headers.getlist("if-none-match")).split(",")
    if {tag, "*"} & {each.strip().removeprefix("W/") for each in known}:
        raise HTTPException(304)
