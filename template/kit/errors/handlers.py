"""The handlers that turn exceptions into error responses."""

from http import HTTPStatus

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from structlog.typing import FilteringBoundLogger

from kit.errors.bodies import error_response
from kit.errors.exceptions import AppException
from kit.errors.validation import bound_validation_errors, handle_validation_error

WITHOUT_BODY = {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}

log: FilteringBoundLogger = structlog.get_logger(__name__)


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
    if error.status_code in WITHOUT_BODY:
        return Response(status_code=error.status_code, headers=headers)
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
