"""An endpoint as auto scaling sees it: pools and how they fill, bounds, policies, schedules.

Where it was read from, a Terraform plan, a state or the API, makes no difference here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from scaleproof.scaling.step_scaling import StepScaling
from scaleproof.scaling.target_tracking import TargetTracking


class Kind(StrEnum):
    """How requests reach an endpoint: answered at once, or through a queue in S3."""

    REALTIME = "realtime"
    ASYNC = "async"


@dataclass(frozen=True)
class Pool:
    """One instance type of a variant; priority 1 is preferred.

    `max_concurrency`: requests in flight that one such instance sustains, None where nobody has said.
    """

    instance_type: str
    priority: int
    max_concurrency: float | None = None


Policy = TargetTracking | StepScaling
"""A scaling policy, with the alarms that invoke it by name; target tracking may be left to make its own."""


@dataclass(frozen=True)
class ScheduledAction:
    """When new bounds take effect; a bound of None stays as it is. `start` and `end` have a time zone.

    Source: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScheduledAction.html
    """

    name: str
    schedule: str
    timezone: str = "UTC"
    min: int | None = None
    max: int | None = None
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True)
class Suspended:
    """What a scalable target does not do for now.

    Source: https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-suspend-resume-scaling.html
    """

    scale_in: bool = False
    scale_out: bool = False
    scheduled: bool = False

    @property
    def words(self) -> str:
        """What is suspended, empty without."""
        names = {"scaling in": self.scale_in, "scaling out": self.scale_out, "scheduled actions": self.scheduled}
        return ", ".join(name for name, suspended in names.items() if suspended)


SUSPENDED = {
    "DynamicScalingInSuspended": "scale_in",
    "DynamicScalingOutSuspended": "scale_out",
    "ScheduledScalingSuspended": "scheduled",
}
"""The members of SuspendedState, and the fields of `Suspended`."""


@dataclass(frozen=True)
class ScalableTarget:
    """Bounds in instances, and what moves the count between them."""

    min: int
    max: int
    policies: tuple[Policy, ...] = ()
    schedules: tuple[ScheduledAction, ...] = ()
    suspended: Suspended = Suspended()


@dataclass(frozen=True)
class Endpoint:
    """One production variant. `initial`: instances at the start. `target`: None where nothing scales it.

    `max_concurrent_invocations`: what an asynchronous endpoint hands to one instance at a time, None where
    SageMaker chooses. `provision_timeout`: seconds that SageMaker looks for instances over all pools, None
    where the configuration does not say. What nothing is decided by: `status` ("planned", "applied", or the
    API's), and `instances` by type where the API tells them.
    """

    name: str
    variant: str
    kind: Kind
    pools: tuple[Pool, ...]
    initial: int
    target: ScalableTarget | None
    max_concurrent_invocations: int | None = None
    provision_timeout: float | None = None
    status: str = field(default="", compare=False)
    instances: Mapping[str, int] = field(default_factory=dict, compare=False)

    @property
    def dimensions(self) -> dict[str, str]:
        """The dimensions of the predefined metrics of the variant."""
        return {"EndpointName": self.name, "VariantName": self.variant}


def place(
    pools: Sequence[Pool],
    running: Mapping[str, int],
    desired: int,
    available: Callable[[str], int | None] = lambda _instance_type: None,
) -> dict[str, int]:
    """The number of instances per type after moving a variant towards `desired` instances.

    Scale-out fills the pools in priority order and falls back to the next where capacity ends; scale-in
    releases the lowest priority first. `available` is how many more instances of a type can be had now,
    None for no limit. The sum is below `desired` where capacity ran out.
    Every pool is a key of the result, empty ones with 0.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/realtime-endpoints-heterogeneous.html
    """
    ordered = sorted(pools, key=lambda pool: pool.priority)
    counts = {pool.instance_type: running.get(pool.instance_type, 0) for pool in ordered}
    missing = desired - sum(counts.values())
    for pool in ordered:
        if missing <= 0:
            break
        limit = available(pool.instance_type)
        added = missing if limit is None else min(missing, max(limit, 0))
        counts[pool.instance_type] += added
        missing -= added
    for pool in reversed(ordered):
        removed = min(max(-missing, 0), counts[pool.instance_type])
        counts[pool.instance_type] -= removed
        missing += removed
    return counts


def with_limits(endpoint: Endpoint, limits: Mapping[str, float]) -> Endpoint:
    """The endpoint with the requests in flight that an instance sustains, for the types in `limits`."""
    return replace(
        endpoint,
        pools=tuple(
            replace(pool, max_concurrency=limits.get(pool.instance_type, pool.max_concurrency))
            for pool in endpoint.pools
        ),
    )
