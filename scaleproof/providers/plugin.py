"""A stand-in as a process of its own, which Terraform starts as it starts any provider.

The handshake is that of hashicorp/go-plugin (docs/internals.md there): a magic cookie in the environment, one
line on standard output, and a Shutdown call at the end. Transport security is left out, so Terraform needs
TF_DISABLE_PLUGIN_TLS; the socket is in a directory that only its owner can enter.
"""

from __future__ import annotations

import os
import platform
import shlex
import sys
import threading
from pathlib import Path

import grpc

from scaleproof.errors import ScaleproofError
from scaleproof.localstack.connection import Connection
from scaleproof.processes import scratch
from scaleproof.providers.server import serve
from scaleproof.providers.session import REGISTRIES, standins

_COOKIE = ("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2")
_NO_TLS = "TF_DISABLE_PLUGIN_TLS"
_HANDSHAKE = "1|6|unix|{socket}|grpc"  # go-plugin's version, the plugin protocol's, and where it is served
_ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def run(name: str) -> None:
    """Serves the stand-in of that name until Terraform asks it to stop or goes away.

    The cloud is the one of AWS_ENDPOINT_URL and AWS_ACCESS_KEY_ID; without them the stand-in can only plan.
    Raises ScaleproofError when it was not Terraform that started this process, or the name is unknown.
    """
    connection = _connection()
    provider = next((one for one in standins(lambda: connection) if one.name == name), None)
    if provider is None:
        raise ScaleproofError(f"There is no stand-in for the provider {name!r}.", advice="Give aws or awscc.")
    if os.environ.get(_COOKIE[0]) != _COOKIE[1]:
        raise ScaleproofError(
            "This is a Terraform provider, to be started by Terraform.",
            advice="Use scaleproof plan or apply.",
        )
    if os.environ.get("PLUGIN_CLIENT_CERT"):
        raise ScaleproofError("The stand-in has no transport security.", advice=f"Set {_NO_TLS}=1.")
    stop = threading.Event()
    threading.Thread(target=_wait_for_parent, args=(stop,), daemon=True).start()
    directory = scratch.make(base=Path("/tmp"))  # short, see `session`
    try:
        socket = f"{directory}/provider.sock"
        server, _ = serve(provider, f"unix:{socket}", handlers=[_controller(stop)])
        print(_HANDSHAKE.format(socket=socket), flush=True)
        stop.wait()
        server.stop(0).wait()
    finally:
        scratch.remove(directory)


def mirror(directory: Path) -> dict[str, str]:
    """Makes a provider mirror of both stand-ins in the directory; returns the variables that point to it.

    Each stand-in is there under the version of the provider that its schema was taken from.
    """
    target = f"{platform.system().lower()}_{_ARCHITECTURES[platform.machine().lower()]}"
    for provider in standins(lambda: None):
        version = provider.schema.version
        for registry in REGISTRIES:
            package = directory / registry / "hashicorp" / provider.name / version / target
            package.mkdir(parents=True, exist_ok=True)
            script = package / f"terraform-provider-{provider.name}_v{version}"
            command = shlex.join([sys.executable, "-m", __package__ or "", provider.name])
            script.write_text(f"#!/bin/sh\nexec {command}\n", encoding="utf-8")
            script.chmod(0o755)
    configuration = directory / "terraform.rc"
    configuration.write_text(
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{directory}"\n  }}\n}}\n', "utf-8"
    )
    cache = directory / "cache"  # not the user's: under the same names theirs holds the real providers
    cache.mkdir(exist_ok=True)
    return {"TF_CLI_CONFIG_FILE": str(configuration), "TF_PLUGIN_CACHE_DIR": str(cache), _NO_TLS: "1"}


def _connection() -> Connection | None:
    url, account = os.environ.get("AWS_ENDPOINT_URL"), os.environ.get("AWS_ACCESS_KEY_ID")
    if not url or not account:
        return None
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    return Connection(url, account, region)


def _controller(stop: threading.Event) -> grpc.GenericRpcHandler[bytes, bytes]:
    """go-plugin's service by which a plugin is asked to end; its messages are empty."""

    def shutdown(request: bytes, context: grpc.ServicerContext) -> bytes:
        context.add_callback(stop.set)  # after the answer has been sent
        return b""

    return grpc.method_handlers_generic_handler(
        "plugin.GRPCController", {"Shutdown": grpc.unary_unary_rpc_method_handler(shutdown)}
    )


def _wait_for_parent(stop: threading.Event) -> None:
    """Ends the plugin when Terraform was killed and could not: another process is the parent then."""
    parent = os.getppid()
    while not stop.wait(1.0):
        if os.getppid() != parent:
            stop.set()
