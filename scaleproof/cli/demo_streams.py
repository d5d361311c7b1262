"""Live streams in `scaleproof demo`: the endpoint's own policies scale out because of them, and in again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from scaleproof.cli import stream_client
from scaleproof.errors import FailedError, ScaleproofError
from scaleproof.localstack import control
from scaleproof.localstack.connection import Connection
from scaleproof.progress import console, step
from scaleproof.scaling.endpoint import Endpoint, Kind
from scaleproof.studies.wording import duration

MOST_STREAMS = 100
PATIENCE = 60.0
"""Seconds for streams to be opened or closed."""
LONGEST = 3_600.0
"""Seconds of the emulator's clock for a change of the number of instances."""
STEP = 10.0
"""Seconds by which the emulator's clock is moved at a time."""


@dataclass(frozen=True)
class Streamed:
    """Bidirectional streams through an endpoint, and what became of its instances."""

    endpoint: str
    streams: int
    """As many as its instances sustain."""
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
        """For people."""
        return (
            f"Opened {self.streams} streams through {self.endpoint} with AWS's client: {self.before} instances became "
            f"{self.during} ({duration(self.scaled_out)}).\n"
            f"Closed the streams: {self.before} instances again ({duration(self.scaled_in)}). "
            "The emulator's clock was moved forward."
        )


def stream_through(
    connection: Connection, endpoints: Sequence[Endpoint], masked: Callable[[str], str]
) -> Streamed | None:
    """Opens streams with AWS's client and closes them when the endpoint has scaled out.

    Moves the emulator's clock forward instead of waiting for alarms. `masked` hides secrets in what is shown.
    Returns None where no real-time endpoint can scale out because of streams, and, which it says loudly, where
    no Python can run the client. Raises FailedError where the endpoint does not scale.
    """
    endpoint = next((endpoint for endpoint in endpoints if endpoint.kind is Kind.REALTIME and endpoint.target), None)
    if endpoint is None or endpoint.target is None:
        return None
    before = _instances(connection, endpoint)
    streams = int(before * (endpoint.pools[0].max_concurrency or 0))
    if before >= endpoint.target.max or not 0 < streams <= MOST_STREAMS:
        return None
    try:
        client = stream_client.environment()
    except ScaleproofError as error:
        console.print(f"NO STREAMS ARE SHOWN: {error.message}", style="bold red")
        return None
    name = masked(endpoint.name)
    with (
        step(f"Opening {streams} streams through {name}"),
        stream_client.opened(client, control.streams(connection), connection.account, endpoint.name, streams),
    ):
        _wait(connection, endpoint, name, streams)
        scaled_out = _move_until(connection, endpoint, name, lambda count: count > before)
        during = _instances(connection, endpoint)
    with step(f"Closing the streams through {name}"):
        _wait(connection, endpoint, name, 0)
        scaled_in = _move_until(connection, endpoint, name, lambda count: count <= before)
    return Streamed(name, streams, before, during, scaled_out, scaled_in)


def _instances(connection: Connection, endpoint: Endpoint) -> int:
    """Those in service."""
    description = connection.client("sagemaker").describe_endpoint(EndpointName=endpoint.name)
    variants = {variant["VariantName"]: variant for variant in description["ProductionVariants"]}
    return int(variants[endpoint.variant]["CurrentInstanceCount"])


def _wait(connection: Connection, endpoint: Endpoint, name: str, streams: int) -> None:
    """Waits until so many streams are in flight, which no clock brings about. Raises FailedError."""
    began = time.monotonic()
    while (in_flight := _in_flight(connection, endpoint)) != streams:
        if time.monotonic() - began > PATIENCE:
            raise FailedError(f"{name} has {in_flight} streams in flight after {PATIENCE:.0f} s, not {streams}.")
        time.sleep(0.1)


def _in_flight(connection: Connection, endpoint: Endpoint) -> int:
    instances = control.instances(connection)
    return sum(instance.in_flight for instance in instances if instance.endpoint == endpoint.name)


def _move_until(connection: Connection, endpoint: Endpoint, name: str, scaled: Callable[[int], bool]) -> float:
    """Moves the emulator's clock until the number of instances is right; the seconds of it. Raises FailedError."""
    moved = 0.0
    while not scaled(instances := _instances(connection, endpoint)):
        if moved >= LONGEST:
            raise FailedError(f"{name} still has {instances} instances after {duration(moved)}.")
        control.advance(connection, STEP)
        moved += STEP
    return moved
