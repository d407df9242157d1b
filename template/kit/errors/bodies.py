"""The body that all error responses share, as JSON or as a problem."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from fastapi import Request, Response
from fastapi.encoders import jsonable_encoder
from pydantic import BaseModel, Field
from structlog.contextvars import get_contextvars

from kit.settings import Settings, get_settings

JSON = "application/json"
PROBLEM_JSON = "application/problem+json"
MAX_ACCEPT_LENGTH = 2000  # characters; the rest is ignored
CODES = {
    413: "CONTENT_TOO_LARGE",  # written here, since the standard library's names change between versions
    416: "RANGE_NOT_SATISFIABLE",
    422: "VALIDATION_ERROR",
    429: "RATE_LIMIT_EXCEEDED",
    500: "INTERNAL_ERROR",
}


class ErrorDetail(BaseModel):
    code: str = Field(examples=["NOT_FOUND"])
    message: str
    details: dict[str, Any]
    request_id: str | None
    timestamp: datetime
    path: str | None = Field(default=None, description="Only in debug mode")


class ErrorBody(BaseModel):
    """The body of every error response."""

    error: ErrorDetail


class Problem(BaseModel):
    """The same in the format of RFC 9457, for a client that asks for `application/problem+json`."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    details: dict[str, Any]
    request_id: str | None
    timestamp: datetime
    instance: str | None = None


# For `FastAPI(responses=…)`: the error responses of every route in the OpenAPI document.
RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {
        "model": ErrorBody,
        "description": description,
        "content": {PROBLEM_JSON: {"schema": Problem.model_json_schema()}},
    }
    for status, description in (("4XX", "Client error."), ("5XX", "Server error."))
}


def error_response(
    request: Request,
    status: int,
    message: str,
    details: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return the response to an error, as JSON or as a problem, whichever the client asks for."""
    detail = ErrorDetail(
        code=CODES.get(status) or _known(status, "name"),
        message=message,
        details=jsonable_encoder(details or {}),
        request_id=get_contextvars().get("request_id"),
        timestamp=datetime.now(UTC),
        path=request.url.path if get_settings(request.app, Settings).debug else None,
    )
    if not wants_problem(request.headers.getlist("accept")):
        body, media_type = ErrorBody(error=detail), JSON
    else:
        body, media_type = _problem(detail, status), PROBLEM_JSON
    # json.dumps escapes what UTF-8 cannot encode, such as half of a surrogate pair that a client has sent.
    content = json.dumps(body.model_dump(mode="json", exclude_none=True))
    return Response(content, status, headers, media_type)


def wants_problem(accept: Sequence[str]) -> bool:
    """Whether the `Accept` headers name problem+json, and do not prefer JSON."""
    quality = {PROBLEM_JSON: 0.0, JSON: 0.0}
    for choice in ",".join(accept)[:MAX_ACCEPT_LENGTH].split(","):
        media_type, *parameters = (part.strip().lower() for part in choice.split(";"))
        quality[media_type] = next((_quality(p[2:]) for p in parameters if p.startswith("q=")), 1.0)
    return quality[PROBLEM_JSON] > 0 and quality[PROBLEM_JSON] >= quality[JSON]


def _known(status: int, attribute: str) -> str:
    try:
        return getattr(HTTPStatus(status), attribute)
    except ValueError:  # a status that no standard defines
        return f"STATUS_{status}"


def _quality(value: str) -> float:
    try:
        return float(value)
    except ValueError:
        return 0.0


def _problem(detail: ErrorDetail, status: int) -> Problem:
    return Problem(
        type="about:blank",
        title=_known(status, "phrase"),
        status=status,
        detail=detail.message,
        instance=detail.path,
        **detail.model_dump(exclude={"message", "path"}),
    )
