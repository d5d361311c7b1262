"""Live streams in `scaleproof demo`: an endpoint scales out because of them, and in again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypedDict

from scaleproof.cli import output, stream_client
from scaleproof.endpoints.live import scope
from scaleproof.errors import FailedError, ScaleproofError
from scaleproof.localstack import control
from scaleproof.localstack.connection import Connection
from scaleproof.progress import console, step
from scaleproof.scaling.endpoint import Endpoint, Kind

STREAMS = 20
ADDED = 2
"""Instances that the streams call for."""
NAME = "scaleproof-demo-streams"
"""Of the policy and the alarm, which live as long as the demonstration of streams."""
PATIENCE = 90.0
"""Seconds for streams to be opened or closed, and those of the emulator's clock for a change of the count."""
STEP = 5.0
"""Seconds by which the emulator's clock is moved at a time."""


class Streamed(TypedDict):
    """Bidirectional streams through an endpoint, and what became of its instances."""

    endpoint: str
    streams: int
    before: int
    """Instances before they were opened."""
    during: int
    scaled_out: float
    """Seconds of the emulator's clock, which is moved, from opening the streams until all instances were in
    service."""
    scaled_in: float
    """Seconds of that clock from closing them until the instances were gone."""


def stream_through(
    connection: Connection, endpoints: Sequence[Endpoint], masked: Callable[[str], str], *, quiet: bool
) -> Streamed | None:
    """Opens streams with AWS's client and closes them when the endpoint has scaled out.

    The module's own alarms scale in after fifteen minutes, so a policy with an alarm of ten seconds stands
    beside them meanwhile, and the emulator's clock is moved forward instead of waiting. `masked` hides secrets in
    what is shown. Gives None, and says so loudly, where no
    Python can run the client, and None where no endpoint has room.
    """
    endpoint = next((endpoint for endpoint in endpoints if endpoint.kind is Kind.REALTIME and endpoint.target), None)
    if endpoint is None or endpoint.target is None:
        return None
    before = _instances(connection, endpoint)
    during = before + ADDED
    if during > endpoint.target.max:
        return None
    try:
        client = stream_client.environment()
    except ScaleproofError as error:
        console.print(f"NO STREAMS ARE SHOWN: {error.message}", style="bold red")
        return None
    name = masked(endpoint.name)
    with _policy(connection, endpoint, before, during):
        with (
            step(f"Opening {STREAMS} streams through {name}"),
            stream_client.opened(client, control.streams(connection), connection.account, endpoint.name, STREAMS),
        ):
            _wait(connection, endpoint, name, STREAMS)
            scaled_out = _move_until(connection, endpoint, name, during)
        with step(f"Closing the streams through {name}"):
            _wait(connection, endpoint, name, 0)
            scaled_in = _move_until(connection, endpoint, name, before)
    if not quiet:
        output.say(
            f"Opened {STREAMS} streams through {name} with AWS's client: {before} instances became "
            f"{during} ({scaled_out:.0f} s). Closed them: {before} again ({scaled_in:.0f} s).\n"
            "These are seconds of the emulator's clock, which was moved forward."
        )
    return {
        "endpoint": name,
        "streams": STREAMS,
        "before": before,
        "during": during,
        "scaled_out": scaled_out,
        "scaled_in": scaled_in,
    }


@contextmanager
def _policy(connection: Connection, endpoint: Endpoint, before: int, during: int) -> Iterator[None]:
    """A step policy for the time being, with one alarm on the streams in flight that moves it both ways."""
    scaling, cloudwatch = connection.client("application-autoscaling"), connection.client("cloudwatch")
    policy = {"PolicyName": NAME, **scope(endpoint.name, endpoint.variant)}
    response = scaling.put_scaling_policy(
        **policy,
        PolicyType="StepScaling",
        StepScalingPolicyConfiguration={
            "AdjustmentType": "ExactCapacity",
            "Cooldown": 0,
            "StepAdjustments": [
                {"MetricIntervalLowerBound": 0, "ScalingAdjustment": during},
                {"MetricIntervalUpperBound": 0, "ScalingAdjustment": before},
            ],
        },
    )
    try:
        cloudwatch.put_metric_alarm(
            AlarmName=NAME,
            Namespace="AWS/SageMaker",
            MetricName="ConcurrentRequestsPerModel",
            Dimensions=[{"Name": name, "Value": value} for name, value in sorted(endpoint.dimensions.items())],
            Statistic="Sum",
            Period=10,
            EvaluationPeriods=1,
            Threshold=STREAMS / 2,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            AlarmActions=[response["PolicyARN"]],
            OKActions=[response["PolicyARN"]],
        )
        yield
    finally:
        cloudwatch.delete_alarms(AlarmNames=[NAME])
        scaling.delete_scaling_policy(**policy)


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


def _move_until(connection: Connection, endpoint: Endpoint, name: str, count: int) -> float:
    """Moves the emulator's clock until there are so many instances; the seconds of it. Raises FailedError."""
    moved = 0.0
    while (instances := _instances(connection, endpoint)) != count:
        if moved > PATIENCE:
            raise FailedError(f"{name} has {instances} instances after {PATIENCE:.0f} s, not {count}.")
        control.advance(connection, STEP)
        moved += STEP
    return moved
