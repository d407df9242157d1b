"""A rendered service that runs as its owner would run it."""

import contextlib
import ssl
import subprocess
from collections.abc import Generator, Mapping
from pathlib import Path

import httpx2

from tests.environments import Environment, clean_environ
from tests.servers.ports import free_port
from tests.servers.program import Program
from tests.servers.waiting import wait_until

# An SSL context that trusts certificates takes longer to create than a request.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


PUBLIC = """from fastapi import Depends

from kit.auth import public

ROUTER_OPTIONS = {"dependencies": [Depends(public)]}
"""


class Serving:
    """A service that answers on a port of this machine."""

    def __init__(self, program: Program, port: int, headers: Mapping[str, str] | None = None) -> None:
        self.program = program
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.headers = dict(headers or {})

    def get(self, path: str) -> httpx2.Response:
        return httpx2.get(f"{self.url}{path}", headers=self.headers, timeout=20, trust_env=False, verify=NO_TLS)

    def wait_for(self, status: int, *, path: str = "/ready", seconds: float = 30, times: int = 1) -> None:
        """Wait until the status is this one `times` times in a row, because several workers may answer.

        Raise an error with the service's output if the service ends, or if the status never comes.
        """

        def answers() -> bool:
            self.program.check()
            return all(self.get(path).status_code == status for _ in range(times))

        try:
            wait_until(answers, seconds=seconds, what=f"GET {path} answers {status}")
        except TimeoutError as error:
            error.add_note(self.program.output())
            raise


def login(settings: Mapping[str, str]) -> dict[str, str]:
    """Return the header of a user, if the service has a provider; its tokens have all scopes of the example."""
    if not (issuer := settings.get("AUTH_ISSUER")):
        return {}
    token = httpx2.get(f"{issuer}/token", timeout=20, trust_env=False, verify=NO_TLS).text
    return {"Authorization": f"Bearer {token}"}


def has_accounts(workspace: Path) -> bool:
    return (workspace / "kit/auth/accounts/__init__.py").exists()  # not the folder: an update leaves bytecode in it


def login_with_account(
    environment: Environment, workspace: Path, settings: Mapping[str, str], url: str
) -> dict[str, str]:
    """Return the header of somebody who has an account in the service, with all scopes of the example."""
    credentials = {"email": "ada@example.com", "password": "correct horse battery"}
    command = "-m app accounts create ada@example.com --scope items:read --scope items:write"
    run = subprocess.run(
        [environment.python, *command.split()],
        cwd=workspace,
        env=clean_environ(**settings),
        input=credentials["password"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert not run.returncode or "already exists" in run.stdout, run.stdout
    answer = httpx2.post(f"{url}/auth/login", json=credentials, timeout=20, trust_env=False, verify=NO_TLS)
    return {"Authorization": f"Bearer {answer.raise_for_status().json()['access_token']}"}


def open_to_all(workspace: Path, folder: str) -> None:
    """Let everybody call the routes in a folder, if the service wants to know who may."""
    if (workspace / "kit/auth").exists():
        (workspace / folder / "__init__.py").write_text(PUBLIC, "utf-8")


@contextlib.contextmanager
def serving(
    environment: Environment, workspace: Path, settings: Mapping[str, str], *, workers: int = 2
) -> Generator[Serving]:
    """Run `python -m app serve`, yield when all workers have started and one is ready, and stop it afterwards."""
    with starting(environment, workspace, settings, workers=workers) as service:
        service.wait_for(200)
        output, started = service.program.output, "Started worker-"
        wait_until(lambda: output().count(started) == workers, seconds=30, what=f"{workers} workers started")
        if has_accounts(workspace):
            service.headers |= login_with_account(environment, workspace, settings, service.url)
        yield service


@contextlib.contextmanager
def starting(
    environment: Environment, workspace: Path, settings: Mapping[str, str], *, workers: int
) -> Generator[Serving]:
    """Run `python -m app serve`, yield at once, and stop it afterwards."""
    port = free_port()
    command = [environment.python, "-m", "app", "serve", "--host", "127.0.0.1", "--port", str(port)]
    lasting = {"AUTH_ACCESS_LIFETIME": "3600"} if has_accounts(workspace) else {}
    env = clean_environ(**lasting, **settings)
    program = Program([*command, "--workers", str(workers)], workspace / "service.log", cwd=workspace, env=env)
    program.start()
    try:
        yield Serving(program, port, login(settings))
    finally:
        program.stop()
