"""Every operation of the OpenAPI document refuses every bad key, and lets in the right one."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient

from kit.auth.api_keys.keys import digest_of, new_secret, written
from kit.auth.api_keys.routes import MANAGE
from kit.auth.api_keys.service import ApiKeys
from kit.testing.auth import scopes_of
from kit.testing.service import ask
from kit.tests.auth.api_keys.making import ROUTE, make
from kit.tests.auth.operations import Operation, protected

pytestmark = pytest.mark.anyio

OF_SESSIONS = {f"/auth/{each}" for each in ("logout", "logout-everywhere", "password", "email", "delete-account")}


class Thief:
    """Somebody with a key that has every scope, and who now tries others."""

    def __init__(self, key: dict[str, Any], keys: ApiKeys, owner: AsyncClient) -> None:
        self.text: str = key["key"]
        self.id = UUID(key["id"])
        self.keys = keys
        self.owner = owner

    async def revoked(self) -> str:
        assert (await self.owner.delete(f"{ROUTE}/{self.id}")).status_code == 204
        return self.text

    async def ended(self, seconds: float) -> str:
        """Return a key with every scope that has ended."""
        found, secret = await self.keys.storage.get(self.id), new_secret()
        assert found
        ends = datetime.now(UTC) - timedelta(seconds=seconds)
        key = replace(found, id=uuid4(), digest=digest_of(secret), expires_at=ends)
        await self.keys.storage.create(key)
        return written(key.id, secret)

    async def with_secret_of_another(self) -> str:
        other = await make(self.owner)
        return f"{self.text.rpartition('_')[0]}_{other['key'].rpartition('_')[2]}"


BAD: dict[str, Callable[[Thief], str | Awaitable[str]]] = {
    "revoked": Thief.revoked,
    "expired": lambda by: by.ended(0),
    "expired long ago": lambda by: by.ended(86400),
    "truncated": lambda by: by.text[:-1],
    "truncated by half": lambda by: by.text[: len(by.text) // 2],
    "longer": lambda by: by.text + "0",
    "with a space": lambda by: by.text.replace("_", " _"),
    "without its prefix": lambda by: by.text.partition("_")[2],
    "with another prefix": lambda by: "x" + by.text,
    "in capitals": lambda by: by.text[:7] + by.text[7:].upper(),
    "not in ASCII": lambda by: by.text[:-3] + "\xe9\xe9\xe9",
    "only the prefix": lambda _: "apikey_",
    "too long": lambda by: by.text + "0" * 20_000,
    "with another secret": lambda by: by.text[:-64] + new_secret(),
    "with the secret of another": Thief.with_secret_of_another,
    "with the hash as its secret": lambda by: by.text[:-64] + digest_of(by.text[-64:]),
    "without a secret": lambda by: by.text[:-64],
    "unknown": lambda _: written(uuid4(), new_secret()),
}


@pytest.fixture
async def thief(app: FastAPI, keys: ApiKeys, owner: AsyncClient) -> Thief:
    return Thief(await make(owner, {*scopes_of(app), MANAGE}), keys, owner)


def needed(operation: Operation) -> frozenset[str]:
    return operation.scopes | ({MANAGE} if operation.path.startswith(ROUTE) else frozenset[str]())


@pytest.mark.parametrize("kind", BAD)
async def test_every_operation_refuses_a_key_that_is(kind: str, app: FastAPI, thief: Thief) -> None:
    made = BAD[kind](thief)
    key = made if isinstance(made, str) else await made
    async with ask(app) as nobody:
        for operation in protected(app):
            response = await operation.call(nobody, key)
            found = (response.status_code, response.json()["error"]["code"], response.headers.get("WWW-Authenticate"))
            assert found == (401, "UNAUTHORIZED", "Bearer"), operation


async def test_every_operation_lets_in_a_key_with_its_scopes_and_none_with_less(
    app: FastAPI, owner: AsyncClient
) -> None:
    async with ask(app) as nobody:
        for operation in [each for each in protected(app) if each.path not in OF_SESSIONS]:
            key = await make(owner, needed(operation))
            response = await operation.call(nobody, key["key"])
            assert response.status_code not in {401, 403}, operation
            for scope in needed(operation):
                key = await make(owner, needed(operation) - {scope})
                response = await operation.call(nobody, key["key"])
                found = (response.status_code, response.json()["error"]["details"])
                assert found == (403, {"missing": [scope]}), operation


async def test_what_belongs_to_a_session_is_not_for_keys(app: FastAPI, thief: Thief) -> None:
    async with ask(app) as nobody:
        for operation in [each for each in protected(app) if each.path in OF_SESSIONS]:
            response = await operation.call(nobody, thief.text)
            assert (response.status_code, response.json()["error"]["code"]) == (403, "FORBIDDEN"), operation
