"""Every combination serves: it is ready, survives an outage of its database and stops without losing a request."""

import http.client
import threading
import time
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

from tests.combinations import Combination
from tests.environments import Environment
from tests.servers import Server
from tests.servers.waiting import wait_until
from tests.serving import Serving, serving

CLIENTS = 8


@dataclass(eq=False)
class Client(threading.Thread):
    """One client that asks again and again, and remembers when it sent what was never answered."""

    port: int
    path: str
    answered: int = 0
    unanswered: list[tuple[float, str]] = field(default_factory=list[tuple[float, str]])

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def run(self) -> None:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and not self.unanswered:
            self._converse(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20))

    def _converse(self, connection: http.client.HTTPConnection) -> None:
        """Use one connection for a few requests, as a pool does, until one of them fails."""
        for _ in range(20):
            sent = float("inf")  # a request that did not go out whole was not sent
            try:
                connection.request("GET", self.path)
                sent = time.monotonic()
                response = connection.getresponse()
                response.read()
            except (OSError, http.client.HTTPException) as error:
                self.unanswered.append((sent, repr(error)))
                return
            if response.status != http.HTTPStatus.OK:
                self.unanswered.append((sent, f"status {response.status}"))
                return
            self.answered += 1
        connection.close()


def test_it_survives_outages_of_its_servers_and_stops_under_load_without_losing_a_request(
    environment: Environment,
    workspace: Path,
    settings: dict[str, str],
    behind: dict[str, Server],
    combination: Combination,
) -> None:
    paths = ["/ready", *(["/api/v1/examples/semaphore"] if combination.answers["example"] else [])]
    with serving(environment, workspace, settings) as service:
        for server in set(behind.values()):
            server.stop()
            service.wait_for(503)
            server.start()
            service.wait_for(200, times=20)
        clients = _load(service, paths)
        stopped = time.monotonic()
        code = service.program.stop()
        for client in clients:
            client.join(30)
    lost = [(f"{sent - stopped:+.4f} s", what) for each in clients for sent, what in each.unanswered if sent < stopped]
    assert not lost, service.program.output()
    assert all(client.unanswered for client in clients), "a client was still served after the stop"
    assert code == 0, service.program.output()


def _load(service: Serving, paths: list[str]) -> list[Client]:
    """Start clients that ask for these paths in turn, and return when each of them has got some answers."""
    clients = [Client(service.port, path) for _, path in zip(range(CLIENTS), cycle(paths), strict=False)]
    for client in clients:
        client.start()
    try:
        wait_until(lambda: all(client.answered > 5 for client in clients), seconds=20, what="every client is served")
    except TimeoutError as error:
        error.add_note(f"{[client.unanswered for client in clients]}\n{service.program.output()}")
        raise
    return clients
