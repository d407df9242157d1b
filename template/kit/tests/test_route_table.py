"""The table of routes: each request gets what the router of FastAPI gives it."""

from typing import Any

import pytest
from fastapi import APIRouter, FastAPI, Request
from httpx2 import ASGITransport, AsyncClient
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Host, Mount, Route
from starlette.types import Receive, Scope, Send

from kit.route_table import install_route_table

pytestmark = pytest.mark.anyio

PATHS = (
    "/",
    "/docs",
    "/orders",
    "/orders/",
    "/orders/7",
    "/orders/seven",
    "/orders/export",
    "/orders/7/lines/8",
    "/orders/7.5/price",
    "/files/a/b.txt",
    "/before/orders",
    "/direct",
    "/mounted/page",
    "/sub/orders/7",
    "/nowhere",
    "//orders",
    "/orders/%37",
    "/orders/a%2Fb",
    "/orders%0A",
    "/orders/7/",
    "/orders/7/lines/8/9",
    "/orders/first/of/all",
    "/ord",
    "/archive2026/7",
    "/orders" + "/" * 500,
)
METHODS = ("GET", "HEAD", "POST", "DELETE", "OPTIONS")


def serves() -> FastAPI:
    """Return an application with each kind of route, in routers within routers."""
    app = FastAPI()
    orders, lines, before = APIRouter(), APIRouter(), APIRouter(prefix="/before")

    @app.get("/direct")
    @orders.get("")
    @orders.get("/{order_id:int}")
    @orders.get("/{name}")
    @orders.get("/export")
    @orders.delete("/{name}")
    @orders.get("/{amount:float}/price")
    @lines.get("/{line_id}")
    @before.get("/{rest:path}")
    @app.get("/archive{year}/{order_id}")
    @app.get("/{anything:path}/of/all")
    @app.get("/orders/first/of/all")
    async def show(request: Request) -> dict[str, Any]:
        return {
            "path": request.scope["route"].path,
            "parameters": request.path_params,
            "url": str(request.url_for("show", **request.path_params)) if not request.path_params else None,
            "endpoint": request.scope["endpoint"].__name__,
        }

    @orders.post("")
    async def make(order: dict[str, int]) -> dict[str, int]:
        return order

    async def page(_request: Request) -> PlainTextResponse:
        return PlainTextResponse("a page")

    orders.include_router(lines, prefix="/{order_id}/lines")
    app.include_router(before)
    app.include_router(orders, prefix="/orders")
    app.mount("/mounted", Starlette(routes=[Route("/page", page)]))
    app.include_router(orders, prefix="/sub/orders")
    app.router.routes.append(Host("other.example", Mount("/", app=Starlette(routes=[Route("/page", page)]))))
    app.include_router(before, prefix="/files")
    return app


def ask(app: FastAPI, host: str = "service.test", root_path: str = "") -> AsyncClient:
    return AsyncClient(transport=ASGITransport(app, root_path=root_path), base_url=f"http://{host}")


async def answers(client: AsyncClient) -> dict[tuple[str, str], tuple[int, dict[str, str], str]]:
    found: dict[tuple[str, str], tuple[int, dict[str, str], str]] = {}
    for path in PATHS:
        for method in METHODS:
            response = await client.request(method, path, json={"a": 1} if method == "POST" else None)
            found[method, path] = response.status_code, dict(response.headers), response.text
    return found


@pytest.mark.parametrize("options", [{}, {"root_path": "/proxied"}, {"host": "other.example"}])
async def test_each_request_gets_what_the_router_gives_it(options: dict[str, str]) -> None:
    ours = serves()
    install_route_table(ours)
    found = await answers(ask(ours, **options))
    assert found == await answers(ask(serves(), **options))
    assert {200, 404, 405} <= {status for status, _, _ in found.values()}


async def test_operations_are_found_without_the_router(monkeypatch: pytest.MonkeyPatch) -> None:
    app = serves()
    install_route_table(app)
    monkeypatch.setattr(app.router, "app", None)
    assert (await ask(app).get("/orders/7.5/price")).json()["parameters"] == {"amount": 7.5}


async def test_a_route_that_is_added_later_is_found() -> None:
    app = serves()
    install_route_table(app)
    client = ask(app)
    assert (await client.get("/later")).status_code == 404
    app.add_api_route("/later", lambda: "late")
    app.add_api_route("/orders/export", lambda: "first")
    app.routes.insert(0, app.routes.pop())
    assert (await client.get("/later")).json() == "late"
    assert (await client.get("/orders/export")).json() == "first"


async def test_a_router_with_limits_on_forms_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    app = serves()
    install_route_table(app)
    included: Any = app.routes[-1]
    included.include_context.form_limits = {"max_fields": 1}
    asked: list[str] = []
    serve = app.router.app

    async def note(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append(scope["path"])
        await serve(scope, receive, send)

    monkeypatch.setattr(app.router, "app", note)
    assert (await ask(app).get("/orders")).status_code == 200
    assert asked == ["/orders"]
