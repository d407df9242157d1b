"""Servers with TLS and a certificate of their own, for `localhost` but not for 127.0.0.1."""

import contextlib
import socket
import ssl
import struct
import threading
from pathlib import Path

from tests.servers.mysql import MySQL
from tests.servers.ports import free_port
from tests.servers.program import Program, run_to_end

SSL_REQUEST = struct.pack("!ll", 8, 80877103)


def make_certificate(folder: Path) -> Path:
    """Write `tls.crt` and `tls.key`, and return the certificate, which is its own root."""
    certificate = folder / "tls.crt"
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", folder / "tls.key"]
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"]
    run_to_end(["openssl", "req", "-x509", *key, "-out", certificate, *subject])
    return certificate


class EncryptedMySQL(MySQL):
    """A MySQL or MariaDB server with a certificate."""

    def program(self) -> Program:
        program = super().program()
        self.certificate = make_certificate(self.folder)
        files = [f"--ssl-cert={self.certificate}", f"--ssl-key={self.folder / 'tls.key'}"]
        program.command = [*program.command, *files]
        return program


class PostgresFront:
    """Accepts TLS for a PostgreSQL server that has none, and notes for each connection whether it is encrypted.

    The server of the wheel is built without TLS.
    """

    def __init__(self, folder: Path, server_port: int) -> None:
        self.certificate = make_certificate(folder)
        self.port = free_port()
        self.encrypted: list[bool] = []
        self._server_port = server_port
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(self.certificate, folder / "tls.key")
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=[client], daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._server_port)) as server:
            first = client.recv(8)
            wants_tls = first == SSL_REQUEST
            if wants_tls:
                client.sendall(b"S")
                client = self._context.wrap_socket(client, server_side=True)
            else:
                server.sendall(first)
            self.encrypted.append(wants_tls)
            with client:
                back = threading.Thread(target=_pump, args=[server, client], daemon=True)
                back.start()
                _pump(client, server)
                back.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
    for each in (source, target):
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
