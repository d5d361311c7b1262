"""Plans with the registry's providers, which run as processes of their own and ask the cloud who calls.

The registry's are not to be had offline: those of a mirror, the stand-ins as programs, take their place, and
the one for awscc asks first what the real one asks.
"""

from __future__ import annotations

import json
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from scaleproof.localstack.start import LocalStack
from scaleproof.providers.plugin import mirror

from .conftest import ENDPOINT, IMAGE, Run

LIMITS = ("--max-concurrency", "ml.g6.2xlarge=12", "--max-concurrency", "ml.g6e.2xlarge=16")
COMPARED = ("compare", ENDPOINT, *IMAGE, *LIMITS, "--traffic", "step:top=60,days=0.2", "--no-rivals",
            "--vary", "image=123456789012.dkr.ecr.us-east-1.amazonaws.com/speech:2")  # fmt: skip
VARIABLES = dict(word.split("=", 1) for word in IMAGE[1::2])
_ASK = """
import boto3, json, os, sys
identity = boto3.client("sts").get_caller_identity()
with open(sys.argv[1], "a") as file:
    print(json.dumps([os.environ["AWS_ENDPOINT_URL"], identity["Account"]]), file=file)
"""


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[tuple[str, str]]]:
    """Where the provider asked who calls, and the account that was the answer; without one it ends."""
    directory, log = tmp_path / "mirror", tmp_path / "asked"
    directory.mkdir()
    for name, value in mirror(directory).items():
        monkeypatch.setenv(name, value)
    ask = shlex.join([sys.executable, "-c", _ASK, str(log)])
    for program in directory.glob("*/hashicorp/awscc/*/*/terraform-provider-awscc_*"):
        program.write_text(program.read_text().replace("exec", f"{ask} || exit 1\nexec", 1))
    monkeypatch.setenv("SCALEPROOF_PROVIDERS", "registry")
    return lambda: [tuple(json.loads(line)) for line in log.read_text().splitlines()]


def listens(url: str) -> bool:
    """Whether something answers there."""
    with socket.socket() as probe:
        return probe.connect_ex((urlsplit(url).hostname or "", urlsplit(url).port or 0)) == 0


def test_without_a_localstack_one_is_started_for_all_plans_of_the_command(
    run: Run, asked: Callable[[], list[tuple[str, str]]]
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
    run: Run, asked: Callable[[], list[tuple[str, str]]], cloud: LocalStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint_url)
    shown = run("plan", ENDPOINT, *IMAGE)
    assert shown.code == 0, shown.err
    assert {url for url, _ in asked()} == {cloud.endpoint_url}
    assert f"providers of the registry, LocalStack {cloud.version} at {cloud.endpoint_url} " in shown.err
    assert listens(cloud.endpoint_url)


def test_a_plan_of_the_pytest_plugin_asks_the_localstack_of_the_run(
    asked: Callable[[], list[tuple[str, str]]], cloud: LocalStack, tmp_path: Path
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
