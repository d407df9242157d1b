"""Gives the metrics of this worker to the one that has the page."""

import os
import socketserver
import tempfile
from itertools import count
from pathlib import Path
from threading import Thread

import portalocker
from prometheus_client import CollectorRegistry, generate_latest

from kit.server.start import StartError


class Claim:
    """A file that one process holds at a time; the system releases it when the process dies."""

    def __init__(self, path: Path) -> None:
        self._lock = portalocker.Lock(path, timeout=0, fail_when_locked=True)

    def try_take(self) -> bool:
        """Take it if it is free, and return whether this process has it."""
        if self._lock.fh is None:
            try:
                self._lock.acquire()
            except portalocker.LockException:
                return False
        return True

    def release(self) -> None:
        self._lock.release()


def take_number(folder: Path) -> tuple[int, Claim]:
    """Take the lowest number that no other worker has; a new worker so goes on with the series of one that died."""
    for number in count(1):
        claim = Claim(folder / f"{number}.lock")
        if claim.try_take():
            return number, claim
    raise AssertionError  # `count` never ends


def open_folder(service: str, port: int) -> Path:
    """Return the folder in which the workers of a service on this machine find each other; nobody else can use it."""
    name = f"{service[:20]}-metrics-{port}-{os.getuid()}"  # short, as the path of a socket has to be
    folder = Path(tempfile.gettempdir()) / name
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise StartError(f"OTEL_METRICS_EXPORTER: {folder} belongs to another user, who could change the metrics")
    return folder


class WorkerMetrics:
    """Writes the metrics of this process to whoever connects to its socket in the folder."""

    def __init__(self, registry: CollectorRegistry, folder: Path) -> None:
        number, self._claim = take_number(folder)
        self._path = folder / f"{number}.sock"
        self._path.unlink(missing_ok=True)  # that of a process that was killed

        class Answer(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.wfile.write(generate_latest(registry))

        try:
            self._server = socketserver.ThreadingUnixStreamServer(str(self._path), Answer)
        except OSError as error:  # as of a path that is too long for a socket
            self._claim.release()
            raise StartError(f"OTEL_METRICS_EXPORTER: cannot listen at {self._path}: {error}") from error
        self._server.daemon_threads = True
        Thread(target=self._server.serve_forever, name="metrics of this worker", daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._path.unlink(missing_ok=True)
        self._claim.release()
