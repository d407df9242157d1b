"""Finds the operation of a request among the paths that begin like its own.

FastAPI asks each router within each router, which costs more than all else that a service adds to a small request.
"""

from collections.abc import Callable, Iterable, Iterator
from re import Pattern
from typing import Any, NamedTuple

from fastapi import APIRouter, FastAPI, routing
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from starlette.types import ASGIApp, Receive, Scope, Send

# Where FastAPI has `fastapi.telemetry`: how its routers tell it the path of a route.
tell_path: Callable[..., None] | None = getattr(routing, "_route_selected", None)


class Operation(NamedTuple):
    """What serves a request, and what the scope has of it; a route context finds each anew."""

    app: ASGIApp
    route: APIRoute
    context: RouteContext
    endpoint: Any
    path_format: str
    convertors: dict[str, Any]


class Row(NamedTuple):
    """A path, and the operation there; without an operation, the router knows what to do."""

    number: int
    path: Pattern[str]
    methods: set[str]
    operation: Operation | None


def install_route_table(app: FastAPI) -> None:
    """Serve operations from a table; mounts, WebSockets, redirects and errors are the router's as before."""
    if app.router.middleware_stack == app.router.app:
        app.router.middleware_stack = RouteTable(app.router)


class RouteTable:
    """An ASGI application in front of a router, with the same result for each request."""

    def __init__(self, router: APIRouter) -> None:
        self._router = router
        self._routes: list[Any] = []
        self._rows: dict[str, list[Row]] = {}
        self._longest = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_plain = scope["type"] == "http" and not scope.get("root_path")
        is_traced = "fastapi.telemetry" in scope
        found = self._find(scope) if is_plain and (tell_path or not is_traced) else None
        if not found:
            await self._router.app(scope, receive, send)
            return
        operation, parameters = found
        scope["router"], scope["route"] = self._router, operation.route
        scope["endpoint"], scope["path_params"] = operation.endpoint, parameters
        scope["fastapi"] = {"effective_route_context": operation.context}
        if tell_path and is_traced:
            tell_path(scope=scope, path=operation.path_format)
        await operation.app(scope, receive, send)

    def _find(self, scope: Scope) -> tuple[Operation, dict[str, Any]] | None:
        if self._routes != self._router.routes:
            self._build()
        path, method = scope["path"], scope["method"]
        for row in self._rows_near(path):
            match = row.path.match(path)
            if match and not row.operation:
                return None
            if match and row.operation and method in row.methods:
                convertors = row.operation.convertors
                return row.operation, {name: convertors[name].convert(text) for name, text in match.groupdict().items()}
        return None

    def _build(self) -> None:
        self._routes, self._rows = list(self._router.routes), {}
        for folder, row in _rows(self._router):
            self._rows.setdefault(folder, []).append(row)
        self._longest = max(map(len, self._rows), default=0)

    def _rows_near(self, path: str) -> list[Row]:
        """Return the rows of all folders that a path is in, in the order of the routes."""
        near: list[Row] = []
        folders = end = 0
        while end <= self._longest:
            if rows := self._rows.get(path[:end]):
                near, folders = (near + rows, folders + 1) if near else (rows, 1)
            if not (end := path.find("/", end) + 1):
                break
        return sorted(near) if folders > 1 else near


def _rows(router: APIRouter) -> Iterator[tuple[str, Row]]:
    """Yield the rows up to the first route without a path, such as a host: what comes after it is the router's.

    Each has the folder that all of its paths are in: `/orders/` for `/orders/{order_id}/lines`.
    """
    if _limits_forms(router) or _any_limits_forms(router.routes):
        return  # only the routers apply them
    for number, route in enumerate(iter_route_contexts(router.routes)):
        if not (path := getattr(route, "path_regex", None)):
            return
        literal = str(route.path_format).partition("{")[0]
        folder = literal[: literal.rfind("/") + 1]
        yield folder, Row(number, path, route.methods or set(), _operation(route))


def _operation(route: RouteContext) -> Operation | None:
    original: Any = route.original_route
    if not isinstance(original, APIRoute):
        return None
    found: Any = route
    return Operation(found.app, original, route, found.endpoint, found.path_format, found.param_convertors)


def _any_limits_forms(routes: Iterable[Any]) -> bool:
    included = [route for route in routes if hasattr(route, "include_context")]
    return any(
        _limits_forms(each.include_context) or _any_limits_forms(each.original_router.routes) for each in included
    )


def _limits_forms(context: Any) -> bool:
    return bool(getattr(context, "form_limits", None))  # FastAPI 0.163 and later have it
