"""Plans with the registry's providers, which run as processes of their own and ask the cloud who calls.

The registry's are not to be had offline. Programs of a provider mirror take their place: Terraform installs
and starts them, the one for awscc asks first what the real one asks, and stand-ins in this process answer.
"""

from __future__ import annotations

import os
import platform
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import grpc
import pytest

from scaleproof.localstack.start import LocalStack
from scaleproof.providers.server import serve
from scaleproof.providers.session import REGISTRIES, standins
from scaleproof.providers.standin import Provider

from .conftest import ENDPOINT, IMAGE, Run

LIMITS = ("--max-concurrency", "ml.g6.2xlarge=12", "--max-concurrency", "ml.g6e.2xlarge=16")
COMPARED = ("compare", ENDPOINT, *IMAGE, *LIMITS, "--traffic", "step:top=60,days=0.2", "--no-rivals",
            "--vary", "image=123456789012.dkr.ecr.us-east-1.amazonaws.com/speech:2")  # fmt: skip
VARIABLES = dict(word.split("=", 1) for word in IMAGE[1::2])
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
TARGET = f"{platform.system().lower()}_{_MACHINES.get(platform.machine(), platform.machine())}"
PROGRAM = """#!/bin/sh
{ask}
echo $$ >> {pids}
echo '1|6|tcp|127.0.0.1:{port}|grpc'
exec sleep 600
"""
"""A plugin says in one line where it is served, and lives until it is told to shut down."""
ASK = """
import os, re, sys, urllib.request as http
url, key = os.environ["AWS_ENDPOINT_URL"], os.environ["AWS_ACCESS_KEY_ID"]
scope = f"AWS4-HMAC-SHA256 Credential={key}/20261101/us-east-1/sts/aws4_request, SignedHeaders=, Signature="
request = http.Request(url, b"Action=GetCallerIdentity&Version=2011-06-15", {"Authorization": scope})
answer = http.build_opener(http.ProxyHandler({})).open(request).read().decode()
with open(sys.argv[1], "a") as file:
    print(url, re.search("<Account>(.*)</Account>", answer)[1], file=file)
"""


def installed(provider: Provider, mirror: Path, ask: str) -> grpc.Server:
    """Puts the program of a provider into the mirror; returns what answers for it."""
    pids = mirror / f"{provider.name}.pids"

    def shutdown(_request: bytes, _context: grpc.ServicerContext) -> bytes:
        os.kill(int(pids.read_text().split()[-1]), signal.SIGTERM)
        return b""

    methods = {"Shutdown": grpc.unary_unary_rpc_method_handler(shutdown)}
    server, port = serve(provider)
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("plugin.GRPCController", methods)])
    version = provider.schema.version
    for registry in REGISTRIES:
        directory = mirror / registry / "hashicorp" / provider.name / version / TARGET
        directory.mkdir(parents=True)
        program = directory / f"terraform-provider-{provider.name}_v{version}"
        program.write_text(PROGRAM.format(ask=ask, pids=shlex.quote(str(pids)), port=port), "utf-8")
        program.chmod(0o755)
    return server


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[tuple[str, ...]]]]:
    """Where the provider asked who calls, and the account that was the answer; without one it ends."""
    mirror, log, cache = tmp_path / "mirror", tmp_path / "asked", tmp_path / "plugins"
    mirror.mkdir()
    cache.mkdir()  # not the user's: under the same names theirs holds the real providers
    ask = shlex.join([sys.executable, "-I", "-S", "-c", ASK, str(log)]) + " || exit 1"
    servers = [
        installed(provider, mirror, ask if provider.name == "awscc" else "")
        for provider in standins(lambda: None)
    ]
    configuration = tmp_path / "terraform.rc"
    configuration.write_text(f'provider_installation {{\n filesystem_mirror {{ path = "{mirror}" }}\n}}\n')
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(configuration))
    monkeypatch.setenv("TF_PLUGIN_CACHE_DIR", str(cache))
    monkeypatch.setenv("TF_DISABLE_PLUGIN_TLS", "1")
    monkeypatch.setenv("SCALEPROOF_PROVIDERS", "registry")
    yield lambda: [tuple(line.split()) for line in log.read_text().splitlines()]
    for server in servers:
        server.stop(0).wait()


def listens(url: str) -> bool:
    """Whether something answers there."""
    with socket.socket() as probe:
        return probe.connect_ex((urlsplit(url).hostname or "", urlsplit(url).port or 0)) == 0


def test_without_a_localstack_one_is_started_for_all_plans_of_the_command(
    run: Run, asked: Callable[[], list[tuple[str, ...]]]
) -> None:
    shown = run(*COMPARED)
    assert shown.code == 0, shown.err
    ((url, account),) = set(asked())
    assert account == "000000000000"
    used = [line for line in shown.err.splitlines() if line.startswith("Using ")]
    assert len(used) == 2
    for line in used:
        assert "providers of the registry, LocalStack " in line
        assert f"at {url} (started for this run)" in line
    # The port goes with the last process that cleans up, a moment after the command.
    deadline = time.monotonic() + 20
    while listens(url):
        assert time.monotonic() < deadline, f"{url} still answers"
        time.sleep(0.1)


def test_a_named_localstack_is_used_and_goes_on(
    run: Run, asked: Callable[[], list[tuple[str, ...]]], cloud: LocalStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint_url)
    shown = run("plan", ENDPOINT, *IMAGE)
    assert shown.code == 0, shown.err
    assert {url for url, _ in asked()} == {cloud.endpoint_url}
    assert f"providers of the registry, LocalStack {cloud.version} at {cloud.endpoint_url} " in shown.err
    assert listens(cloud.endpoint_url)


def test_a_plan_of_the_pytest_plugin_asks_the_localstack_of_the_run(
    asked: Callable[[], list[tuple[str, ...]]], cloud: LocalStack, tmp_path: Path
) -> None:
    file = tmp_path / "test_it.py"
    file.write_text(f"def test_it(plan):\n    assert plan({str(ENDPOINT)!r}, **{VARIABLES}).changes\n")
    words = ("pytest", "-p", "scaleproof.pytest_plugin", "-p", "no:cacheprovider", file)
    options = ("--scaleproof-providers=registry", f"--scaleproof-cloud={cloud.endpoint_url}")
    ran = subprocess.run(
        [sys.executable, "-m", *words, *options], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout
    assert {url for url, _ in asked()} == {cloud.endpoint_url}
    assert f"providers of the registry, LocalStack {cloud.version} at {cloud.endpoint_url} " in ran.stdout
    assert listens(cloud.endpoint_url)
