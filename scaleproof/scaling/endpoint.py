"""An endpoint as auto scaling sees it: pools, bounds, policies, schedules.

Where it was read from, a Terraform plan, a state or the API, makes no difference here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from scaleproof.scaling.fleet import Pool
from scaleproof.scaling.step_scaling import StepScaling
from scaleproof.scaling.target_tracking import TargetTracking


class Kind(StrEnum):
    """How requests reach an endpoint: answered at once, or through a queue in S3."""

    REALTIME = "realtime"
    ASYNC = "async"


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
    SageMaker chooses.
    """

    name: str
    variant: str
    kind: Kind
    pools: tuple[Pool, ...]
    initial: int
    target: ScalableTarget | None
    max_concurrent_invocations: int | None = None

    @property
    def dimensions(self) -> dict[str, str]:
        """The dimensions of the predefined metrics of the variant."""
        return {"EndpointName": self.name, "VariantName": self.variant}
