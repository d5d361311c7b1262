"""Runs the stand-ins inside this process, for one run of Terraform after the other."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from itertools import chain

from scaleproof.localstack.connection import Connection
from scaleproof.providers.aws.provider import AwsProvider
from scaleproof.providers.awscc import AwsccProvider
from scaleproof.providers.server import serve
from scaleproof.providers.standin import ConnectionGetter, Provider

REGISTRIES = ("registry.terraform.io", "registry.opentofu.org")
_STOP_SECONDS = 2.0


class StandIns(AbstractContextManager["StandIns"]):
    """gRPC servers for the stand-ins. Terraform attaches to them through TF_REATTACH_PROVIDERS.

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

    def close(self) -> None:
        """Stops the servers. What waits for a resource of awscc fails at its next look, in 5 seconds at most."""
        self.connection = None  # Python ends after all threads of the servers
        for stopping in [server.stop(_STOP_SECONDS) for server in self._servers]:
            stopping.wait()

    def __exit__(self, *_: object) -> None:
        self.close()


def standins(connection: ConnectionGetter) -> list[Provider]:
    """The stand-ins for hashicorp/aws and hashicorp/awscc."""
    return [AwsProvider(connection), AwsccProvider(connection)]
