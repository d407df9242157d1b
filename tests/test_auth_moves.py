"""A service moves from its own accounts to an identity provider, as docs/guides/auth.md says."""

import subprocess
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.combinations import Combination, all_combinations
from tests.environments import Environment, clean_environ, environment_of
from tests.providers import providing, token_of
from tests.serving import NO_TLS, Serving, serving
from tests.template import Service, git
from tests.updating import adopt, change_answers, commit

pytestmark = pytest.mark.thorough


def with_accounts(*databases: str) -> list[Combination]:
    return [all_combinations()[0].but(database=database, auth="accounts") for database in databases]


def call(service: Serving, method: str, path: str, token: str, **body: object) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {token}"}
    options: dict[str, Any] = {"headers": headers, "timeout": 20, "trust_env": False, "verify": NO_TLS}
    return httpx2.request(method, f"{service.url}{path}", json=body or None, **options)


@pytest.mark.combinations(with_accounts("sqlite", "mongodb"))
def test_keys_and_data_survive_the_move_to_a_provider(
    service: Service, environment: Environment, settings: dict[str, str], run_folder: Path, tmp_path: Path
) -> None:
    shop = adopt(service.path, tmp_path / "shop")
    with serving(environment, shop, settings, workers=1) as running:
        session = running.headers["Authorization"].removeprefix("Bearer ")
        assert call(running, "POST", "/api/v1/items", session, sku="p-1", name="Pen").status_code == 201
        owner = call(running, "GET", "/auth/me", session).json()["id"]
        made = call(running, "POST", "/auth/api-keys", session, name="import", scopes=["items:read"]).json()
        disable(environment, shop, settings)
        assert call(running, "GET", "/api/v1/items", made["key"]).status_code == 401

    (shop / "service.log").unlink()
    change_answers(shop, {"auth": "oidc"})
    if (shop / "migrations").exists():
        git(shop, "checkout", "HEAD", "--", "migrations/versions")
    commit(shop, "Take the tokens of a provider")

    of_provider = environment_of(shop, run_folder / "environments")
    with (
        providing(of_provider, tmp_path / "shop") as issuer,
        serving(of_provider, shop, {**settings, "AUTH_ISSUER": issuer}, workers=1) as running,
    ):
        found = call(running, "GET", "/api/v1/items", made["key"])
        # The guide warns of this: nobody knows any more that the account was disabled.
        assert [item["sku"] for item in found.json()["items"]] == ["p-1"]
        assert call(running, "GET", "/api/v1/items", session).status_code == 401
        token = token_of(issuer, owner, "items:read")
        (listed,) = call(running, "GET", "/auth/api-keys", token).json()["items"]
        assert (listed["id"], listed["name"]) == (made["id"], "import")
        assert call(running, "DELETE", f"/auth/api-keys/{made['id']}", token).status_code == 204
        assert call(running, "GET", "/api/v1/items", made["key"]).status_code == 401
        assert call(running, "GET", "/api/v1/items", token).status_code == 200


def disable(environment: Environment, workspace: Path, settings: dict[str, str]) -> None:
    command = [environment.python, "-m", "app", "accounts", "disable", "ada@example.com"]
    subprocess.run(command, cwd=workspace, env=clean_environ(**settings), capture_output=True, check=True)
