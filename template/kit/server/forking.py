"""Keeps what belongs to a worker out of the processes that it forks, as a `ProcessPoolExecutor` does."""

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from stat import S_ISSOCK

DESCRIPTORS = Path("/dev/fd")


def keep_sockets_from_children() -> None:
    """Close the listening sockets and their connections in forked processes.

    They would outlive this process there: the system would give them requests that nobody answers.
    """
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_close_sockets)


def _close_sockets() -> None:
    sockets = list(_tcp_sockets())
    ports = {each.getsockname()[1] for each in sockets if each.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)}
    for each in sockets:
        if each.getsockname()[1] in ports:
            each.close()
        else:
            each.detach()


def _tcp_sockets() -> Iterator[socket.socket]:
    for name in [path.name for path in DESCRIPTORS.iterdir()]:
        with contextlib.suppress(OSError):  # the descriptor of the listing itself is closed by now
            if not S_ISSOCK(os.fstat(int(name)).st_mode):
                continue
            found = socket.socket(fileno=int(name))
            if found.family in {socket.AF_INET, socket.AF_INET6} and found.type == socket.SOCK_STREAM:
                yield found
            else:
                found.detach()
