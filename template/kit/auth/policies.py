"""Finds the policy of each route, and the routes that have none."""

import inspect
from collections.abc import Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from kit.auth.dependencies import authenticated, public
from kit.auth.guarded import Guarded
from kit.discovery import PROJECT_FOLDER
from kit.server.start import StartError

POLICIES = (authenticated, public)
# Of the kit, these have routes only in tests, which need a policy as the routes of the application do.
NOT_PUBLIC = ("kit.auth", "kit.testing", "kit.tests")
ADVICE = """Say who may call them: add dependencies=[requires("a:scope")], [Depends(authenticated)] or [Depends(public)]
to the route, to its router, or to ROUTER_OPTIONS in the __init__.py of a folder of routes; wrap a mounted application,
or a route that takes no dependencies, in guarded(…). All of them are in kit.auth."""


Found = tuple[Any, tuple[str, ...]]
"""A policy and its scopes."""


class Route(NamedTuple):
    """A route, what it calls, the policies in its tree of dependencies, and the scopes that it needs."""

    name: str
    endpoint: Any
    policies: frozenset[Any]
    scopes: frozenset[str]


def routes_of(app: FastAPI) -> Iterator[Route]:
    """Yield each route of the application: operations, WebSockets, mounts, and those of included routers."""
    # The folders that FastAPI serves with `frontend` are tried after all routes, so it keeps them elsewhere.
    frontends = app.router._iter_low_priority_routes()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    for route in chain(iter_route_contexts(app.routes), frontends):
        yield _route(route)


def check_policies(app: FastAPI) -> None:
    """Raise `StartError` with a line for each route that does not say who may call it."""
    if found := [f"  {route.name}: {_place(route.endpoint)}" for route in routes_of(app) if not route.policies]:
        raise StartError("\n".join(["these routes do not say who may call them:", *found, ADVICE]))


def _route(route: Any) -> Route:
    original = getattr(route, "original_route", route)
    endpoint = getattr(route, "endpoint", None)
    found: list[Found] = [*_policies_in(getattr(route, "dependant", None))]
    if isinstance(guard := getattr(original, "app", None), Guarded):
        found.append((guard.policy, tuple(guard.scopes)))
    elif _is_of_the_service(endpoint):
        found.append((public, ()))
    scopes = frozenset(scope for _, each in found for scope in each)
    return Route(_name(route, original), endpoint, frozenset(call for call, _ in found), scopes)


def _policies_in(dependant: Dependant | None, scopes: tuple[str, ...] = ()) -> Iterator[Found]:
    """Yield the policies in a tree of dependencies, with the scopes that the tree gives to each."""
    if dependant is None:
        return
    scopes += tuple(dependant.own_oauth_scopes or ())
    if dependant.call in POLICIES:
        yield dependant.call, scopes if dependant.call is authenticated else ()
    for each in dependant.dependencies:
        yield from _policies_in(each, scopes)


def _is_of_the_service(endpoint: Any) -> bool:
    """Whether a route is one that the kit or FastAPI adds to each service, such as `/health` and `/docs`."""
    module: str = getattr(_unwrapped(endpoint), "__module__", None) or ""
    if module == "fastapi.applications":
        return True
    return module.startswith("kit.") and not f"{module}.".startswith(tuple(f"{each}." for each in NOT_PUBLIC))


def _name(route: Any, original: Any) -> str:
    """Return `GET /orders/{order_id}`, or the kind of a route that is no operation and its path."""
    path = getattr(route, "path", None) or getattr(original, "path", None) or getattr(original, "host", "")
    methods = ", ".join(sorted(getattr(route, "methods", None) or ()))
    paths = [each.path for each in getattr(original, "routes", None) or ()] if not path else [path]
    return f"{methods or type(original).__name__.strip('_')} {', '.join(paths)}".strip()


def _place(endpoint: Any) -> str:
    call = _unwrapped(endpoint)
    try:
        file, line = Path(inspect.getsourcefile(call) or ""), inspect.getsourcelines(call)[1]
    except (TypeError, OSError):
        return "an application" if call is None else repr(call)
    path = file.relative_to(PROJECT_FOLDER) if file.is_relative_to(PROJECT_FOLDER) else file
    return f"{getattr(call, '__qualname__', call)}, {path.as_posix()}:{line}"


def _unwrapped(call: Any) -> Any:
    """Return the function that is called in the end."""
    while isinstance(call, partial):
        call = call.func
    return inspect.unwrap(call) if callable(call) else call
