"""AWS's client of bidirectional streams and Deepgram's, in two environments: they exclude each other."""

import json
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest

from scaleproof.cli import demo_streams
from scaleproof.errors import FailedError
from scaleproof.localstack import pinned
from scaleproof.localstack.interpreter import find_interpreter

HERE = Path(__file__).parent
SCRIPTS = {client: HERE / f"{client}.py" for client in ("aws", "deepgram")}
PATIENCE = 90.0


def run(client, served, account, **request):
    """What the script of a client prints, one object a line; skips the test where no Python can run it."""
    built = environment(client)
    message = {"url": served.endpoint_url, "ca": served.ca_bundle, "account": account, **request}
    done = subprocess.run(
        [built.python, "-I", SCRIPTS[client]],
        input=json.dumps(message),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@contextmanager
def held(served, account, **request):
    """Streams of AWS's client that stay open until what it gives is called, which says how each ended."""
    built = environment("aws")
    message = {"url": served.endpoint_url, "ca": served.ca_bundle, "account": account, "hold": None, **request}
    with subprocess.Popen(
        [built.python, "-I", SCRIPTS["aws"]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:

        def ended():
            # The end of its input closes the streams.
            return [json.loads(line) for line in process.communicate(timeout=PATIENCE)[0].splitlines()]

        try:
            process.stdin.write(json.dumps(message) + "\n")
            process.stdin.flush()
            yield ended
        finally:
            process.kill()


def environment(client):
    """The environment of a client, built."""
    try:
        if client == "aws":
            return demo_streams.environment()
        interpreter = find_interpreter(f"The client {client}", demo_streams.VERSIONS)
    except FailedError as error:
        pytest.skip(f"STREAMS ARE NOT TESTED WITH THE CLIENT {client}: {error.message}")
    pins = (HERE / "pins" / f"{client}.txt").read_text(encoding="utf-8")
    check = "import deepgram, deepgram_sagemaker, awscrt"
    return pinned.ensure(pinned.cached(f"stream-client-{client}", "deepgram-sagemaker", interpreter, pins, check=check))
