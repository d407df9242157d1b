"""Temporary files of the tests: in a folder, and in a bucket of a server that speaks S3."""

import logging
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from moto.moto_server import threaded_moto_server, werkzeug_app
from moto.server import ThreadedMotoServer
from pydantic import SecretStr

from app.temp_files import TempFileService
from app.temp_files.settings import TempFilesSettings


class OneAtATime(werkzeug_app.DomainDispatcherApplication):
    """S3 decides at once whether an object is there and writes it; moto does one after the other."""

    turn = Lock()

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        with self.turn:
            return super().__call__(environ, start_response)


@contextmanager
def serve_bucket() -> Generator[str]:
    """Serve a bucket, and give its URL with room for a prefix."""
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(threaded_moto_server, "DomainDispatcherApplication", OneAtATime)
        server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        server.start()
    host, port = server.get_host_and_port()
    httpx2.put(f"http://{host}:{port}/files", trust_env=False).raise_for_status()
    yield f"s3://key:secret@files/{{}}?region=us-east-1&endpoint=http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def bucket() -> Generator[str]:
    with serve_bucket() as url:
        yield url


@pytest.fixture(params=["folder", "bucket"])
def folder_or_bucket(request: pytest.FixtureRequest, tmp_path: Path) -> TempFilesSettings:
    """Give settings for a place that is empty."""
    url = f"file://{tmp_path}/files"
    if request.param == "bucket":
        template: str = request.getfixturevalue("bucket")
        url = template.format(uuid4().hex)
    return TempFilesSettings(url=SecretStr(url))


@pytest.fixture
def files(folder_or_bucket: TempFilesSettings) -> TempFileService:
    return TempFileService(folder_or_bucket)
