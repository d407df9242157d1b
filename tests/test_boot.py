"""Every combination starts, is ready, survives outages of its servers, and finishes its requests when it stops."""

import http.client
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from uuid import uuid4

import pytest

from tests.array import covering_array
from tests.combinations import Combination, each_answer_once, fullest_per_database
from tests.environments import Environment
from tests.servers import Server
from tests.servers.forwarder import Forwarder
from tests.servers.oidc import Oidc
from tests.servers.waiting import wait_until
from tests.serving import Serving, open_to_all, serving

STOPPED = {*each_answer_once(), *fullest_per_database()}  # to start a server costs more than to start a service
CLIENTS = 8
PAUSE = 0.01  # seconds between two requests of a client; without a pause the clients take all cores
READ_WITHIN = 1.0  # seconds, on a busy machine

# A client that asks this again and again has a request under way at nearly any moment, also at the stop.
SLOW = """
import asyncio
import structlog
from fastapi import APIRouter

router = APIRouter()

@router.get("")
async def slow() -> None:
    structlog.get_logger().info("begun")
    await asyncio.sleep(0.1)
"""


@dataclass(eq=False)
class Client(threading.Thread):
    """A client that sends requests until one gets no answer, and keeps the id, the time and the error of that one."""

    port: int
    path: str
    answers: Counter[int] = field(default_factory=Counter[int])
    unanswered: dict[str, tuple[float, str]] = field(default_factory=dict[str, tuple[float, str]])

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def run(self) -> None:
        while not self.unanswered:
            self._converse(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20))

    def _converse(self, connection: http.client.HTTPConnection) -> None:
        """Send a few requests on one connection, as a pool does, until one of them gets no answer."""
        for _ in range(20):
            request_id, sent = uuid4().hex, time.monotonic()
            try:
                connection.request("GET", self.path, headers={"X-Request-ID": request_id})
                response = connection.getresponse()
                response.read()
            except (OSError, http.client.HTTPException) as error:
                self.unanswered[request_id] = (sent, repr(error))
                return
            self.answers[response.status] += 1
            time.sleep(PAUSE)
        connection.close()


@pytest.fixture
def away(
    combination: Combination, behind: dict[str, Server], settings: dict[str, str]
) -> Iterator[set[Server] | set[Forwarder]]:
    """Yield what an outage stops: the servers, at least once for each answer; otherwise the forwarders to them.

    A provider that is away does not make the service unready, because the keys that it knows go on.
    """
    behind = {setting: server for setting, server in behind.items() if not isinstance(server, Oidc)}
    if combination in STOPPED:
        yield set(behind.values())
        return
    ways = {server: server.forwarder() for server in behind.values()}
    with ExitStack() as stack:
        for way in ways.values():
            way.start()
            stack.callback(way.stop)
        for setting, server in behind.items():
            settings[setting] = settings[setting].replace(f":{server.port}/", f":{ways[server].port}/")
        yield set(ways.values())


@pytest.mark.sample(each_answer_once(covering_array()))
def test_it_survives_outages_of_its_servers_and_stops_under_load_without_losing_a_request_that_it_began(
    environment: Environment,
    workspace: Path,
    settings: dict[str, str],
    away: set[Server] | set[Forwarder],
    combination: Combination,
) -> None:
    (workspace / "app/api/slow").mkdir(parents=True)
    (workspace / "app/api/slow/routes.py").write_text(SLOW, "utf-8")
    open_to_all(workspace, "app/api/slow")
    paths = ["/ready", "/api/slow", *(["/api/v1/examples/semaphore"] if combination.answers["example"] else [])]
    with serving(environment, workspace, settings) as service:
        for outage in away:
            outage.stop()
            service.wait_for(503)
            outage.start()
            service.wait_for(200, times=20)
        clients = _load(service, paths)
        stopped = time.monotonic()
        code = service.program.stop()
        for client in clients:
            client.join(30)
    log = service.program.output()
    end = "\n".join(log.splitlines()[-50:])
    # No server can promise to read what is in its sockets when it stops; the log shows the requests that it has read.
    lost = [
        (client.path, f"{sent - stopped:+.4f} s", what)
        for client in clients
        for request, (sent, what) in client.unanswered.items()
        if request in log or sent < stopped - READ_WITHIN
    ]
    assert not lost, end
    assert {status for client in clients for status in client.answers} == {200}, end
    assert all(client.unanswered for client in clients), "a client was still served after the stop"
    assert code == 0, end


def _load(service: Serving, paths: list[str]) -> list[Client]:
    """Start clients, one path after the other, and return them when each has some answers."""
    clients = [Client(service.port, path) for _, path in zip(range(CLIENTS), cycle(paths), strict=False)]
    for client in clients:
        client.start()
    try:
        wait_until(lambda: all(client.answers[200] > 5 for client in clients), seconds=20, what="each client is served")
    except TimeoutError as error:
        error.add_note(f"{[(client.answers, client.unanswered) for client in clients]}\n{service.program.output()}")
        raise
    assert not any(client.unanswered for client in clients), service.program.output()
    return clients
