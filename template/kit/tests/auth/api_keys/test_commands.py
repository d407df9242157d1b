"""`python -m app api-keys`."""

import asyncio

import pytest
from click.testing import CliRunner
from fastapi import FastAPI
from httpx2 import AsyncClient

from kit.auth.api_keys.keys import KEY
from kit.cli import cli
from kit.tests.auth.api_keys.making import make, with_key

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("database")]


async def run(*arguments: str, code: int = 0) -> str:
    """Run a command in a thread, since it has an event loop of its own."""
    result = await asyncio.to_thread(CliRunner().invoke, cli, ["api-keys", *arguments])
    assert result.exit_code == code, result.output
    return result.output


async def id_of(user: AsyncClient) -> str:
    return (await user.get("/trial/me")).json()["id"]


async def test_the_first_key_is_created_and_lets_in_its_owner(app: FastAPI, owner: AsyncClient) -> None:
    owner_id = await id_of(owner)
    said = await run("create", owner_id, "first", "--scope", "things:read", "--days", "7")
    assert KEY.fullmatch(said.strip())
    assert (await with_key(app, said.strip()).get("/trial/me")).json() == {"id": owner_id, "scopes": ["things:read"]}
    (listed,) = (await owner.get("/auth/api-keys")).json()["items"]
    assert listed["name"] == "first"
    assert listed["expires_at"]


async def test_all_keys_are_listed_without_their_secrets(owner: AsyncClient) -> None:
    made = [await make(owner, {"things:write", "things:read"}) for _ in range(105)]
    said = await run("list")
    owner_id = await id_of(owner)
    assert said.splitlines() == [f"{each['id']} valid {owner_id} 'a' things:read things:write" for each in made]
    assert not [each for each in made if each["key"][-64:] in said]
    assert await run("list", "--owner", owner_id) == said


async def test_a_key_of_anybody_is_revoked(app: FastAPI, owner: AsyncClient) -> None:
    made = await make(owner)
    assert (await run("revoke", made["id"])).startswith(f"{made['id']} revoked ")
    assert (await with_key(app, made["key"]).get("/trial/me")).status_code == 401
    assert "was not found" in await run("revoke", "00000000-0000-4000-8000-000000000000", code=1)
    assert "is not a valid UUID" in await run("revoke", made["key"], code=2)


@pytest.mark.parametrize(
    ("arguments", "code", "fault"),
    [
        (("", "name"), 1, "There is no user ''"),
        (("a\nb", "name"), 1, "There is no user"),
        (("ada", ""), 2, "it is no name"),
        (("ada", "a\nb"), 2, "it is no name"),
        (("ada", "name", "--scope", "a b"), 2, "it is no scopes"),
        (("ada", "name", "--days", "0"), 2, "0 is not in the range"),
    ],
)
async def test_what_makes_no_sense_is_refused(arguments: tuple[str, ...], code: int, fault: str) -> None:
    assert fault in await run("create", *arguments, code=code)
    assert await run("list") == ""
