"""The identity provider that a rendered service has for development."""

import contextlib
from collections.abc import Generator
from pathlib import Path

import httpx2

from tests.environments import Environment, clean_environ
from tests.servers.ports import free_port
from tests.servers.program import Program
from tests.servers.waiting import wait_until
from tests.serving import NO_TLS

SERVE = "import sys; from kit.testing.provider import serve; serve(int(sys.argv[1]))"


@contextlib.contextmanager
def providing(environment: Environment, workspace: Path) -> Generator[str]:
    """Run the provider of `python -m app servers`, and yield its issuer."""
    port = free_port()
    issuer = f"http://localhost:{port}/default"
    command = [environment.python, "-c", SERVE, str(port)]
    program = Program(command, workspace / "provider.log", cwd=workspace, env=clean_environ())
    program.start()
    try:
        wait_until(lambda: _answers(f"{issuer}/jwks"), seconds=60, what="the provider answers")
        yield issuer
    finally:
        program.stop()


def _answers(url: str) -> bool:
    with contextlib.suppress(httpx2.TransportError):
        return httpx2.get(url, trust_env=False, verify=NO_TLS).is_success
    return False


def token_of(issuer: str, user: str, scopes: str) -> str:
    form = {"grant_type": "client_credentials", "client_id": user, "client_secret": "any", "scope": scopes}
    response = httpx2.post(f"{issuer}/token", data=form, timeout=20, trust_env=False, verify=NO_TLS)
    return response.raise_for_status().json()["access_token"]
