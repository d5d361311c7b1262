"""Runs AWS's own client of bidirectional streams in an environment of its own: it needs Python 3.12."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from scaleproof.errors import FailedError
from scaleproof.localstack import pinned
from scaleproof.localstack.control import Streams
from scaleproof.localstack.interpreter import find_interpreter

SCRIPT = Path(__file__).with_name("stream_script.py")
VERSIONS = ((3, 13), (3, 12), (3, 14))
"""Pythons that the client and its transport have packages for."""
_PATIENCE = 30.0


def environment() -> pinned.Environment:
    """The client's environment, built. Raises `ScaleproofError` where no Python can run it, or pip fails."""
    interpreter = find_interpreter("AWS's client of bidirectional streams", VERSIONS)
    pins = (resources.files("scaleproof.localstack") / "pins" / "stream-client.txt").read_text(encoding="utf-8")
    check = "import aws_sdk_sagemaker_runtime_http2.client, awscrt"
    return pinned.ensure(
        pinned.cached("stream-client-aws", "aws_sdk_sagemaker_runtime_http2", interpreter, pins, check=check)
    )


@contextmanager
def opened(client: pinned.Environment, served: Streams, account: str, endpoint: str, streams: int) -> Iterator[None]:
    """Keeps so many streams open, and closes them at the end. Raises FailedError if one broke off."""
    request = {"url": served.endpoint_url, "ca": served.ca_bundle, "account": account, "endpoint": endpoint}
    line = json.dumps({**request, "streams": streams, "parts": ["hello"], "hold": None})
    with subprocess.Popen(
        [client.python, "-I", SCRIPT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # No setting of the user for AWS applies.
        env={
            "PATH": os.environ.get("PATH", os.defpath),
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        },
        start_new_session=True,  # ctrl-C is for the command, whose end closes the input
    ) as process:
        try:
            assert process.stdin
            process.stdin.write(line + "\n")
            process.stdin.flush()
            yield
            # The end of its input closes the streams.
            stdout, stderr = process.communicate(timeout=_PATIENCE)
        except BrokenPipeError as error:
            raise FailedError(f"AWS's client did not start: {process.communicate()[1].strip()}") from error
        finally:
            process.kill()
    ends = [json.loads(line) for line in stdout.splitlines()]
    broken = [end["message"] for end in ends if end["error"]]
    if process.returncode or broken or len(ends) < streams:
        why = broken[0] if broken else stderr.strip().rpartition("\n")[2] or "the client ended early"
        raise FailedError(f"{streams - len(ends) + len(broken)} of {streams} streams broke off: {why}")
