"""Checks the one instance that is measured: its type, and who else uses or scales it.

Nothing is changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from shlex import quote

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError

from scaleproof.endpoints import EndpointError
from scaleproof.endpoints.live import Clients, endpoint_of, scope
from scaleproof.errors import FailedError
from scaleproof.scaling.endpoint import SUSPENDED, Endpoint, Kind, ScalableTarget, Suspended

RECENT = timedelta(minutes=5)
"""How far back requests of others are looked for."""
HANDFUL = 10
"""So many requests of others in that time change no result: somebody has tried the endpoint."""
_ALL_SUSPENDED = Suspended(scale_in=True, scale_out=True, scheduled=True)


@dataclass(frozen=True)
class Subject:
    """A real-time endpoint in service with one instance that nothing scales, and the type of that."""

    endpoint: Endpoint
    instance_type: str


def find_subject(clients: Clients, name: str, cli_options: str) -> Subject:
    """The endpoint of a name, in service with exactly one instance.

    `cli_options`: what every command of the AWS CLI needs to reach the endpoint's cloud and region. Raises
    EndpointError, which says what to change, where it is anything else, and FailedError where the API cannot
    be read.
    """
    endpoint = endpoint_of(clients, name)
    if endpoint.kind is Kind.ASYNC:
        raise EndpointError(
            f"{name} is asynchronous: its requests wait in a queue.",
            advice="Measure a real-time endpoint with the same model and instance type.",
        )
    if endpoint.status != "InService":
        raise EndpointError(
            f"{name} is {endpoint.status}, not InService.",
            advice=f"Wait for it: aws sagemaker wait endpoint-in-service {cli_options} --endpoint-name "
            f"{name}; or look for its FailureReason.",
        )
    running = {kind: count for kind, count in endpoint.instances.items() if count}
    if sum(running.values()) != 1:
        listed = ", ".join(f"{count} of {kind}" for kind, count in running.items()) or "none"
        raise EndpointError(
            f"{name} does not have exactly one instance: {listed}. A measurement needs exactly one.",
            advice=f"Set its instances to 1 first: {_one_instance(endpoint, cli_options)}",
        )
    if endpoint.target is not None and _may_grow(endpoint.target):
        raise _scaled(endpoint, endpoint.target.suspended, cli_options)
    return Subject(endpoint, next(iter(running)))


def _may_grow(target: ScalableTarget) -> bool:
    """Whether a policy or a schedule could start a second instance."""
    bounds = [target.max, *(bound for action in target.schedules for bound in (action.min, action.max) if bound)]
    return target.suspended != _ALL_SUSPENDED and max(bounds) > 1


def _one_instance(endpoint: Endpoint, cli_options: str) -> str:
    if endpoint.target:
        return "with the module, realtime.capacity = { min = 1, max = 1 }."
    return (
        f"aws sagemaker update-endpoint-weights-and-capacities {cli_options} --endpoint-name {endpoint.name} "
        f"--desired-weights-and-capacities VariantName={quote(endpoint.variant)},DesiredInstanceCount=1"
    )


def _scaled(endpoint: Endpoint, suspended: Suspended, cli_options: str) -> EndpointError:
    """The error for an endpoint that is scaled, with the commands that stop it and undo that."""
    words = {xform_name(name, "-"): value for name, value in scope(endpoint.name, endpoint.variant).items()}
    target = " ".join(f"--{option} {quote(value)}" for option, value in words.items())

    def command(state: Suspended) -> str:
        members = [f"{member}={str(getattr(state, name)).lower()}" for member, name in SUSPENDED.items()]
        return (
            f"  aws application-autoscaling register-scalable-target {cli_options} {target} "
            f"--suspended-state {','.join(members)}"
        )

    return EndpointError(
        f"{endpoint.name} scales: a second instance could start during the measurement.",
        advice="Suspend its scaling before you measure:\n"
        f"{command(_ALL_SUSPENDED)}\n"
        "and bring it back afterwards:\n"
        f"{command(suspended)}\n"
        "With the module, set realtime.suspended = { in = true, out = true, scheduled = true } and apply.",
    )


def other_traffic(clients: Clients, endpoint: Endpoint) -> str:
    """A sentence on requests of others in the last minutes where there are a few; empty without any.

    Raises EndpointError where there are more, and FailedError where CloudWatch cannot be read.
    """
    now = datetime.now(UTC)

    def values(metric: str, statistic: str) -> list[float]:
        answer = clients("cloudwatch").get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName=metric,
            Dimensions=[{"Name": name, "Value": value} for name, value in endpoint.dimensions.items()],
            StartTime=now - RECENT,
            EndTime=now,
            Period=60,
            Statistics=[statistic],
        )
        return [point[statistic] for point in answer["Datapoints"]]

    try:
        requests = sum(values("Invocations", "Sum"))
        in_flight = max(values("ConcurrentRequestsPerModel", "Maximum"), default=0.0)
    except (ClientError, BotoCoreError) as error:
        raise FailedError(f"CloudWatch does not show whether {endpoint.name} has other traffic: {error}") from error
    if not requests and not in_flight:
        return ""
    seen = (
        f"{endpoint.name} has other traffic: {requests:g} request{'' if requests == 1 else 's'} in the last 5 minutes, "
        f"up to {in_flight:g} in flight on an instance."
    )
    # More in flight than have come: streams that began earlier, and that nobody sees the end of.
    if requests > HANDFUL or in_flight > requests:
        raise EndpointError(
            f"{seen} They would distort the measurement, and be slowed by it.",
            advice="Measure an endpoint without other traffic, or wait 5 minutes after a measurement.",
        )
    return f"{seen} More of them would distort the measurement."
