"""A database URL that asks for TLS gets it or no connection, in every spelling, from servers with and without TLS."""

import json
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.combinations import Combination
from tests.environments import Environment
from tests.servers.encrypted import EncryptedMySQL, PostgresFront, make_certificate

BARE = Combination((("database", "postgres"), ("scheduler", "none"), ("store", "none"), ("example", False)))
ON_MYSQL = BARE.but(database="mysql")
PLAIN = ("", "sslmode=disable")
ASKS_FOR_TLS = (
    "ssl=require",
    "ssl=verify-full",
    "ssl=true",
    "ssl",
    "sslmode=require",
    "sslMode=REQUIRED",
    "ssl-mode=REQUIRED",
    "ssl_mode=VERIFY_CA",
    "sslmode=",
    "sslmode=require&sslmode=disable",
    "tls=true",
    "useSSL=true",
    "sslaccept=strict",
    "channel_binding=require",
    "sslrootcert={root}",
    "ssl_ca={root}",
    "sslmode=disable&sslrootcert={root}",
    "sslmode=verify-full&sslrootcert=/missing.pem",
    "sslmode=require&sslcert=/missing.pem",
)
TRY = """
import asyncio, json, os
from pydantic import SecretStr, ValidationError
from sqlalchemy import text
from kit.errors import ServiceUnavailableException
from kit.sql import Database
from kit.sql.settings import DatabaseSettings

async def outcome(url):
    try:
        settings = DatabaseSettings(url=SecretStr(url))
    except ValidationError:
        return "refused"
    database = Database(settings)
    try:
        async with database.read_session() as session:
            if session.bind.dialect.name == "mysql":
                status = await session.execute(text("SHOW STATUS LIKE 'Ssl_cipher'"))
                return "encrypted" if status.one()[1] else "plain"
            await session.execute(text("SELECT 1"))
            return "connected"
    except ServiceUnavailableException:
        return "no connection"
    finally:
        await database.close()

async def main():
    print(json.dumps({url: await outcome(url) for url in json.loads(os.environ["TRIED_URLS"])}))

asyncio.run(main())
"""


def outcomes(environment: Environment, workspace: Path, url: str, queries: tuple[str, ...]) -> dict[str, str]:
    """Return for each query whether a service with this URL and query connects."""
    tried = environment.run("-c", TRY, cwd=workspace, TRIED_URLS=json.dumps([f"{url}?{query}" for query in queries]))
    assert tried.returncode == 0, tried.stdout
    found = json.loads(tried.stdout.splitlines()[-1])
    return {query: found[f"{url}?{query}"] for query in queries}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_certificate(tmp_path)


@pytest.fixture
def front(settings: dict[str, str], tmp_path: Path) -> Generator[PostgresFront]:
    (tmp_path / "front").mkdir()
    with closing(PostgresFront(tmp_path / "front", urlsplit(settings["DATABASE_URL"]).port or 5432)) as front:
        yield front


@pytest.mark.combinations([BARE, ON_MYSQL])
def test_a_url_that_asks_for_tls_never_leads_to_a_connection_in_plain_text(
    environment: Environment, workspace: Path, settings: dict[str, str], root: Path
) -> None:
    asking = tuple(query.format(root=root) for query in ASKS_FOR_TLS)
    found = outcomes(environment, workspace, settings["DATABASE_URL"], (*PLAIN, *asking))
    assert {found.pop(query) for query in PLAIN} <= {"plain", "connected"}
    assert {query: outcome for query, outcome in found.items() if outcome in ("plain", "connected")} == {}


@pytest.mark.combinations([BARE])
def test_each_mode_of_tls_works_with_a_server_that_has_it(
    environment: Environment, workspace: Path, settings: dict[str, str], front: PostgresFront, root: Path
) -> None:
    url = urlsplit(settings["DATABASE_URL"])
    for host, expected in modes(front.certificate, root).items():
        netloc = f"{url.netloc.rpartition('@')[0]}@{host}:{front.port}"
        front.encrypted.clear()
        found = outcomes(environment, workspace, url._replace(netloc=netloc).geturl(), tuple(expected))
        assert found == expected
        assert all(front.encrypted), found


@pytest.mark.combinations([ON_MYSQL])
def test_each_mode_of_tls_works_with_a_mysql_server_that_has_it(
    environment: Environment, workspace: Path, root: Path
) -> None:
    with closing(EncryptedMySQL()) as server, server.database() as url:
        for host, expected in modes(server.certificate, root).items():
            found = outcomes(environment, workspace, url.replace("127.0.0.1", host), tuple(expected))
            assert found == {query: outcome.replace("connected", "encrypted") for query, outcome in expected.items()}


def modes(certificate: Path, other: Path) -> dict[str, dict[str, str]]:
    """Return what each mode leads to, by the host in the URL, of which the certificate names one."""
    of_any_host = {
        "ssl=require": "connected",
        "ssl-mode=REQUIRED": "connected",
        f"sslmode=verify-ca&sslrootcert={certificate}": "connected",
        f"sslmode=require&sslrootcert={certificate}": "connected",
        f"sslmode=require&sslrootcert={other}": "no connection",
        "sslmode=verify-full": "no connection",  # the system does not trust the certificate
        f"ssl_ca={other}": "no connection",
    }
    strict = (f"sslmode=verify-full&sslrootcert={certificate}", f"ssl_ca={certificate}")
    return {
        "127.0.0.1": of_any_host | dict.fromkeys(strict, "no connection"),
        "localhost": of_any_host | dict.fromkeys(strict, "connected"),
    }
