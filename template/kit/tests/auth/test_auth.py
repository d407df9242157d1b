"""Users in routes, WebSockets, mounted applications, the log and the OpenAPI document."""

from collections.abc import AsyncGenerator

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from kit.auth import authenticated, guarded, public, requires
from kit.testing.auth import AsUser, TokenOf, authorization
from kit.testing.service import ask, create_app, given
from kit.tests.auth.calls import connect, router
from kit.tests.trial import Lines

pytestmark = pytest.mark.anyio

UNAUTHORIZED, FORBIDDEN = (401, "UNAUTHORIZED"), (403, "FORBIDDEN")


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the id of the user, as a mounted application that is not built with FastAPI."""
    user = scope.get("user")
    await PlainTextResponse(user.id if user else "nobody")(scope, receive, send)


async def name_path(request: Request) -> PlainTextResponse:
    return PlainTextResponse(request.url.path)


async def id_of(user: AsyncClient) -> str:
    return (await user.get("/trial/me")).json()["id"]


@pytest.fixture(scope="module")
async def app() -> AsyncGenerator[FastAPI]:
    app = create_app(given())
    app.include_router(router)
    app.mount("/mounted/users", guarded(echo, authenticated))
    app.mount("/mounted/writers", guarded(Starlette(routes=[Route("/a", name_path)]), requires("things:write")))
    app.mount("/mounted/all", guarded(echo, public))
    app.router.routes.append(Route("/plain", guarded(echo, requires("things:read"))))
    async with app.router.lifespan_context(app):
        yield app


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YTpi", "Token a.b.c", "Bearer no.token"])
async def test_a_request_without_a_token_gets_401_with_the_body_of_all_errors(app: FastAPI, header: str) -> None:
    async with ask(app, headers={"Authorization": header} if header else None) as client:
        response = await client.get("/trial/me")
    assert (response.status_code, response.json()["error"]["code"]) == UNAUTHORIZED
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.json()["error"]["request_id"] == response.headers["X-Request-ID"]


async def test_a_route_gets_its_user_without_the_claims_in_the_response(as_user: AsUser) -> None:
    found = (await as_user("grace", scopes={"b"}).get("/trial/me")).json()
    assert (found.keys(), found["scopes"]) == ({"id", "scopes"}, ["b"])


async def test_a_missing_scope_is_named(as_user: AsUser) -> None:
    response = await as_user(scopes={"things:read"}).post("/trial/things", json={"a": 1})
    assert (response.status_code, response.json()["error"]["code"]) == FORBIDDEN
    assert response.json()["error"]["message"] == "This needs the scope things:write"
    assert response.json()["error"]["details"] == {"missing": ["things:write"]}
    both = as_user(scopes={"things:read", "things:write"})
    assert (await both.post("/trial/things", json={"a": 1})).json() == {"a": 1}


async def test_no_cache_keeps_a_response_to_a_user(app: FastAPI, as_user: AsUser) -> None:
    for path, status in (("/trial/me", 200), ("/trial/things/7", 403), ("/mounted/users/", 200)):
        response = await as_user().get(path)
        assert (response.status_code, response.headers["Cache-Control"]) == (status, "no-store")
    async with ask(app) as client:
        assert (await client.get("/trial/me")).headers["Cache-Control"] == "no-store"
        assert "Cache-Control" not in (await client.get("/trial/public")).headers


async def test_a_policy_comes_before_the_validation_of_the_request(as_user: AsUser) -> None:
    reader = as_user(scopes={"things:read"})
    assert (await as_user().get("/trial/things/none")).status_code == 403
    assert (await reader.get("/trial/things/none")).status_code == 422
    assert (await reader.get("/trial/things/7")).json() == f"{await id_of(reader)} 7"


async def test_everybody_may_call_a_public_route_also_with_a_bad_token(app: FastAPI) -> None:
    async with ask(app, headers=authorization("bad")) as client:
        assert (await client.get("/trial/public")).json() == "public"


@pytest.mark.parametrize(
    ("path", "scopes", "status"),
    [
        ("/mounted/users/", None, 401),
        ("/mounted/users/deep", (), 200),
        ("/mounted/writers/a", None, 401),
        ("/mounted/writers/a", ("things:read",), 403),
        ("/mounted/writers/a", ("things:write",), 200),
        ("/mounted/all/", None, 200),
        ("/plain", None, 401),
        ("/plain", (), 403),
        ("/plain", ("things:read",), 200),
    ],
)
async def test_an_application_that_is_mounted_has_its_guard(
    app: FastAPI, as_user: AsUser, path: str, scopes: tuple[str, ...] | None, status: int
) -> None:
    client = ask(app) if scopes is None else as_user(scopes=scopes)
    response = await client.get(path)
    assert response.status_code == status
    if status != 200:
        assert response.json()["error"]["code"] == (UNAUTHORIZED if status == 401 else FORBIDDEN)[1]


async def test_a_mounted_application_finds_the_user(as_user: AsUser) -> None:
    grace = as_user("grace")
    assert (await grace.get("/mounted/users/")).text == await id_of(grace)


def test_only_a_policy_guards() -> None:
    with pytest.raises(ValueError, match="is no policy"):
        guarded(echo, name_path)


@pytest.mark.parametrize("path", ["/trial/live", "/trial/open", "/mounted/users/"])
@pytest.mark.parametrize("header", ["", "Bearer no.token"])
async def test_a_websocket_is_refused_before_it_is_accepted(app: FastAPI, path: str, header: str) -> None:
    headers = {"Authorization": header} if header else {}
    assert [(each["type"], each.get("code")) for each in await connect(app, path, **headers)] == [
        ("websocket.close", 1008)
    ]


async def test_a_websocket_needs_the_scope_and_opens_with_it(app: FastAPI, token_of: TokenOf) -> None:
    (refused,) = await connect(app, "/trial/live", **authorization(await token_of("ada", ())))
    assert (refused["code"], refused["reason"]) == (1008, "This needs the scope things:read")
    opened = await connect(app, "/trial/live", **authorization(await token_of("ada", ("things:read",))))
    assert opened[0]["type"] == "websocket.accept"


async def test_each_line_of_a_request_has_the_id_of_its_user_and_never_the_token(
    app: FastAPI, as_user: AsUser, token_of: TokenOf, capsys: pytest.CaptureFixture[str]
) -> None:
    user = as_user("grace")
    lines = Lines(capsys)
    user_id = await id_of(user)
    lines("access")
    await user.get("/trial/me")
    await ask(app).get("/trial/me")
    await user.post("/trial/things", json={})
    found = lines("access")
    assert [(line.get("user_id"), line["status"]) for line in found] == [(user_id, 200), (None, 401), (user_id, 403)]
    lines = Lines(capsys)
    token = await token_of("grace", ())
    await ask(app, headers=authorization(token)).get("/trial/me")
    said = capsys.readouterr()
    assert "access" in said.out
    assert token not in said.out + said.err
    assert token.rpartition(".")[2] not in said.out + said.err


def test_the_document_says_what_each_operation_needs(app: FastAPI) -> None:
    document = app.openapi()
    assert document["components"]["securitySchemes"]["bearer"] == {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
    }
    needed = {
        f"{method} {path}": operation.get("security")
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if path.startswith("/trial")
    }
    schemes = [*document["components"]["securitySchemes"]]
    assert needed == {
        "get /trial/public": None,
        "get /trial/me": [{each: []} for each in schemes],
        "get /trial/things/{thing_id}": [{each: ["things:read"]} for each in schemes],
        "post /trial/things": [{each: ["things:read", "things:write"]} for each in schemes],
    }
