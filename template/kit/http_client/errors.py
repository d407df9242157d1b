"""The responses to our clients when an upstream fails: they show its name, but not its URL."""

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

from kit.errors.bodies import error_response
from kit.http_client.client import NAME

# Other errors of httpx2 are bugs of this service, such as an invalid URL.
FAILURES: dict[type[HTTPError], tuple[int, str]] = {
    PoolTimeout: (503, "has too many calls in progress"),
    TimeoutException: (504, "did not answer in time"),
    NetworkError: (502, "cannot be reached"),
    ProxyError: (502, "cannot be reached"),
    RemoteProtocolError: (502, "did not send a valid response"),
    DecodingError: (502, "sent an unreadable response"),
    HTTPStatusError: (502, "returned an error"),
}


def install_error_handlers(app: FastAPI) -> None:
    """Respond with 502 or 504 to an uncaught failure of an upstream, and with 503 when our own pool is exhausted."""
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
