"""Serves the application with granian, in one or more worker processes."""

import contextlib
import signal
import socket
import sys
from collections.abc import Generator
from functools import partial
from ipaddress import ip_address
from typing import Any

from granian.server import MPServer

from kit.server.ending import SPARE_SECONDS, end_within
from kit.server.forking import keep_sockets_from_children
from kit.server.start import StartError, StartMiddleware

if sys.platform != "win32":
    import resource

MAX_CONNECTIONS = 8192  # of a worker; above it, new ones wait
CANNOT_START = 1  # the exit status of a worker


class ServiceServer(MPServer):
    """Replaces a worker that dies; with `once`, one that cannot start ends the service instead."""

    def __init__(self, *arguments: Any, once: bool, send_timeout: float, **options: Any) -> None:
        super().__init__(*arguments, respawn_failed_workers=True, **options)
        self._once = once
        self._send_timeout = send_timeout

    def run(self) -> None:
        """Serve until the process is told to stop."""
        self.serve(spawn_target=partial(self.run_worker, self._send_timeout))

    @staticmethod
    def run_worker(send_timeout: float, number: int, name: str, load: Any, sockets: Any, *arguments: Any) -> None:
        """Run a worker process until it is told to stop, and let no thread keep it alive then."""
        for each in (signal.SIGINT, signal.SIGTERM):
            # A fork has the handlers of the main process, which would lose a stop until the application is imported.
            signal.signal(each, signal.SIG_DFL)
        keep_sockets_from_children()
        StartMiddleware.warns = False  # `serve` has, once for all workers
        listening = _with_send_timeout(sockets, send_timeout)
        MPServer._spawn_asgi_lifespan_worker(number, name, load, listening, *arguments)  # noqa: SLF001 - of the base class
        end_within(SPARE_SECONDS)

    def _respawn_workers(self, workers: list[int], *arguments: Any, **options: Any) -> None:
        processes: list[Any] = [self.wrks[index] for index in workers]
        if self._once and any(each.inner.exitcode == CANNOT_START for each in processes):
            self.shutdown(exit_code=1)
        super()._respawn_workers(workers, *arguments, **options)  # pyright: ignore[reportUnknownMemberType] - untyped


def _with_send_timeout(sockets: Any, seconds: float) -> Any:
    """Have Linux close connections whose clients take no data for so long; other systems cannot do that.

    The server keeps responses in memory meanwhile, and has no such limit. Connections inherit it from their listener.
    """
    if sys.platform != "linux":
        return sockets
    (to_open, opened), shared = sockets
    opened = opened or to_open.build()
    listener = socket.socket(fileno=opened.get_fd())
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(seconds * 1000))
    listener.detach()
    return (None, opened), shared


@contextlib.contextmanager
def held_port(host: str, port: int) -> Generator[None]:
    """Keep this port from other servers; raise `StartError` if one has it, because granian would share it."""
    with _socket(host) as probe, _socket(host) as held:
        if sys.platform != "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of a former service may remain
        try:
            probe.bind((host, port))
        except OSError as error:
            raise StartError(f"cannot listen on {host}, port {port}: {error.strerror}") from None
        probe.close()
        if sys.platform == "linux":  # elsewhere granian listens before it starts the workers
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            with contextlib.suppress(OSError):
                held.bind((host, port))
        yield


def _socket(host: str) -> socket.socket:
    try:
        version = ip_address(host).version
    except ValueError:
        raise StartError(f"'{host}' is not an IP address; write --host 127.0.0.1, or 0.0.0.0 for all") from None
    return socket.socket(socket.AF_INET6 if version == 6 else socket.AF_INET)  # noqa: PLR2004 - IPv6


def max_connections() -> int:
    """Allow this process to open as many files as the system permits; return how many may be connections."""
    if sys.platform == "win32":
        return MAX_CONNECTIONS
    _, limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    return MAX_CONNECTIONS if limit == resource.RLIM_INFINITY else min(MAX_CONNECTIONS, limit // 2)
