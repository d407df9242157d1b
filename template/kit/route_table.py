"""Finds the operation of a request in one pass through all paths.

FastAPI asks each router within each router, which costs more than all else that a service adds to a small request.
"""

from collections.abc import Iterable, Iterator
from re import Pattern
from typing import Any, NamedTuple

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from starlette.types import Receive, Scope, Send


class Row(NamedTuple):
    """A path, and the operation there; without an operation, the router knows what to do."""

    path: Pattern[str]
    methods: set[str]
    operation: RouteContext | None


def install_route_table(app: FastAPI) -> None:
    """Serve operations from a table; mounts, WebSockets, redirects and errors are the router's as before."""
    if app.router.middleware_stack == app.router.app:
        app.router.middleware_stack = RouteTable(app.router)


class RouteTable:
    """An ASGI application in front of a router, with the same result for each request."""

    def __init__(self, router: APIRouter) -> None:
        self._router = router
        self._routes: list[Any] = []
        self._rows: list[Row] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_plain = scope["type"] == "http" and not scope.get("root_path") and "fastapi.telemetry" not in scope
        found = self._find(scope) if is_plain else None
        if not found:
            await self._router.app(scope, receive, send)
            return
        operation, parameters = found
        scope["router"], scope["route"] = self._router, operation.original_route
        scope["endpoint"], scope["path_params"] = operation.endpoint, parameters
        scope["fastapi"] = {"effective_route_context": operation}
        await operation.app(scope, receive, send)

    def _find(self, scope: Scope) -> tuple[RouteContext, dict[str, Any]] | None:
        if self._routes != self._router.routes:
            self._routes, self._rows = list(self._router.routes), list(_rows(self._router))
        path, method = scope["path"], scope["method"]
        for row in self._rows:
            match = row.path.match(path)
            if match and not row.operation:
                return None
            if match and row.operation and method in row.methods:
                convertors = row.operation.param_convertors
                return row.operation, {name: convertors[name].convert(text) for name, text in match.groupdict().items()}
        return None


def _rows(router: APIRouter) -> Iterator[Row]:
    """Yield the rows up to the first route without a path, such as a host: what comes after it is the router's."""
    if _limits_forms(router) or _any_limits_forms(router.routes):
        return  # only the routers apply them
    for route in iter_route_contexts(router.routes):
        if not (path := getattr(route, "path_regex", None)):
            return
        yield Row(path, route.methods or set(), route if isinstance(route.original_route, APIRoute) else None)


def _any_limits_forms(routes: Iterable[Any]) -> bool:
    included = [route for route in routes if hasattr(route, "include_context")]
    return any(
        _limits_forms(each.include_context) or _any_limits_forms(each.original_router.routes) for each in included
    )


def _limits_forms(context: Any) -> bool:
    return bool(getattr(context, "form_limits", None))  # FastAPI 0.163 and later have it
