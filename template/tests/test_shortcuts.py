"""A shortcut answers as the route behind its routers does."""

import pytest
from fastapi import APIRouter, Depends, FastAPI, HTTPException
from fastapi.routing import APIRoute

from app.shortcuts import add_shortcuts
from tests.service import ask

pytestmark = pytest.mark.anyio


async def refuse() -> None:
    raise HTTPException(403)


async def allow() -> None: ...


@pytest.fixture
def nested() -> FastAPI:
    """Make a service whose route is in a router within a router."""
    inner, outer, app = APIRouter(), APIRouter(), FastAPI()

    @inner.get("/{number}", status_code=203)
    async def read(number: int) -> dict[str, int]:
        return {"number": number}

    outer.include_router(inner, prefix="/inner", tags=["Numbers"])
    app.include_router(outer, prefix="/outer", dependencies=[Depends(refuse)])
    return app


def plain_routes(app: FastAPI) -> list[str]:
    return [route.path for route in app.routes if isinstance(route, APIRoute)]


async def test_a_shortcut_has_what_the_routers_around_it_give(nested: FastAPI) -> None:
    add_shortcuts(nested)
    assert plain_routes(nested) == ["/outer/inner/{number}"]
    async with ask(nested) as client:
        assert (await client.get("/outer/inner/7")).status_code == 403
        nested.dependency_overrides[refuse] = allow
        answer = await client.get("/outer/inner/7")
        assert (answer.status_code, answer.json()) == (203, {"number": 7})
        assert (await client.get("/outer/inner/seven")).status_code == 422


def test_the_documentation_does_not_change(nested: FastAPI) -> None:
    before = nested.openapi()
    nested.openapi_schema = None
    add_shortcuts(nested)
    assert nested.openapi() == before


async def test_the_service_has_shortcuts(app: FastAPI) -> None:
    assert {"/", "/health", "/ready"} <= set(plain_routes(app))
