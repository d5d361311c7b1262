"""What Application Auto Scaling did or did not do, as it tells.

[activities] https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-scaling-activities.html
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


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

    code: Code
    max: int | None = None
    min: int | None = None
    current: int | None = None


@dataclass(frozen=True)
class Activity:
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


class Idle(NamedTuple):
    """Repeats of an alarm's action that are for nothing: until `until` (epoch seconds), as long as every data
    point behind them is from `low` to `high`."""

    until: float
    low: float = -math.inf
    high: float = math.inf


NEVER_IDLE = Idle(-math.inf)
NOTHING = Decision()
