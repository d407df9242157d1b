"""Clients that mean harm, over a real socket: each gets a small answer, and the others are served meanwhile."""

import json
import re
import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path

import httpx2
import pytest

from tests.combinations import Combination
from tests.environments import Environment
from tests.servers.waiting import wait_until
from tests.serving import NO_TLS, Serving, serving

# The server and the middleware answer here; they are the same for every answer.
pytestmark = pytest.mark.combinations(
    [Combination((("database", "sqlite"), ("scheduler", "none"), ("store", "none"), ("example", True)))]
)

SILENT = 1_100  # more than the server would hold by its defaults
POST = "POST /api/v1/items HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\nContent-Type: application/json\r\n\r\n"


ROUTES = """
from fastapi import APIRouter, Response

router = APIRouter()


@router.get("/large")
async def large() -> Response:
    return Response(b"a" * 5_000_000)


@router.post("/numbers")
async def add(numbers: list[int]) -> int:
    return sum(numbers)
"""
UNREAD = 100


@pytest.fixture
def running(environment: Environment, workspace: Path, settings: dict[str, str]) -> Iterator[Serving]:
    (workspace / "app/api/trials").mkdir(parents=True)
    (workspace / "app/api/trials/routes.py").write_text(ROUTES, "utf-8")
    limits = {"BODY_TIMEOUT": "2", "SEND_TIMEOUT": "2"}
    with serving(environment, workspace, settings | limits, workers=1) as service:
        yield service
        assert "Traceback" not in service.program.output(), service.program.output()


def test_a_body_of_many_faults_has_a_small_answer(running: Serving) -> None:
    body = json.dumps({f"k{number}": 1 for number in range(400_000)})
    headers = {"Content-Type": "application/json"}
    url = f"{running.url}/api/v1/items"
    answer = httpx2.post(url, content=body, headers=headers, timeout=60, trust_env=False, verify=NO_TLS)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert answer.json()["error"]["details"]["count"] == 400_002
    assert len(answer.content) < 100_000


def test_a_body_of_wrong_values_takes_little_more_memory_than_a_right_one(running: Serving) -> None:
    def peak_after(value: str) -> int:
        body, headers = f"[{','.join([value] * 2_000_000)}]", {"Content-Type": "application/json"}
        url = f"{running.url}/api/trials/numbers"
        answer = httpx2.post(url, content=body, headers=headers, timeout=60, trust_env=False, verify=NO_TLS)
        assert answer.status_code == (HTTPStatus.OK if value == '"1"' else HTTPStatus.UNPROCESSABLE_ENTITY)
        return _memory_of(running, peak=True)

    right = peak_after('"1"')
    assert peak_after('"a"') - right < 100


def test_a_client_that_sends_all_of_a_body_over_the_limit_sees_the_refusal(running: Serving) -> None:
    piece = b" " * 1_000_000
    with closing(HTTPConnection("127.0.0.1", running.port, timeout=30)) as connection:
        connection.putrequest("POST", "/api/v1/items")
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", str(100 * len(piece)))
        connection.endheaders()
        for _ in range(100):
            connection.send(piece)
        assert connection.getresponse().status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE


@pytest.mark.parametrize(
    "beginning", ["", "GET / HT", POST, f"{POST}{{", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"], ids=range(5)
)
def test_connections_that_send_too_little_do_not_keep_others_from_being_served(
    running: Serving, beginning: str
) -> None:
    _open_more_files()
    with ExitStack() as stack:
        for _ in range(SILENT):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", running.port), timeout=30))
            connection.sendall(beginning.encode())
        assert running.get("/health").status_code == HTTPStatus.OK


def test_a_body_that_does_not_arrive_frees_its_connection(running: Serving) -> None:
    with socket.create_connection(("127.0.0.1", running.port), timeout=30) as connection:
        connection.sendall(f"{POST}{{".encode())
        answer = b"".join(iter(lambda: connection.recv(1000), b""))
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["code"] == "REQUEST_TIMEOUT"


def test_clients_that_do_not_read_lose_their_connections_and_give_the_memory_back(running: Serving) -> None:
    before = _memory_of(running)
    with ExitStack() as stack:
        clients = [stack.enter_context(socket.socket()) for _ in range(UNREAD)]
        for client in clients:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", running.port))
            client.sendall(b"GET /api/trials/large HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wait_until(lambda: _memory_of(running) > before + 300, seconds=30, what="responses wait")
        wait_until(lambda: _memory_of(running) < before + 200, seconds=30, what="the memory is free")
        assert running.get("/health").status_code == HTTPStatus.OK
        with pytest.raises(ConnectionResetError):
            b"".join(iter(lambda: clients[0].recv(100_000), b""))


def _memory_of(service: Serving, *, peak: bool = False) -> int:
    """Return the megabytes of the service and its workers, now or at most until now."""
    name = "VmHWM" if peak else "VmRSS"
    status = "\n".join(Path(f"/proc/{pid}/status").read_text("utf-8") for pid in service.program.pids())
    return sum(map(int, re.findall(rf"{name}:\s+(\d+) kB", status))) // 1000


def _open_more_files() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
