"""What our callers are answered when those whom we call fail: which upstream it was, and not where it is."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from httpx2 import (
    DecodingError,
    HTTPError,
    HTTPStatusError,
    NetworkError,
    PoolTimeout,
    ProxyError,
    RemoteProtocolError,
    TimeoutException,
)

from kit.errors import error_response
from kit.http_client.client import NAME

# Other errors of httpx2 are ours, such as a URL that is none.
FAILURES: dict[type[HTTPError], tuple[int, str]] = {
    PoolTimeout: (503, "has too many calls under way"),
    TimeoutException: (504, "did not answer in time"),
    NetworkError: (502, "cannot be reached"),
    ProxyError: (502, "cannot be reached"),
    RemoteProtocolError: (502, "broke off"),
    DecodingError: (502, "gave an answer that cannot be read"),
    HTTPStatusError: (502, "gave a bad answer"),
}


def install_error_handlers(app: FastAPI) -> None:
    """Answer 502 or 504 when the failure of an upstream is caught by nobody, and 503 when our pool is exhausted."""
    for error, (status, what) in FAILURES.items():
        app.add_exception_handler(error, _handler(status, what))


def _handler(status: int, what: str) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def answer(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPError)
        name = error.request.extensions.get(NAME)
        details = {"upstream": name} if name else {}
        if isinstance(error, HTTPStatusError):
            details["status"] = error.response.status_code
        message = f"The upstream '{name}' {what}" if name else f"Another service {what}"
        headers = {"Retry-After": "1"} if status == HTTPStatus.SERVICE_UNAVAILABLE else None
        return error_response(request, status, message, details, headers)

    return answer
