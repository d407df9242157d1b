"""The exceptions that services raise, and the handlers that answer them with the body that all errors share."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from structlog.typing import FilteringBoundLogger

from kit.error_bodies import RESPONSES, ErrorBody, error_response
from kit.validation import bound_validation_errors, handle_validation_error

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


def install_error_handlers(app: FastAPI) -> None:
    """Answer exceptions with the same body; the middleware does so for uncaught ones."""
    bound_validation_errors()
    app.add_exception_handler(AppException, _handle_app_exception)
    app.add_exception_handler(HTTPException, _handle_http_exception)
    app.add_exception_handler(RequestValidationError, handle_validation_error)


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


def _allowed_methods(request: Request) -> str:
    """Return the methods of all routes at this path; the router knows only those of the first."""
    methods: set[str] = set()
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    for context in iter_route_contexts(request.app.routes):
        if context.path_regex and context.path_regex.match(path):
            methods |= context.methods or set()
    return ", ".join(sorted(methods))
