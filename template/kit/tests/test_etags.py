"""Responses that a client has already."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import pytest
from fastapi import APIRouter, FastAPI, Request
from httpx2 import AsyncClient
from pydantic import BaseModel

from kit.middleware import NOT_MODIFIED, check_etag
from kit.testing.service import given, started
from kit.tests.trial import add_routes, serving

pytestmark = pytest.mark.anyio
router = APIRouter()


class Thing(BaseModel):
    version: str


@router.get("/thing/{version}", responses=NOT_MODIFIED)
async def get_thing(version: str, request: Request) -> Thing:
    check_etag(request, version, datetime(2026, 11, 28, tzinfo=UTC), 1.5, None)
    return Thing(version=version)


@pytest.fixture(scope="module")
async def app() -> AsyncGenerator[FastAPI]:
    async with started(given()) as app:
        add_routes(app, router)
        yield app


async def test_a_response_has_a_weak_etag_that_stays_until_the_versions_change(client: AsyncClient) -> None:
    first, again, other = [(await client.get(f"/thing/{each}")).headers["ETag"] for each in ("1", "1", "2")]
    assert first.startswith('W/"')
    assert (first == again, first == other) == (True, False)


@pytest.mark.parametrize("form", ["{}", '"other", {}', '{},"other"', "*"])
async def test_a_client_that_has_the_response_gets_304(client: AsyncClient, form: str) -> None:
    etag = (await client.get("/thing/1")).headers["ETag"]
    for known in (etag, etag.removeprefix("W/")):
        response = await client.get("/thing/1", headers={"If-None-Match": form.format(known)})
        assert (response.status_code, response.content, response.headers["ETag"]) == (304, b"", etag)
        assert response.headers["Vary"] == "Accept-Encoding"
        assert {"Content-Length", "Content-Type"} & {*response.headers} == set()


@pytest.mark.parametrize("known", ["", '"other"', "nonsense", '"', ",", "W/"])
async def test_another_client_gets_the_response(client: AsyncClient, known: str) -> None:
    response = await client.get("/thing/1", headers={"If-None-Match": known})
    assert (response.status_code, response.json()) == (200, {"version": "1"})


async def test_a_new_version_of_the_service_has_new_etags(client: AsyncClient) -> None:
    etag = (await client.get("/thing/1")).headers["ETag"]
    async with serving(router, given(app_version="2.0.0")) as newer:
        response = await newer.get("/thing/1", headers={"If-None-Match": etag})
    assert response.status_code == 200


async def test_the_document_has_the_status_without_a_body(app: FastAPI) -> None:
    app.openapi_schema = None
    assert "content" not in app.openapi()["paths"]["/thing/{version}"]["get"]["responses"]["304"]
