"""Cursors, which clients cannot forge."""

from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import current_process, get_context
from uuid import UUID, uuid4

import pytest
from fastapi import APIRouter, FastAPI
from itsdangerous import URLSafeSerializer
from pydantic import SecretStr

from kit.pages import CursorDep, encode_cursor
from kit.testing.service import ask, create_app, given
from kit.tests.trial import add_routes

pytestmark = pytest.mark.anyio
router = APIRouter()
ID = UUID("01890000-0000-7000-8000-000000000001")


@router.get("/page")
async def page(cursor: CursorDep) -> UUID | None:
    return cursor


@cache
def service(key: str | None = "the key of this service") -> FastAPI:
    secret = SecretStr(key) if key else None
    app = create_app(given(app_name="shop", secret_key=secret))
    add_routes(app, router)
    return app


async def status_and_answer(app: FastAPI, **query: str) -> tuple[int, object]:
    async with ask(app) as client:
        response = await client.get("/page", params=query)
    answer = response.json()
    return response.status_code, answer["error"]["code"] if response.is_error else answer


async def test_a_cursor_leads_back_to_its_id() -> None:
    app = service()
    assert await status_and_answer(app, after=encode_cursor(app, ID)) == (200, str(ID))


async def test_the_first_page_needs_no_cursor() -> None:
    assert await status_and_answer(service()) == (200, None)


@pytest.mark.parametrize("cursor", ["", "nonsense", "a.b", str(ID), "\N{LATIN SMALL LETTER E WITH ACUTE}.x"])
async def test_a_cursor_that_is_made_up_is_a_bad_request(cursor: str) -> None:
    assert await status_and_answer(service(), after=cursor) == (400, "BAD_REQUEST")


async def test_a_cursor_that_was_changed_is_a_bad_request() -> None:
    app = service()
    signature = encode_cursor(app, ID).rpartition(".")[2]
    payload = encode_cursor(app, uuid4()).rpartition(".")[0]
    assert await status_and_answer(app, after=f"{payload}.{signature}") == (400, "BAD_REQUEST")


async def test_a_cursor_that_was_signed_with_another_key_is_a_bad_request() -> None:
    cursor = encode_cursor(service("the key of another service"), ID)
    assert await status_and_answer(service(), after=cursor) == (400, "BAD_REQUEST")


async def test_what_was_signed_for_something_else_is_a_bad_request() -> None:
    signed = str(URLSafeSerializer("the key of this service", salt="session").dumps(str(ID)))
    assert await status_and_answer(service(), after=signed) == (400, "BAD_REQUEST")


@pytest.mark.parametrize("content", [7, None, [], {"id": str(ID)}, "", "nonsense", True, 1.5, "0" * 31])
async def test_a_signed_cursor_without_an_id_is_a_bad_request(content: object) -> None:
    signed = str(URLSafeSerializer("the key of this service", salt="cursor").dumps(content))
    assert await status_and_answer(service(), after=signed) == (400, "BAD_REQUEST")


async def test_a_cursor_that_is_too_long_is_not_valid() -> None:
    assert await status_and_answer(service(), after="x" * 201) == (422, "VALIDATION_ERROR")


async def test_without_a_secret_key_all_workers_accept_the_same_cursors() -> None:
    assert await status_and_answer(service(None), after=encode_cursor(service(None), ID)) == (200, str(ID))


@pytest.mark.parametrize("key", ["shop", ""])
async def test_without_a_secret_key_nothing_public_signs_a_cursor(key: str) -> None:
    signed = str(URLSafeSerializer(key, salt="cursor").dumps(str(ID)))
    assert await status_and_answer(service(None), after=signed) == (400, "BAD_REQUEST")
    assert await status_and_answer(service(""), after=signed) == (400, "BAD_REQUEST")


def test_without_a_secret_key_the_workers_of_a_server_have_the_same() -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as workers:
        assert workers.submit(own_key).result() == own_key()


def own_key() -> bytes:
    return bytes(current_process().authkey)
