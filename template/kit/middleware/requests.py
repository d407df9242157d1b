"""Middleware for every request: its id, the limit on its body, security headers, and the access log."""

import re
from collections.abc import Iterable
from secrets import token_hex
from time import perf_counter

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars
from structlog.typing import FilteringBoundLogger

from kit.errors.bodies import error_response
from kit.middleware.access_log import AccessLog
from kit.middleware.request_body import RequestBody
from kit.settings import Settings

WELL_FORMED_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")
HEALTH_CHECKS = ("/health", "/ready")
SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
)
HSTS = ((b"strict-transport-security", b"max-age=31536000; includeSubDomains"),)
EXTRA_HEADERS = "app.extra_headers"  # headers in the scope that go into every response that has none of its own
SERVER_ERROR = 500
CLIENT_CLOSED_REQUEST = 499  # nginx's status for a client that did not wait for the response

Headers = Iterable[tuple[bytes, bytes]]

log: FilteringBoundLogger = structlog.get_logger(__name__)


def limit_body(request: Request, size: int | None) -> None:
    """Limit the body of this request to `size` bytes (`None`: no limit) instead of `MAX_BODY_SIZE`.

    This works in routes that read the body themselves: FastAPI reads a declared body before it calls any of your code.
    """
    request.scope["app.body"].limit = size


class RequestMiddleware:
    """Outer middleware: sets the request id, limits the body, adds headers, and logs the request."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._headers = SECURITY_HEADERS + (HSTS if settings.in_production else ())
        self._body_limits = int(settings.max_body_size), settings.body_timeout
        self._quiet = settings.in_production
        self._log = AccessLog(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        bound_before = get_contextvars()
        try:
            if scope["type"] == "http":
                await self._exchange(scope, receive, send)
            else:
                await self._app(scope, receive, send)
        finally:
            clear_contextvars()  # of all that the request has bound to the lines of the log
            bind_contextvars(**bound_before)

    async def _exchange(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = Exchange(scope, receive, send, self._headers, self._body_limits)
        bind_contextvars(request_id=exchange.request_id)
        try:
            await self._app(scope, exchange.body.receive, exchange.send)
        finally:
            status = exchange.status
            if not (self._quiet and status < SERVER_ERROR and is_health_check(scope["path"])):
                ms = round((perf_counter() - exchange.started) * 1000, 3)
                self._log.write(method=scope["method"], route=route_of(scope), status=status, ms=ms)


class Exchange:
    """A request and its response; one is made for each request, so it has slots instead of functions in a function."""

    __slots__ = ("_headers", "_scope", "_send", "body", "request_id", "started", "status")

    def __init__(self, scope: Scope, receive: Receive, send: Send, headers: Headers, limits: tuple[int, float]) -> None:
        self.started = perf_counter()
        self.request_id = _request_id(scope)
        self.status = CLIENT_CLOSED_REQUEST
        self.body = scope["app.body"] = RequestBody(scope, receive, *limits)
        self._scope, self._send, self._headers = scope, send, headers

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = CLIENT_CLOSED_REQUEST if self.body.client_gone else message["status"]
            message["headers"] = [*message["headers"], *self._added({name for name, _ in message["headers"]})]
        elif message["type"] == "http.response.body" and self.body.is_left and not message.get("more_body"):
            message = await self._send_all_but_the_last(message)
        await self._send(message)

    def _added(self, own: set[bytes]) -> list[tuple[bytes, bytes]]:
        added = [(b"x-request-id", self.request_id.encode())]
        added += [pair for pair in self._headers if pair[0] not in own]
        if extra := self._scope.get(EXTRA_HEADERS):
            added += [pair for pair in extra.items() if pair[0] not in own]
        return added

    async def _send_all_but_the_last(self, message: Message) -> Message:
        """Send a body except for its last byte, and return the message with this byte once the request has been read.

        The server stops reading as soon as it has written the last byte, and a client that still sends would see a
        reset connection.
        """
        content = message.get("body", b"")
        await self._send({**message, "body": content[:-1], "more_body": True})
        await self.body.discard()
        return {"type": "http.response.body", "body": content[-1:]}


class UncaughtErrorMiddleware:
    """Innermost middleware: turns uncaught exceptions into responses, so that the outer middleware sees a response."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._debug = settings.debug

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        response = Watched(send)
        try:
            await self._app(scope, receive, response.send)
        except ClientDisconnect:
            log.info("the client disconnected", route=route_of(scope))
        except Exception as error:
            log.exception("uncaught error", route=route_of(scope))
            if not response.started:
                message = repr(error) if self._debug else "The service failed to answer this request"
                await error_response(Request(scope), 500, message)(scope, receive, send)
            if response.started or self._debug:
                raise


class Watched:
    """Knows whether a response has started."""

    __slots__ = ("_send", "started")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False

    async def send(self, message: Message) -> None:
        self.started = True
        await self._send(message)


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and WELL_FORMED_ID.fullmatch(value):
            return value.decode()
    return token_hex(16)


def is_health_check(path: str) -> bool:
    return path in {"/", *HEALTH_CHECKS} or path.startswith("/health/")


def route_of(scope: Scope) -> str | None:
    """Return the path of the matched route as it is declared, such as `/items/{item_id}`."""
    context = scope.get("fastapi", {}).get("effective_route_context")
    return context.path_format if context else None
