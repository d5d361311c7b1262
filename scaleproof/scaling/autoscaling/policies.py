"""What each scaling policy wants when one of its alarms acts.

[step] https://docs.aws.amazon.com/autoscaling/application/userguide/step-scaling-policy-overview.html
[tracking] https://docs.aws.amazon.com/autoscaling/application/APIReference/API_TargetTrackingScalingPolicyConfiguration.html
[stepping] https://docs.aws.amazon.com/autoscaling/application/APIReference/API_StepScalingPolicyConfiguration.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scaleproof.errors import ScaleproofError
from scaleproof.scaling import step_scaling, target_tracking
from scaleproof.scaling.alarms import AlarmSettings, settings_from_api
from scaleproof.scaling.autoscaling.assumptions import Assumptions
from scaleproof.scaling.endpoint import Policy
from scaleproof.scaling.step_scaling import Step

DEFAULT_COOLDOWN = 300
"""Seconds, for variants of SageMaker endpoints, both policy types and directions [tracking, stepping]."""


@dataclass(frozen=True)
class Rule:
    """What one alarm makes one policy do.

    `wanted`: the capacity it asks for, before cooldowns and bounds, from the instances that run and the
    values behind the alarm; None if it asks for nothing. `tracks`: target tracking, which may scale in only
    when all such policies agree. `inward`: it is the alarm for scaling in of such a policy. Cooldowns in
    seconds.
    """

    policy: str
    alarm: str
    settings: AlarmSettings
    tracks: bool
    inward: bool
    out_cooldown: float
    in_cooldown: float
    wanted: Callable[[int, Sequence[float]], int | None]


def rules(policy: Policy, dimensions: Mapping[str, str], assumptions: Assumptions) -> list[Rule]:
    """The rules of a policy, one per alarm. Raises ScaleproofError for what AWS refuses."""
    return (_tracking if policy.tracks_target else _stepping)(policy, dimensions, assumptions)


def _tracking(policy: Policy, dimensions: Mapping[str, str], assumptions: Assumptions) -> list[Rule]:
    """AlarmHigh and AlarmLow; those that exist if the policy names its alarms, else those it would make."""
    configuration = policy.configuration
    target = float(_required(policy, "TargetValue"))
    found = dict(policy.alarms) or _managed_alarms(policy, dimensions, assumptions)
    out_cooldown, in_cooldown = _cooldown(policy, "ScaleOutCooldown"), _cooldown(policy, "ScaleInCooldown")
    value = _newest if assumptions.tracked_value == "newest" else _mean
    most = assumptions.largest_scale_in

    def more(running: int, values: Sequence[float]) -> int | None:
        metric = value(values)
        return target_tracking.wanted_capacity(running, metric, target) if metric > target else None

    def fewer(running: int, values: Sequence[float]) -> int | None:
        metric = value(values)
        if metric >= target:
            return None
        wanted = target_tracking.wanted_capacity(running, metric, target)
        return wanted if most is None else max(wanted, running - most)

    return [
        Rule(policy.name, name, alarm, True, inward, out_cooldown, in_cooldown, fewer if inward else more)
        for name, alarm in found.items()
        if not (inward := alarm.comparison.startswith("Less")) or not configuration.get("DisableScaleIn")
    ]


def _managed_alarms(
    policy: Policy, dimensions: Mapping[str, str], assumptions: Assumptions
) -> dict[str, AlarmSettings]:
    low = assumptions.high_resolution_low_period, assumptions.high_resolution_low_periods
    try:
        made = target_tracking.alarms(policy.configuration, dimensions, low)
    except KeyError as error:
        raise ScaleproofError(
            f"Policy {policy.name} has no {error.args[0]}, or it is no metric of a SageMaker variant.",
            advice=f"Predefined types are {', '.join(target_tracking.PREDEFINED_METRICS)}.",
        ) from None
    return {
        f"TargetTracking-{policy.name}-{alarm.name}": settings_from_api(alarm.parameters) for alarm in made
    }


def _stepping(policy: Policy, _dimensions: Mapping[str, str], _assumptions: Assumptions) -> list[Rule]:
    configuration = policy.configuration
    steps = [_step(step) for step in configuration.get("StepAdjustments") or ()]
    problem = step_scaling.problem_with(steps)
    if problem:
        raise ScaleproofError(f"The steps of policy {policy.name} are refused: {problem}.")
    cooldown = _cooldown(policy, "Cooldown")
    aggregation = configuration.get("MetricAggregationType") or "Average"
    kind = str(_required(policy, "AdjustmentType"))
    for name, value, known in (
        ("MetricAggregationType", aggregation, tuple(_AGGREGATES)),
        ("AdjustmentType", kind, step_scaling.ADJUSTMENT_TYPES),
    ):
        if value not in known:
            raise ScaleproofError(
                f"The {name} of policy {policy.name} is {value!r}.",
                advice=f"It is one of {', '.join(known)}.",
            )
    aggregate = _AGGREGATES[aggregation]
    magnitude = configuration.get("MinAdjustmentMagnitude") or 0

    def rule(name: str, alarm: AlarmSettings) -> Rule:
        def wanted(running: int, values: Sequence[float]) -> int | None:
            step = step_scaling.select(steps, aggregate(values), alarm.threshold)
            if step is None:
                return None
            return step_scaling.desired_capacity(running, kind, step.adjustment, magnitude)

        return Rule(policy.name, name, alarm, False, False, cooldown, cooldown, wanted)

    return [rule(name, alarm) for name, alarm in policy.alarms.items()]


def _step(step: Mapping[str, Any]) -> Step:
    lower, upper = step.get("MetricIntervalLowerBound"), step.get("MetricIntervalUpperBound")
    return Step(step["ScalingAdjustment"], lower, upper)


def _required(policy: Policy, name: str) -> Any:
    value = policy.configuration.get(name)
    if value is None:
        raise ScaleproofError(f"Policy {policy.name} has no {name}.")
    return value


def _cooldown(policy: Policy, name: str) -> float:
    value = policy.configuration.get(name)
    return float(DEFAULT_COOLDOWN if value is None else value)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _newest(values: Sequence[float]) -> float:
    return values[-1]


_AGGREGATES: Mapping[str, Callable[[Sequence[float]], float]] = {
    "Average": _mean,
    "Minimum": min,
    "Maximum": max,
}
"""MetricAggregationType: of the data points behind the alarm [step]."""
