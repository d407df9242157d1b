"""A service with a route that does not say who may call it does not start."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, WebSocket
from fastapi.routing import APIRoute, Mount
from fastapi.staticfiles import StaticFiles
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Host, Route, Router, WebSocketRoute

from kit.auth import authenticated, guarded, public, requires
from kit.auth.policies import check_policies, routes_of
from kit.server.start import StartError
from kit.testing.service import create_app, given

pytestmark = pytest.mark.anyio

HERE = "kit/tests/auth/test_policies.py"
OF_EACH_SERVICE = {
    *("GET /", "HEAD /", "GET /health", "HEAD /health", "GET /ready", "HEAD /ready"),
    *("GET, HEAD /openapi.json", "GET, HEAD /docs", "GET, HEAD /docs/oauth2-redirect", "GET, HEAD /redoc"),
}
OF_THE_EXAMPLE = "/examples/"

Add = Callable[[FastAPI], Any]


async def view() -> None: ...


async def view_request(_request: Request) -> Response:
    return Response()


async def view_websocket(websocket: WebSocket) -> None: ...


def nested(router: APIRouter, depth: int = 3) -> APIRouter:
    for _ in range(depth):
        outer = APIRouter(prefix="/outer")
        outer.include_router(router)
        router = outer
    return router


def router_with(add: Callable[[APIRouter], Any], **options: Any) -> APIRouter:
    router = APIRouter(prefix="/inner", **options)
    add(router)
    return router


OPEN: dict[str, tuple[Add, str]] = {
    "operation": (lambda app: app.get("/a")(view), "GET /a: view, " + HERE),
    "partial": (lambda app: app.get("/a")(partial(view)), "GET /a: view, " + HERE),
    "undocumented": (lambda app: app.get("/a", include_in_schema=False)(view), "GET /a: view, " + HERE),
    "websocket": (lambda app: app.websocket("/a")(view_websocket), "APIWebSocketRoute /a: view_websocket, " + HERE),
    "plain route": (lambda app: app.add_route("/a", view_request), "GET, HEAD /a: view_request, " + HERE),
    "plain websocket": (
        lambda app: app.router.routes.append(WebSocketRoute("/a", view_websocket)),
        "WebSocketRoute /a: view_websocket, " + HERE,
    ),
    "mount": (lambda app: app.mount("/a", FastAPI()), "Mount /a: an application"),
    "files": (lambda app: app.mount("/a", StaticFiles(directory=Path(__file__).parent)), "Mount /a: an application"),
    "host": (lambda app: app.router.routes.append(Host("a.test", Router())), "Host a.test: an application"),
    "frontend": (lambda app: app.frontend("/a", directory=Path(__file__).parent), "FrontendRouteGroup /a"),
    "included": (lambda app: app.include_router(router_with(lambda r: r.get("/a")(view))), "GET /inner/a: view, "),
    "nested": (
        lambda app: app.include_router(nested(router_with(lambda r: r.get("/a")(view)))),
        "GET /outer/outer/outer/inner/a: view, ",
    ),
    "nested websocket": (
        lambda app: app.include_router(nested(router_with(lambda r: r.websocket("/a")(view_websocket)))),
        "APIWebSocketRoute /outer/outer/outer/inner/a: view_websocket, ",
    ),
    "nested plain route": (
        lambda app: app.include_router(nested(router_with(lambda r: r.add_route("/a", view_request)))),
        "GET, HEAD /outer/outer/outer/a: view_request, ",
    ),
    "nested mount": (
        lambda app: app.include_router(nested(router_with(lambda r: r.routes.append(Mount("/a", FastAPI()))))),
        "Mount /outer/outer/outer/a: an application",
    ),
    "nested frontend": (
        lambda app: app.include_router(router_with(lambda r: r.frontend("/a", directory=Path(__file__).parent))),
        "FrontendRouteGroup",
    ),
    "a dependency that is no policy": (
        lambda app: app.get("/a", dependencies=[Depends(view)])(view),
        "GET /a: view, " + HERE,
    ),
}
CLOSED: dict[str, Add] = {
    "operation": lambda app: app.get("/a", dependencies=[Depends(authenticated)])(view),
    "public": lambda app: app.get("/a", dependencies=[Depends(public)])(view),
    "scope": lambda app: app.get("/a", dependencies=[requires("a")])(view),
    "websocket": lambda app: app.websocket("/a", dependencies=[requires("a")])(view_websocket),
    "plain route": lambda app: app.router.routes.append(Route("/a", guarded(Router(), public))),
    "plain websocket": lambda app: app.router.routes.append(WebSocketRoute("/a", guarded(Router(), public))),
    "mount": lambda app: app.mount("/a", guarded(FastAPI(), authenticated)),
    "host": lambda app: app.router.routes.append(Host("a.test", guarded(Router(), public))),
    "router": lambda app: app.include_router(
        router_with(lambda r: r.get("/a")(view), dependencies=[Depends(authenticated)])
    ),
    "include": lambda app: app.include_router(
        nested(router_with(lambda r: r.get("/a")(view))), dependencies=[Depends(authenticated)]
    ),
    "nested websocket": lambda app: app.include_router(
        nested(router_with(lambda r: r.websocket("/a")(view_websocket))), dependencies=[requires("a")]
    ),
    "nested mount": lambda app: app.include_router(
        nested(router_with(lambda r: r.routes.append(Mount("/a", guarded(FastAPI(), public)))))
    ),
    "nested host": lambda app: app.include_router(
        nested(router_with(lambda r: r.routes.append(Host("a.test", guarded(FastAPI(), public)))))
    ),
    "frontend": lambda app: app.include_router(
        router_with(lambda r: r.frontend("/a", directory=Path(__file__).parent), dependencies=[Depends(authenticated)])
    ),
}


@pytest.mark.parametrize("kind", OPEN)
async def test_a_route_without_a_policy_keeps_the_service_from_starting(kind: str) -> None:
    add, line = OPEN[kind]
    app = create_app(given())
    add(app)
    with pytest.raises(StartError) as raised:
        async with app.router.lifespan_context(app):
            pytest.fail("it starts")
    first, found, *advice = str(raised.value).splitlines()
    assert first == "these routes do not say who may call them:"
    assert found.strip().startswith(line)
    assert "guarded(…)" in "\n".join(advice)


@pytest.mark.parametrize("kind", CLOSED)
async def test_a_route_with_a_policy_starts(kind: str) -> None:
    app = create_app(given())
    CLOSED[kind](app)
    async with app.router.lifespan_context(app):
        pass


def test_each_route_without_a_policy_is_a_line_with_its_place() -> None:
    app = FastAPI()
    for path in ("/a", "/b"):
        app.get(path)(view)
    app.get("/c", dependencies=[Depends(public)])(view)
    with pytest.raises(StartError) as raised:
        check_policies(app)
    line = view.__code__.co_firstlineno
    assert str(raised.value).splitlines()[1:3] == [f"  GET {path}: view, {HERE}:{line}" for path in ("/a", "/b")]


async def test_these_routes_are_public(app: FastAPI) -> None:
    found = {route.name for route in routes_of(app) if authenticated not in route.policies}
    of_the_example = {name for name in found if OF_THE_EXAMPLE in name}
    of_features = {name for name in found if "/health/" in name or " /auth/" in name}
    assert found == OF_EACH_SERVICE | of_features | of_the_example
    assert not [name for name in of_the_example if "/files" in name]


def test_scopes_of_a_tree_add_up() -> None:
    async def inner(_: None = requires("b")) -> None: ...

    app = FastAPI(dependencies=[requires("a")])
    app.get("/", dependencies=[Depends(inner)])(view)
    (route,) = [route for route in routes_of(app) if route.name == "GET /"]
    assert route.scopes == {"a", "b"}
    assert isinstance(app.routes[-1], APIRoute)
