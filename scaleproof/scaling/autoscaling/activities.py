"""Scaling activities: what Application Auto Scaling did or did not do, and how it records it.

[activities] https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-scaling-activities.html
has the wording. [captures] https://github.com/radkawar/stackd, commit 9dc356f5,
testdata/aws/applicationautoscaling/activity_suppression.json
"""

from __future__ import annotations

import math
import re
from enum import StrEnum
from typing import NamedTuple

from scaleproof.scaling.autoscaling.rules import PolicyRule

NEW_BOUND = re.compile(r"\b(min|max) capacity to (\d+)")
BY_ALARM = re.compile(r"monitor alarm (.+) in state (\w+) triggered policy (.+)")
REFUSED = "Cannot update in-progress endpoint"
"""What SageMaker answers while an endpoint is Updating; its own message names the endpoint as well."""


class Status(StrEnum):
    """StatusCode of a scaling activity [activities]."""

    PENDING = "Pending"
    IN_PROGRESS = "InProgress"
    SUCCESSFUL = "Successful"
    OVERRIDDEN = "Overridden"
    UNFULFILLED = "Unfulfilled"
    FAILED = "Failed"


class Code(StrEnum):
    """Why nothing was scaled [activities]."""

    AT_MAX = "AlreadyAtMaxCapacity"
    AT_MIN = "AlreadyAtMinCapacity"
    AT_DESIRED = "AlreadyAtDesiredCapacity"
    FLAPPING = "AutoScalingAnticipatedFlapping"


class NotScaled(NamedTuple):
    """One of an activity's NotScaledReasons; the bound or count that it is about in instances."""

    code: str
    """A `Code`, or one that is not modelled."""
    max: int | None = None
    min: int | None = None
    current: int | None = None


class Activity(NamedTuple):
    """One scaling activity; a later state of the same one has the same `id` (1, 2, ... of a target).

    Times in epoch seconds. `before` and `desired` are the instances it moves between, both None where it
    moves none. `policy` and `alarm`: what caused it, None for bounds and schedules.
    """

    id: int
    description: str
    cause: str
    start: float
    status: Status
    end: float | None = None
    message: str = ""
    before: int | None = None
    desired: int | None = None
    policy: str | None = None
    alarm: str | None = None
    not_scaled: tuple[NotScaled, ...] = ()

    @property
    def bounds(self) -> tuple[int | None, int | None]:
        """The bounds that it set, from and to; None where it left one as it was, or set none."""
        limits = {name: int(number) for name, number in NEW_BOUND.findall(self.description)}
        return limits.get("min"), limits.get("max")

    @property
    def refused(self) -> bool:
        """Whether the endpoint did not take it, as it was being updated."""
        return REFUSED in self.message


class Capacity(NamedTuple):
    """A variant's instances now: DesiredInstanceCount, how many run, and whether its endpoint is Updating,
    which refuses a change."""

    desired: int
    running: int
    updating: bool = False


class Decision(NamedTuple):
    """What follows from an event: the count to set, None to leave it, and what is recorded, None for nothing.

    Whoever sets the count tells the outcome by `Autoscaler.ended`.
    """

    desired: int | None = None
    activity: Activity | None = None


ANY_VALUE, NO_VALUE = (-math.inf, math.inf), (math.inf, -math.inf)
"""Ranges of values, from and to."""


class Idle(NamedTuple):
    """Repeats of an alarm's action that are for nothing until `until` (epoch seconds), and so are those with
    other data points in the range `band`, as long as the alarm is in ALARM."""

    until: float
    band: tuple[float, float] = NO_VALUE


NEVER_IDLE = Idle(-math.inf)
NOTHING = Decision()


class Journal:
    """Numbers activities, and remembers why nothing was scaled last."""

    def __init__(self) -> None:
        self._count = 0
        self._reason: NotScaled | None = None

    @property
    def reason(self) -> NotScaled | None:
        """Why nothing was scaled, if that is the latest record of what alarms did."""
        return self._reason

    def scaling(self, before: int, desired: int, now: float, rule: PolicyRule | None, *, refused: bool) -> Activity:
        """A change of the count that starts now, or that the endpoint does not take."""
        self._reason = None
        bound = "minimum" if desired > before else "maximum"
        change = f"desired instance count to {desired}."
        done = f"Successfully set {change} Waiting for change to be fulfilled by sagemaker."
        return Activity(
            self._next(),
            f"Setting {change}",
            _cause(rule) if rule else f"{bound} capacity was set to {desired}",
            now,
            Status.FAILED if refused else Status.IN_PROGRESS,
            now if refused else None,
            f"Failed to set {change} Reason: {REFUSED}" if refused else done,
            before,
            desired,
            rule.policy if rule else None,
            rule.alarm if rule else None,
        )

    def ended(self, activity: Activity, now: float, status: Status, reason: str = "") -> Activity:
        """A change of the count that is over; `reason`: why it did not come off."""
        change = f"desired instance count to {activity.desired}."
        if status is Status.SUCCESSFUL:
            message = f"Successfully set {change} Change successfully fulfilled by sagemaker."
        else:
            message = f"Failed to set {change} Reason: {reason or status}"
        return activity._replace(status=status, end=now, message=message)

    def bounds(self, low: int, high: int, action: str, now: float) -> Activity:
        """New bounds from a scheduled action; it fails where the minimum is larger than the maximum."""
        change = f"min capacity to {low} and max capacity to {high}"
        status, message = Status.SUCCESSFUL, f"Successfully set {change}"
        if low > high:
            problem = "Reason: Maximum capacity cannot be less than minimum capacity"
            status, message = Status.FAILED, f"Failed to set {change}. {problem}"
        why = f"scheduled action name {action} was triggered"
        return Activity(self._next(), f"Setting {change}", why, now, status, end=now, message=message)

    def not_scaled(self, reason: NotScaled, rule: PolicyRule, now: float) -> Activity | None:
        """Why an alarm did not scale; a reason is recorded once until another one comes up [captures]."""
        if reason == self._reason:
            return None
        self._reason = reason
        # The pairs of code and status of AT_MAX, AT_MIN and AT_DESIRED are those of [captures].
        status = Status.SUCCESSFUL if reason.code is Code.AT_DESIRED else Status.FAILED
        return Activity(
            self._next(),
            "Attempting to scale due to alarm triggered",
            _cause(rule),
            now,
            status,
            end=now,
            policy=rule.policy,
            alarm=rule.alarm,
            not_scaled=(reason,),
        )

    def _next(self) -> int:
        self._count += 1
        return self._count


def _cause(rule: PolicyRule) -> str:
    """Why an alarm's action scales [activities]."""
    return f"monitor alarm {rule.alarm} in state ALARM triggered policy {rule.policy}"
