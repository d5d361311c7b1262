"""The stand-ins of one run of Terraform or many, inside this process."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Self

from scaleproof.localstack.connection import Connection
from scaleproof.providers.aws.provider import AwsProvider
from scaleproof.providers.awscc import AwsccProvider
from scaleproof.providers.regions import EndpointRegions
from scaleproof.providers.server import serve
from scaleproof.providers.standin import ConnectionGetter, Provider

REGISTRIES = ("registry.terraform.io", "registry.opentofu.org")
_STOP_SECONDS = 2.0


class StandIns:
    """gRPC servers for the stand-ins, which Terraform attaches to by TF_REATTACH_PROVIDERS.

    `reattach` is that variable's value, for Terraform and OpenTofu alike. Not for two runs at once, which
    would share the connection.
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
        self._endpoints = EndpointRegions()
        self.connection = connection
        served = (
            standins(lambda: self.connection, self._endpoints, keep_planned=keep_planned)
            if providers is None
            else list(providers)
        )
        self.unread: Mapping[str, str] = dict(chain(*(provider.unread.items() for provider in served)))
        self._servers = []
        attachments = {}
        for provider in served:
            server, port = serve(provider)
            self._servers.append(server)
            for registry in REGISTRIES:
                attachments[f"{registry}/hashicorp/{provider.name}"] = {
                    "Protocol": "grpc",
                    "ProtocolVersion": 6,
                    "Pid": os.getpid(),
                    "Test": True,  # Terraform must not stop this process when it is done
                    "Addr": {"Network": "tcp", "String": f"127.0.0.1:{port}"},
                }
        self.reattach = json.dumps(attachments)

    @property
    def connection(self) -> Connection | None:
        """The cloud that the stand-ins call; None means that only plans are wanted.

        To assign it begins another run.
        """
        return self._connection

    @connection.setter
    def connection(self, connection: Connection | None) -> None:
        self._connection = connection
        self._endpoints.clear()

    def close(self) -> None:
        """Stops the servers."""
        for stopped in [server.stop(_STOP_SECONDS) for server in self._servers]:
            stopped.wait()

    def __enter__(self) -> Self:
        """Returns itself; the servers run already."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closes."""
        self.close()


def standins(
    connection: ConnectionGetter, endpoints: EndpointRegions | None = None, *, keep_planned: bool = False
) -> list[Provider]:
    """The stand-ins for hashicorp/aws and hashicorp/awscc; `endpoints`: what they know of each other's.

    `keep_planned` as in `StandIns`.
    """
    endpoints = endpoints or EndpointRegions()
    awscc = AwsccProvider(connection, endpoints, keep_planned=keep_planned)
    return [AwsProvider(connection, endpoints), awscc]
