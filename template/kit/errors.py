"""The exceptions that services raise, and the body that all error responses share."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, ClassVar

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from structlog.contextvars import get_contextvars
from structlog.typing import FilteringBoundLogger

from kit.settings import Settings, get_settings

__all__ = [
    "RESPONSES",
    "AppException",
    "BadRequestException",
    "ConflictException",
    "ErrorBody",
    "ForbiddenException",
    "NotFoundException",
    "RateLimitException",
    "ServiceUnavailableException",
    "UnauthorizedException",
    "install_error_handlers",
]

log: FilteringBoundLogger = structlog.get_logger(__name__)

JSON = "application/json"
PROBLEM_JSON = "application/problem+json"
CODES = {
    413: "CONTENT_TOO_LARGE",  # written here, since the standard library's names change between versions
    416: "RANGE_NOT_SATISFIABLE",
    422: "VALIDATION_ERROR",
    429: "RATE_LIMIT_EXCEEDED",
    500: "INTERNAL_ERROR",
}


class AppException(Exception):  # noqa: N818 - named like HTTPException
    """The base class of the exceptions that services raise: a message for the client, and details."""

    status: ClassVar[int] = 500

    def __init__(
        self, message: str, *, details: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.details = dict(details or {})
        self.headers = dict(headers or {})


class BadRequestException(AppException):
    """The request is not valid."""

    status = 400


class UnauthorizedException(AppException):
    """The client is not authenticated; `scheme` names how to authenticate."""

    status = 401

    def __init__(self, message: str, *, details: Mapping[str, Any] | None = None, scheme: str = "Bearer") -> None:
        super().__init__(message, details=details, headers={"WWW-Authenticate": scheme})


class ForbiddenException(AppException):
    """The client is not allowed to do this."""

    status = 403


class NotFoundException(AppException):
    """The resource does not exist: `NotFoundException("User", user_id)`."""

    status = 404

    def __init__(self, message: str, identifier: object = None, *, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message if identifier is None else f"{message} {identifier} was not found", details=details)


class ConflictException(AppException):
    """The request conflicts with the current state of a resource."""

    status = 409


class RateLimitException(AppException):
    """The client sends too many requests; it may retry after `retry_after` seconds."""

    status = 429

    def __init__(self, message: str, *, details: Mapping[str, Any] | None = None, retry_after: int = 1) -> None:
        super().__init__(message, details=details, headers={"Retry-After": str(retry_after)})


class ServiceUnavailableException(AppException):
    """Something that the service needs is unavailable."""

    status = 503


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


def install_error_handlers(app: FastAPI) -> None:
    """Answer exceptions with the same body; the middleware does so for uncaught ones."""
    app.add_exception_handler(AppException, _handle_app_exception)
    app.add_exception_handler(HTTPException, _handle_http_exception)
    app.add_exception_handler(RequestValidationError, _handle_validation_error)


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
    for choice in ",".join(accept).split(","):
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


async def _handle_app_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, AppException)
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("answered with a server error", error=error.message, cause=repr(error.__cause__))
    return error_response(request, error.status, error.message, error.details, error.headers)


async def _handle_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = _allowed_methods(request)
    return error_response(request, error.status_code, str(error.detail), headers=headers)


async def _handle_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    keys = ("loc", "msg", "type")
    details: dict[str, Any] = {"errors": [{key: fault[key] for key in keys} for fault in error.errors()]}
    if get_settings(request.app, Settings).debug:
        body: object = error.body
        details["body"] = body.decode(errors="replace") if isinstance(body, bytes) else body
    return error_response(request, HTTPStatus.UNPROCESSABLE_ENTITY, "The request is not valid", details)


def _allowed_methods(request: Request) -> str:
    """Return the methods of all routes at this path; the router knows only those of the first."""
    methods: set[str] = set()
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    for context in iter_route_contexts(request.app.routes):
        if context.path_regex and context.path_regex.match(path):
            methods |= context.methods or set()
    return ", ".join(sorted(methods))
