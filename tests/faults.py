"""What the tests of servers that freeze have in common."""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

from tests.servers import Server
from tests.serving import Serving

READY_LIMIT = 6  # seconds: HEALTH_TIMEOUT, and some to spare


class Answer(NamedTuple):
    """The status of a request, and how long it took."""

    path: str
    status: int
    seconds: float


def ask(service: Serving, path: str) -> Answer:
    started = time.monotonic()
    status = service.get(path).status_code
    return Answer(path, status, time.monotonic() - started)


def ask_at_once(service: Serving, paths: Sequence[str]) -> list[Answer]:
    with ThreadPoolExecutor(len(paths)) as threads:
        return list(threads.map(partial(ask, service), paths))


def assert_503_in_time(answers: Iterable[Answer], limit: float, *unaffected: str) -> None:
    """Check that each path has got a 503 within the limit, except those that do not need the server: a 200."""
    statuses = Counter((answer.path, answer.status) for answer in answers)
    assert {path for path, status in statuses if status == 200} == set(unaffected), statuses
    assert {status for path, status in statuses if path not in unaffected} == {503}, statuses
    assert max(answer.seconds for answer in answers) < limit, answers
    assert all(answer.seconds < READY_LIMIT for answer in answers if answer.path == "/ready"), answers


def assert_stops_while_frozen(service: Serving, server: Server, path: str, limit: float) -> None:
    """Check that the service stops although a request waits for the frozen server, and that this one gets a 503."""
    with server.frozen(), ThreadPoolExecutor(1) as threads:
        request = threads.submit(ask, service, path)
        time.sleep(1)
        started = time.monotonic()
        assert service.program.stop() == 0
        assert time.monotonic() - started < 2 * limit
        assert request.result().status == 503
