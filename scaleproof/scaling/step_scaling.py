"""Step scaling: policies, and the adjustment a breached alarm asks for.

Source of every rule unless a docstring names another:
https://docs.aws.amazon.com/autoscaling/application/userguide/step-scaling-policy-overview.html
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.alarms import AlarmSettings
from scaleproof.scaling.target_tracking import DEFAULT_COOLDOWN

MAX_STEPS = 20
"""Step adjustments per policy, from
https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-quotas.html"""

ADJUSTMENT_TYPES = ("ChangeInCapacity", "ExactCapacity", "PercentChangeInCapacity")


def mean(values: Sequence[float]) -> float:
    """Their average."""
    return sum(values) / len(values)


AGGREGATIONS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "Average": mean,
    "Minimum": min,
    "Maximum": max,
}
"""MetricAggregationType: of the data points behind the alarm."""


@dataclass(frozen=True)
class Step:
    """One step adjustment. Bounds are differences to the alarm's threshold; None is without end."""

    adjustment: int
    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True)
class StepScaling:
    """A policy that adjusts the count by how far its alarm's metric is beyond the threshold.

    `alarms` are those that invoke it, by name; `cooldown` in seconds; `minimum_magnitude` (instances) counts
    for PercentChangeInCapacity only. Raises ScaleproofError for what AWS refuses.
    """

    name: str
    adjustment_type: str
    steps: tuple[Step, ...]
    alarms: Mapping[str, AlarmSettings]
    cooldown: float = DEFAULT_COOLDOWN
    aggregation: str = "Average"
    minimum_magnitude: int = 0

    def __post_init__(self) -> None:
        if problem := problem_with(self.steps):
            raise ScaleproofError(f"The steps of policy {self.name} are refused: {problem}.")
        for member, value, known in (
            ("MetricAggregationType", self.aggregation, tuple(AGGREGATIONS)),
            ("AdjustmentType", self.adjustment_type, ADJUSTMENT_TYPES),
        ):
            if value not in known:
                raise ScaleproofError(
                    f"The {member} of policy {self.name} is {value!r}.",
                    advice=f"It is one of {', '.join(known)}.",
                )


def problem_with(steps: Sequence[Step]) -> str | None:
    """What is wrong with a policy's steps, or None.

    At most one step without lower and one without upper bound, no overlaps, no gaps, lower below upper.
    Source: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_StepAdjustment.html
    """
    if not steps:
        return "at least one step adjustment is required"
    if len(steps) > MAX_STEPS:
        return f"at most {MAX_STEPS} step adjustments are allowed, not {len(steps)}"
    ordered = sorted(steps, key=lambda step: -math.inf if step.lower is None else step.lower)
    for step in ordered:
        if step.lower is None and step.upper is None and len(steps) > 1:
            return "a step without bounds must be the only one"
        if step.lower is not None and step.upper is not None and step.lower >= step.upper:
            return f"the lower bound {step.lower} must be below the upper bound {step.upper}"
    for below, above in pairwise(ordered):
        if below.upper is None or above.lower is None:
            return "only one step may be without lower and only one without upper bound"
        if below.upper != above.lower:
            kind = "gap" if below.upper < above.lower else "overlap"
            return f"there is a {kind} between the bounds {below.upper} and {above.lower}"
    return None


def select(steps: Sequence[Step], metric: float, threshold: float) -> Step | None:
    """The step whose interval holds the metric, or None.

    At or above the threshold the lower bound is inclusive and the upper exclusive; below it the lower is
    exclusive and the upper inclusive.
    Source: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_StepAdjustment.html
    """
    difference = metric - threshold
    for step in steps:
        lower = -math.inf if step.lower is None else step.lower
        upper = math.inf if step.upper is None else step.upper
        # The threshold itself belongs to both sides: [0, x) of a policy that scales out, (-x, 0] of one in.
        above = difference >= 0 and lower <= difference < upper
        below = difference <= 0 and lower < difference <= upper
        if above or below:
            return step
    return None


def round_percent(change: float) -> int:
    """A percentage of the capacity as whole instances: away from zero within (-1, 1), else towards zero."""
    if 0 < abs(change) < 1:
        return 1 if change > 0 else -1
    return math.trunc(change)


def desired_capacity(current: int, adjustment_type: str, adjustment: int, min_adjustment_magnitude: int = 0) -> int:
    """The capacity a step asks for, before the target's bounds.

    `adjustment_type` is ChangeInCapacity, ExactCapacity or PercentChangeInCapacity (`adjustment` in percent;
    only here does `min_adjustment_magnitude`, in instances, apply).
    """
    if adjustment_type == "ExactCapacity":
        return adjustment
    if adjustment_type == "ChangeInCapacity":
        return current + adjustment
    change = round_percent(current * adjustment / 100)
    if change and abs(change) < min_adjustment_magnitude:
        change = int(math.copysign(min_adjustment_magnitude, change))
    return current + change
