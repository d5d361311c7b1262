"""Providers that are programs in a mirror, for tests of what installs and starts the registry's providers.

    python provider_program.py SERVED CERTIFICATE

serves the stand-in for aws or awscc, or a provider with nothing in it, until Terraform sends Shutdown.
Terraform speaks TLS to the programs that it starts, with the certificate in their first line.
"""

# ruff: noqa: N802 - the protocol defines these names

import base64
import platform
import shlex
import ssl
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
from tfplugin_proto import tfplugin6_5_pb2 as pb
from tfplugin_proto import tfplugin6_5_pb2_grpc as pb_grpc

REGISTRIES = ("registry.terraform.io", "registry.opentofu.org")
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
TARGET = f"{platform.system().lower()}_{_MACHINES.get(platform.machine(), platform.machine())}"


class Nothing(pb_grpc.ProviderServicer):
    """A provider without arguments, resources and data sources. It starts faster than a stand-in."""

    def GetProviderSchema(self, request, context):
        """The empty schema."""
        empty = pb.Schema(block=pb.Schema.Block())
        return pb.GetProviderSchema.Response(provider=empty, provider_meta=empty)

    def ValidateProviderConfig(self, request, context):
        """Takes it."""
        return pb.ValidateProviderConfig.Response()

    def ConfigureProvider(self, request, context):
        """Takes it."""
        return pb.ConfigureProvider.Response()


def mirror(directory, versions, *, standins, first=""):
    """Makes a mirror and a CLI configuration that names it. Returns the configuration.

    `versions`: those of each provider of hashicorp. `standins`: whether the providers are the stand-ins.
    `first`: a line of shell that each program begins with.
    """
    certificate = directory / "certificate.pem"
    words = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
    ]
    words += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(certificate), "-out", "-"]
    directory.mkdir(parents=True)
    made = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    certificate.write_text(certificate.read_text() + made)
    for name, listed in versions.items():
        run = shlex.join([sys.executable, __file__, name if standins else "nothing", str(certificate)])
        for place in (
            directory / "mirror" / registry / "hashicorp" / name / version / TARGET
            for registry in REGISTRIES
            for version in listed
        ):
            place.mkdir(parents=True)
            program = place / f"terraform-provider-{name}_v{place.parent.name}"
            program.write_text(f"#!/bin/sh\n{first}\nexec {run}\n")
            program.chmod(0o755)
    configuration = directory / "terraform.rc"
    configuration.write_text(
        f'provider_installation {{\n filesystem_mirror {{ path = "{directory / "mirror"}" }}\n}}\n'
    )
    return configuration


def main(served, certificate):
    """Serves a provider."""
    pem = certificate.read_bytes()
    over = threading.Event()

    def shutdown(_request, _context):
        over.set()
        return b""

    server = grpc.server(ThreadPoolExecutor(), options=[("grpc.max_send_message_length", -1)])
    pb_grpc.add_ProviderServicer_to_server(_servicer(served), server)
    methods = {"Shutdown": grpc.unary_unary_rpc_method_handler(shutdown)}
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("plugin.GRPCController", methods)])
    port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(pem, pem)]))
    server.start()
    der = ssl.PEM_cert_to_DER_cert(pem.decode().partition("-----END PRIVATE KEY-----\n")[2])
    shown = base64.b64encode(der).decode().rstrip("=")
    print(f"1|6|tcp|127.0.0.1:{port}|grpc|{shown}", flush=True)
    over.wait()
    server.stop(1).wait()


def _servicer(served):
    if served == "nothing":
        return Nothing()
    from scaleproof.providers.server import Servicer
    from scaleproof.providers.session import standins

    (provider,) = (standin for standin in standins(lambda: None) if standin.name == served)
    return Servicer(provider)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
