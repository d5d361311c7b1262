"""Runs the stand-ins inside this process, for one run of Terraform after the other."""

from __future__ import annotations

import json
import os
import socket
import socketserver
import threading
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, suppress
from itertools import chain
from pathlib import Path

from scaleproof.localstack.connection import Connection
from scaleproof.processes import scratch
from scaleproof.providers.aws.provider import AwsProvider
from scaleproof.providers.awscc import AwsccProvider
from scaleproof.providers.server import serve
from scaleproof.providers.standin import ConnectionGetter, Provider

REGISTRIES = ("registry.terraform.io", "registry.opentofu.org")
_STOP_SECONDS = 2.0
_LONGEST = 100
"""Bytes of a socket's path: macOS takes 103, Linux 107."""


class StandIns(AbstractContextManager["StandIns"]):
    """gRPC servers for the stand-ins. Terraform attaches to them through TF_REATTACH_PROVIDERS.

    Terraform reaches them over Unix sockets, also from a process without a network.

    `reattach` is the value of that variable, for Terraform and OpenTofu. Two runs at a time would share the
    connection, so only one may use the servers.
    """

    def __init__(self, providers: Iterable[Provider] | None = None) -> None:
        """Starts the servers. `providers` replaces the stand-ins for aws and awscc."""
        self.connection: Connection | None = None
        """The account that the stand-ins call, or None for runs that only plan."""
        served = standins(lambda: self.connection) if providers is None else list(providers)
        self.unreadable: Mapping[str, str] = dict(chain(*(provider.unreadable.items() for provider in served)))
        self._servers = []
        self._relays: list[Relay] = []
        attachments = {}
        self._directory = _short_directory()
        for provider in served:
            socket = self._directory / provider.name
            server, port = serve(provider)
            self._servers.append(server)
            self._relays.append(Relay(socket, port))
            for registry in REGISTRIES:
                attachments[f"{registry}/hashicorp/{provider.name}"] = {
                    "Protocol": "grpc",
                    "ProtocolVersion": 6,
                    "Pid": os.getpid(),
                    "Test": True,  # Terraform must not stop this process when it is done
                    "Addr": {"Network": "unix", "String": str(socket)},
                }
        self.reattach = json.dumps(attachments)

    def close(self) -> None:
        """Stops the servers. What waits for a resource of awscc fails at its next look, in 5 seconds at most."""
        self.connection = None  # Python ends after all threads of the servers
        for stopping in [server.stop(_STOP_SECONDS) for server in self._servers]:
            stopping.wait()
        for relay in self._relays:
            relay.close()
        scratch.remove(self._directory)

    def __exit__(self, *_: object) -> None:
        self.close()


def _short_directory() -> Path:
    directory = scratch.make()
    if len(os.fsencode(directory)) <= _LONGEST - len("/awscc"):
        return directory
    scratch.remove(directory)
    return scratch.make(base=Path("/tmp"))


def standins(connection: ConnectionGetter) -> list[Provider]:
    """The stand-ins for hashicorp/aws and hashicorp/awscc."""
    return [AwsProvider(connection), AwsccProvider(connection)]


_PIECE = 1 << 16
_POLL_SECONDS = 0.05


class Relay(socketserver.ThreadingUnixStreamServer):
    """Relays from `path` to `port` on 127.0.0.1 until `close`, each connection over one of its own.

    Terraform without a network reaches the socket. The server behind it tells connections apart by their ports,
    as all peers of a Unix socket have the same name.
    """

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
