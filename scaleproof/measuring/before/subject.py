"""The one instance that is measured: which type it is, and whether others use it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError

from scaleproof.endpoints import EndpointError, from_api
from scaleproof.endpoints.live import Clients, scope
from scaleproof.errors import FailedError
from scaleproof.scaling.endpoint import SUSPENDED, Endpoint, Kind, Suspended

RECENT = timedelta(minutes=5)
"""How far back requests of others are looked for."""
HANDFUL = 10
"""So many requests of others in that time change no result: somebody has tried the endpoint."""


@dataclass(frozen=True)
class Subject:
    """A real-time endpoint in service with one instance, and the type of that."""

    endpoint: Endpoint
    instance_type: str


def subject(clients: Clients, name: str) -> Subject:
    """The endpoint of a name, in service with exactly one instance.

    Raises EndpointError, which says what to change, where it is anything else, and FailedError where the API
    cannot be read.
    """
    variants = from_api(clients, [name])
    if len(variants) != 1:
        raise EndpointError(
            f"{name} has {len(variants)} variants: {', '.join(one.variant for one in variants)}.",
            advice="Measure an endpoint that has one.",
        )
    (endpoint,) = variants
    if endpoint.kind is Kind.ASYNC:
        raise EndpointError(
            f"{name} is asynchronous: its requests wait in a queue, and SageMaker hands them on.",
            advice="Measure a real-time endpoint with the same model and instance type.",
        )
    if endpoint.status != "InService":
        raise EndpointError(
            f"{name} is {endpoint.status}, not InService.",
            advice="Wait for it: aws sagemaker wait endpoint-in-service "
            f"--endpoint-name {name}; or look for its FailureReason.",
        )
    running = {kind: count for kind, count in endpoint.instances.items() if count}
    if sum(running.values()) != 1:
        found = ", ".join(f"{count} of {kind}" for kind, count in running.items()) or "none"
        raise EndpointError(
            f"{name} has not exactly one instance: {found}. What one instance sustains shows with one only.",
            advice=f"Set its instances to 1 first: {_one_instance(endpoint)}",
        )
    return Subject(endpoint, next(iter(running)))


def _one_instance(endpoint: Endpoint) -> str:
    if endpoint.target:
        return "with the module, realtime.capacity = { min = 1, max = 1 }."
    return (
        "aws sagemaker update-endpoint-weights-and-capacities --endpoint-name "
        f"{endpoint.name} --desired-weights-and-capacities "
        f"VariantName={endpoint.variant},DesiredInstanceCount=1"
    )


def refuse_scaled(endpoint: Endpoint, cli_options: str) -> None:
    """Raises EndpointError where something scales the endpoint, with the commands that stop it and undo that.

    `cli_options`: what every command of the AWS CLI needs to reach the endpoint's cloud and region.
    """
    everything = Suspended(scale_in=True, scale_out=True, scheduled=True)
    if endpoint.target is None or endpoint.target.suspended == everything:
        return
    words = {xform_name(name, "-"): value for name, value in scope(endpoint.name, endpoint.variant).items()}
    target = " ".join(f"--{option} {value}" for option, value in words.items())

    def command(state: Suspended) -> str:
        members = ",".join(
            f"{member}={str(getattr(state, name)).lower()}" for member, name in SUSPENDED.items()
        )
        return (
            f"  aws application-autoscaling register-scalable-target {cli_options} {target} "
            f"--suspended-state {members}"
        )

    raise EndpointError(
        f"{endpoint.name} is scaled: a second instance would come during the measurement.",
        advice="Suspend its scaling before you measure:\n"
        f"{command(everything)}\n"
        "and bring it back afterwards:\n"
        f"{command(endpoint.target.suspended)}\n"
        "With the module, set realtime.suspended = { in = true, out = true, scheduled = true } and apply.",
    )


@dataclass(frozen=True)
class Traffic:
    """What others sent of late: how many requests, and how many were in flight at most."""

    invocations: float
    concurrency: float

    def __bool__(self) -> bool:
        """Whether there was any."""
        return self.invocations > 0 or self.concurrency > 0


def traffic(clients: Clients, endpoint: Endpoint) -> Traffic:
    """The requests of the last minutes, from CloudWatch. Raises FailedError where it cannot be read."""
    now = datetime.now(UTC)
    dimensions = [{"Name": name, "Value": value} for name, value in endpoint.dimensions.items()]

    def values(metric: str, statistic: str) -> list[float]:
        answer = clients("cloudwatch").get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName=metric,
            Dimensions=dimensions,
            StartTime=now - RECENT,
            EndTime=now,
            Period=60,
            Statistics=[statistic],
        )
        return [point[statistic] for point in answer["Datapoints"]]

    try:
        return Traffic(
            sum(values("Invocations", "Sum")),
            max(values("ConcurrentRequestsPerModel", "Maximum"), default=0.0),
        )
    except (ClientError, BotoCoreError) as error:
        raise FailedError(
            f"CloudWatch does not say whether {endpoint.name} serves others: {error}"
        ) from error
