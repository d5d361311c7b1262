"""Passes connections to a Unix socket on to a port of this machine.

Terraform without a network reaches the socket. The server behind it tells connections apart by their ports,
as all peers of a Unix socket have the same name.
"""

from __future__ import annotations

import socket
import socketserver
import threading
from contextlib import suppress
from pathlib import Path

_PIECE = 1 << 16
_POLL_SECONDS = 0.05


class Relay(socketserver.ThreadingUnixStreamServer):
    """Relays from `path` to `port` on 127.0.0.1 until `close`, each connection over one of its own."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, path: Path, port: int) -> None:
        """Starts it. Raises `OSError` if the socket cannot be made."""
        self.port = port
        super().__init__(str(path), _Connection)
        threading.Thread(target=self.serve_forever, args=(_POLL_SECONDS,), daemon=True).start()

    def close(self) -> None:
        """Takes no more connections."""
        self.shutdown()
        self.server_close()


class _Connection(socketserver.BaseRequestHandler):
    server: Relay

    def handle(self) -> None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.server.port)) as there:
            there.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            back = threading.Thread(target=_pass_on, args=(there, self.request), daemon=True)
            back.start()
            _pass_on(self.request, there)
            back.join()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(_PIECE):
            target.sendall(piece)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
