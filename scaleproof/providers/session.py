"""The stand-ins of one run of Terraform or many, inside this process."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Self

from scaleproof.localstack.connection import Connection
from scaleproof.processes import scratch
from scaleproof.providers.aws import AwsProvider
from scaleproof.providers.awscc import AwsccProvider
from scaleproof.providers.server import serve
from scaleproof.providers.standin import ConnectionGetter, Provider

REGISTRIES = ("registry.terraform.io", "registry.opentofu.org")
_STOP_SECONDS = 2.0
_LONGEST_DIRECTORY = 64


class StandIns:
    """gRPC servers for the stand-ins, which Terraform attaches to by TF_REATTACH_PROVIDERS.

    `reattach` is that variable's value, for Terraform and OpenTofu alike. `connection`, the cloud that the
    stand-ins call, may be assigned between runs; None means that only plans are wanted. Not for two runs at
    once: a provider has the configuration of the run that came last.
    """

    def __init__(
        self,
        connection: Connection | None = None,
        *,
        providers: Iterable[Provider] | None = None,
        keep_planned: bool = False,
    ) -> None:
        """Starts the servers; `providers` replaces the stand-ins for aws and awscc.

        `keep_planned` is `AwsccProvider`'s: what was planned stays in the state, as with the real provider.
        """
        self.connection = connection
        self._directory = scratch.make(base=_short(Path(tempfile.gettempdir())))
        served = (
            standins(lambda: self.connection, keep_planned=keep_planned)
            if providers is None
            else list(providers)
        )
        self.unread: Mapping[str, str] = {
            name: one for provider in served for name, one in provider.unread.items()
        }
        self._servers = []
        attachments = {}
        for provider in served:
            socket = self._directory / f"{provider.name}.sock"
            self._servers.append(serve(provider, f"unix:{socket}"))
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
        """Stops the servers and removes their sockets."""
        for stopped in [server.stop(_STOP_SECONDS) for server in self._servers]:
            stopped.wait()
        scratch.remove(self._directory)

    def __enter__(self) -> Self:
        """Returns itself; the servers run already."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closes."""
        self.close()


def _short(directory: Path) -> Path:
    # A socket's path holds 104 to 108 bytes, depending on the system, and TMPDIR may be longer than that.
    return directory if len(os.fsencode(directory)) <= _LONGEST_DIRECTORY else Path("/tmp")


def standins(connection: ConnectionGetter, *, keep_planned: bool = False) -> list[Provider]:
    """The stand-ins for hashicorp/aws and hashicorp/awscc; `keep_planned` as in `StandIns`."""
    return [AwsProvider(connection), AwsccProvider(connection, keep_planned=keep_planned)]
