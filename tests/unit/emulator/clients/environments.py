"""AWS's client of bidirectional streams and Deepgram's, in two environments: they exclude each other."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from scaleproof.errors import FailedError
from scaleproof.localstack import pinned
from scaleproof.localstack.control import Streams
from scaleproof.localstack.interpreter import find_interpreter

HERE = Path(__file__).parent
PACKAGES = {"aws": "aws_sdk_sagemaker_runtime_http2", "deepgram": "deepgram-sagemaker"}
CHECKS = {
    "aws": "import aws_sdk_sagemaker_runtime_http2.client, awscrt",
    "deepgram": "import deepgram, deepgram_sagemaker, awscrt",
}
VERSIONS = ((3, 13), (3, 12), (3, 14))
"""Pythons that both clients have packages for."""
PATIENCE = 90.0


def run(client: str, served: Streams, account: str, **request: Any) -> list[dict[str, Any]]:
    """What the script of a client prints, one object a line; skips the test where no Python can run it."""
    built = environment(client)
    asked = {"url": served.endpoint_url, "ca": served.ca_bundle, "account": account, **request}
    done = subprocess.run(
        [built.python, "-I", HERE / f"{client}.py"],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def environment(client: str) -> pinned.Environment:
    """The environment of a client, built."""
    try:
        interpreter = find_interpreter(f"The client {client}", VERSIONS)
    except FailedError as error:
        pytest.skip(f"STREAMS ARE NOT TESTED WITH THE CLIENT {client}: {error.message}")
    pins = (HERE / "pins" / f"{client}.txt").read_text(encoding="utf-8")
    return pinned.ensure(
        pinned.cached(f"stream-client-{client}", PACKAGES[client], interpreter, pins, check=CHECKS[client])
    )
