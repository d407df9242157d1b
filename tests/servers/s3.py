"""S3: moto's emulator, or your own server."""

import contextlib
import importlib.metadata
import os
import sys
import uuid
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

import httpx2

from tests.servers.forwarder import Forwarder
from tests.servers.program import Program
from tests.servers.server import Server


class _Refusal(BaseHTTPRequestHandler):
    def _refuse(self) -> None:
        self.send_error(503)

    do_DELETE = do_GET = do_HEAD = do_POST = do_PUT = _refuse  # noqa: N815 - http.server finds them by these names


class S3(Server):
    """A server with one bucket; each test has a prefix of its own.

    Set `TEST_S3_URL=s3://key:secret@bucket?region=…&endpoint=http://host:port` to use another one, by plain HTTP.
    """

    variable = "TEST_S3_URL"
    default_port = 80
    scheme = "s3"

    def __init__(self) -> None:
        super().__init__()
        given = urlsplit(os.environ.get(self.variable, "s3://key:secret@files?region=us-east-1"))
        self._endpoint = f"http://127.0.0.1:{self.port}"
        query = dict(parse_qsl(given.query)) | {"endpoint": self._endpoint}
        self.url = given._replace(query=urlencode(query, safe=":/"))

    @classmethod
    def program_version(cls) -> str:
        return importlib.metadata.version("moto")

    def program(self) -> Program:
        command = [sys.executable, "-P", Path(__file__).with_name("bucket.py"), str(self.port)]
        return Program(command, self.folder / "log", cwd=self.folder)

    def answers(self) -> bool:
        """Return whether the server answers; also create the bucket, which moto loses when it stops."""
        return bool(httpx2.put(f"{self._endpoint}/{self.url.hostname}", trust_env=False, timeout=5))

    def create(self, name: str) -> None:
        """Do nothing: the first object creates a prefix."""

    def drop(self, name: str) -> None:
        """Do nothing: no other test uses the prefix."""

    @contextlib.contextmanager
    def database(self) -> Generator[str]:
        """Yield the URL of a prefix that no other test uses."""
        self.start()
        yield self.url._replace(path=f"{self.url.path}/{uuid.uuid4().hex}").geturl()

    @contextlib.contextmanager
    def refusing(self) -> Generator[None]:
        """Answer every request with status 503, as S3 does when it asks for fewer requests; moto loses its objects."""
        self.stop()
        with ThreadingHTTPServer(("127.0.0.1", self.port), _Refusal) as refusal:
            Thread(target=refusal.serve_forever, daemon=True).start()
            try:
                yield
            finally:
                refusal.shutdown()
        self.start()

    def _forwarder(self, given: SplitResult) -> Forwarder:
        return super()._forwarder(urlsplit(dict(parse_qsl(given.query))["endpoint"]))
