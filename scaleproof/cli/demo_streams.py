"""Live streams in `scaleproof demo`: the endpoint's own policies scale out because of them, and in again.

AWS's own client opens them, in an environment of its own: it needs Python 3.12.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import scaleproof
from scaleproof.errors import FailedError, ScaleproofError
from scaleproof.localstack import control, pinned
from scaleproof.localstack.connection import Connection
from scaleproof.localstack.interpreter import find_interpreter
from scaleproof.progress import console, step
from scaleproof.scaling.endpoint import Endpoint
from scaleproof.studies.wording import count, duration

_CODE = (
    f"import asyncio, sys; sys.path.append({str(Path(scaleproof.__file__).parents[1])!r}); "
    "from scaleproof.measuring.load.streams import hold_open; asyncio.run(hold_open())"
)
"""What the client's environment runs. This package is the last on its path."""
VERSIONS = ((3, 13), (3, 12), (3, 14))
"""Pythons that the client and its transport have packages for."""
PATIENCE = 60.0
"""Seconds for streams to be opened or closed."""
LONGEST = 3_600.0
"""Seconds of the emulator's clock for a change of the number of instances."""
CLIENT_PATIENCE = 30.0
"""Seconds for the client to end."""
STEP = 10.0
"""Seconds by which the emulator's clock is moved at a time."""


@dataclass(frozen=True)
class Streamed:
    """Bidirectional streams through an endpoint, and what became of its instances."""

    endpoint: str
    streams: int
    """Streams opened: as many as the instances sustain."""
    before: int
    """Instances before they were opened."""
    during: int
    """Instances after the scale-out."""
    scaled_out: float
    """Seconds of the emulator's clock, which is moved, from opening the streams to the scale-out."""
    scaled_in: float
    """Seconds of that clock from closing the streams until there are as few instances as before."""

    @property
    def sentence(self) -> str:
        """A sentence about the result."""
        before = count(self.before, "instance")
        return (
            f"Opened {self.streams} streams through {self.endpoint} with AWS's client: {before} became "
            f"{self.during} ({duration(self.scaled_out)}).\n"
            f"Closed the streams: {before} again ({duration(self.scaled_in)}). "
            "The emulator's clock was moved forward."
        )


def stream_through(connection: Connection, endpoint: Endpoint) -> Streamed | None:
    """Opens streams with AWS's client and closes them when the endpoint has scaled out.

    Moves the emulator's clock forward instead of waiting for alarms. Returns None, and says so loudly, where no
    Python can run the client. Raises FailedError where the endpoint does not scale.
    """
    try:
        client = environment()
    except ScaleproofError as error:
        console.print(f"NO STREAMS ARE SHOWN: {error.message}", style="bold red")
        return None
    name, before = endpoint.name, len(_instances(connection, endpoint))
    streams = int(before * (endpoint.pools[0].max_concurrency or 0))
    with (
        step(f"Opening {streams} streams through {name}"),
        opened(client, control.streams(connection), connection.account, name, streams),
    ):
        _wait(connection, endpoint, streams)
        scaled_out = _move_until(connection, endpoint, lambda count: count > before)
        during = len(_instances(connection, endpoint))
    with step(f"Closing the streams through {name}"):
        _wait(connection, endpoint, 0)
        scaled_in = _move_until(connection, endpoint, lambda count: count <= before)
    return Streamed(name, streams, before, during, scaled_out, scaled_in)


def _instances(connection: Connection, endpoint: Endpoint) -> list[control.Instance]:
    """Those in service."""
    return [
        instance
        for instance in control.instances(connection)
        if (instance.region, instance.endpoint) == (connection.region, endpoint.name) and not instance.stopping
    ]


def _wait(connection: Connection, endpoint: Endpoint, streams: int) -> None:
    """Waits until so many streams are in flight, which no clock brings about. Raises FailedError."""
    began = time.monotonic()
    while (in_flight := sum(instance.in_flight for instance in _instances(connection, endpoint))) != streams:
        if time.monotonic() - began > PATIENCE:
            raise FailedError(
                f"{endpoint.name} has {in_flight} streams in flight after {PATIENCE:.0f} s, not {streams}."
            )
        time.sleep(0.1)


def _move_until(connection: Connection, endpoint: Endpoint, scaled: Callable[[int], bool]) -> float:
    """Moves the emulator's clock until the number of instances is right; the seconds of it. Raises FailedError."""
    moved = 0.0
    while not scaled(instances := len(_instances(connection, endpoint))):
        if moved >= LONGEST:
            raise FailedError(f"{endpoint.name} still has {instances} instances after {duration(moved)}.")
        control.advance(connection, STEP)
        moved += STEP
    return moved


def environment() -> pinned.Environment:
    """The client's environment, built. Raises `ScaleproofError` where no Python can run it, or pip fails."""
    interpreter = find_interpreter("AWS's client of bidirectional streams", VERSIONS)
    pins = (resources.files("scaleproof.localstack") / "pins" / "stream-client.txt").read_text(encoding="utf-8")
    check = "import aws_sdk_sagemaker_runtime_http2.client, awscrt"
    return pinned.ensure(
        pinned.cached("stream-client-aws", "aws_sdk_sagemaker_runtime_http2", interpreter, pins, check=check)
    )


@contextmanager
def opened(
    client: pinned.Environment, served: control.Streams, account: str, endpoint: str, streams: int
) -> Iterator[None]:
    """Keeps so many streams open, as `measure` opens them, and cuts them at the end.

    Raises FailedError if one broke off.
    """
    place = {"url": served.endpoint_url, "ca": served.ca_bundle, "account": account, "endpoint": endpoint}
    with subprocess.Popen(
        [client.python, "-I", "-c", _CODE],
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
            process.stdin.write(json.dumps({**place, "users": streams}) + "\n")
            process.stdin.flush()
            yield
            # The end of its input closes the streams.
            stdout, stderr = process.communicate(timeout=CLIENT_PATIENCE)
        except BrokenPipeError as error:
            raise FailedError(f"AWS's client did not start: {process.communicate()[1].strip()}") from error
        finally:
            process.kill()
    if process.returncode:
        raise FailedError(f"AWS's client ended early: {stderr.strip().rpartition(chr(10))[2]}")
    if broken := json.loads(stdout):
        raise FailedError(f"{len(broken)} of {streams} streams broke off: {broken[0]}.")
