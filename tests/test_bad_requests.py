"""Invalid requests that no client library sends, over a real socket: the service refuses each and keeps running."""

import contextlib
import json
import re
import shutil
import socket
from collections.abc import Iterator
from http import HTTPStatus

import pytest

from tests.combinations import fullest_per_database
from tests.environments import Environment
from tests.servers import Servers
from tests.serving import Serving, serving
from tests.template import Service

# The server and the middleware answer here; they are the same for every database.
FULLEST = [each for each in fullest_per_database() if each.answers["database"] == "sqlite"]
LIMIT = 1000
MAX_ID_LENGTH = 128

pytestmark = pytest.mark.combinations(FULLEST)


@pytest.fixture(scope="module")
def served(
    service: Service, environment: Environment, servers: Servers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Serving]:
    """Yield a running service, which the tests share: to start it costs more than to ask it."""
    workspace = shutil.copytree(service.path, tmp_path_factory.mktemp("bad-requests") / "service")
    behind = servers.behind(service.answers)
    with contextlib.ExitStack() as stack:
        settings = {setting: stack.enter_context(server.database()) for setting, server in behind.items()}
        settings |= {"MAX_BODY_SIZE": str(LIMIT)}
        yield stack.enter_context(serving(environment, workspace, settings, workers=1))


@pytest.fixture
def running(served: Serving) -> Iterator[Serving]:
    """Yield the service, and check that it still runs after the test."""
    process = served.program.process
    yield served
    served.wait_for(200, path="/health", seconds=5)
    assert served.program.process is process
    assert "Traceback" not in served.program.output(), served.program.output()


def test_a_header_of_ten_megabytes_is_refused(running: Serving) -> None:
    status, _, _ = _ask(running, "GET / HTTP/1.1", {"X-Large": "x" * 10_000_000})
    assert status in (None, HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)


@pytest.mark.parametrize("newline", ["\n", "\r", "\r\n", "\r\n "])
def test_a_request_id_with_a_newline_reaches_neither_the_answer_nor_the_log(running: Serving, newline: str) -> None:
    status, head, _ = _ask(running, "GET / HTTP/1.1", {"X-Request-ID": f"good{newline}X-Injected: forged"})
    assert status in (HTTPStatus.OK, HTTPStatus.BAD_REQUEST)
    assert "forged" not in head.lower() + running.program.output()


def test_a_request_id_that_is_too_long_is_replaced(running: Serving) -> None:
    status, head, _ = _ask(running, "GET / HTTP/1.1", {"X-Request-ID": "x" * 5000})
    given = re.search(r"x-request-id: (\S+)", head.lower())
    assert status == HTTPStatus.OK
    assert given
    assert len(given[1]) <= MAX_ID_LENGTH


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "chunked"])
def test_a_body_over_the_limit_is_refused_with_the_one_error_body(running: Serving, *, declared: bool) -> None:
    body = b'{"name": "' + b"x" * LIMIT + b'"}'
    framing = {"Content-Length": str(len(body))} if declared else {"Transfer-Encoding": "chunked"}
    sent = body if declared else b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    headers = {"Content-Type": "application/json", **framing}
    status, _, answer = _ask(running, "POST /api/v1/items HTTP/1.1", headers, sent)
    assert status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert json.loads(answer)["error"]["request_id"]


@pytest.mark.parametrize(
    ("content_type", "body"),
    [("text/plain", b'{"name": "a"}'), ("application/json", b"{"), ("application/json", b"\xff"), ("", b"{}")],
)
def test_a_wrong_content_type_or_malformed_json_is_the_clients_fault(
    running: Serving, content_type: str, body: bytes
) -> None:
    headers = {"Content-Length": str(len(body))} | ({"Content-Type": content_type} if content_type else {})
    status, _, answer = _ask(running, "POST /api/v1/items HTTP/1.1", headers, body)
    assert status in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, HTTPStatus.UNPROCESSABLE_ENTITY)
    assert json.loads(answer)["error"]["code"]


def test_what_is_not_http_is_refused(running: Serving) -> None:
    status, _, _ = _ask(running, "\x00\x01 nonsense", {})
    assert status in (None, HTTPStatus.BAD_REQUEST)


def _ask(service: Serving, line: str, headers: dict[str, str], body: bytes = b"") -> tuple[int | None, str, bytes]:
    """Send a request unchanged and return the answer's status (`None` without an answer), head and body."""
    sent = {"Host": "x", "Connection": "close", **service.headers, **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
    answer = b""
    with socket.create_connection(("127.0.0.1", service.port), timeout=20) as connection:
        try:
            connection.sendall(f"{line}\r\n{head}\r\n".encode("latin-1") + body)
            while piece := connection.recv(65_536):
                answer += piece
        except ConnectionError:  # refused before all was sent
            pass
    received, _, content = answer.partition(b"\r\n\r\n")
    status = re.match(rb"HTTP/1\.1 (\d+)", received)
    return int(status[1]) if status else None, received.decode("latin-1"), content
