"""What each scaling policy wants when one of its alarms acts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from scaleproof.scaling import step_scaling, target_tracking
from scaleproof.scaling.alarms import AlarmSettings
from scaleproof.scaling.assumptions import AutoscalingAssumptions
from scaleproof.scaling.endpoint import Policy
from scaleproof.scaling.step_scaling import AGGREGATIONS, StepScaling, mean
from scaleproof.scaling.target_tracking import TargetTracking


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


def rules(policy: Policy, dimensions: Mapping[str, str], assumptions: AutoscalingAssumptions) -> list[Rule]:
    """The rules of a policy, one per alarm. Raises ScaleproofError for what AWS refuses."""
    if isinstance(policy, TargetTracking):
        return _tracking(policy, dimensions, assumptions)
    return [_step_rule(policy, name, alarm) for name, alarm in policy.alarms.items()]


def _tracking(
    policy: TargetTracking, dimensions: Mapping[str, str], assumptions: AutoscalingAssumptions
) -> list[Rule]:
    """AlarmHigh and AlarmLow; those that exist if the policy names its alarms, else those it would make."""
    target = policy.target
    found = policy.alarms or _managed_alarms(policy, dimensions, assumptions)
    out_cooldown, in_cooldown = policy.scale_out_cooldown, policy.scale_in_cooldown
    value = _newest if assumptions.tracked_value == "newest" else mean
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
        if not (inward := alarm.comparison.startswith("Less")) or not policy.disable_scale_in
    ]


def _managed_alarms(
    policy: TargetTracking, dimensions: Mapping[str, str], assumptions: AutoscalingAssumptions
) -> dict[str, AlarmSettings]:
    low = assumptions.high_resolution_low_period, assumptions.high_resolution_low_periods
    made = target_tracking.alarms(policy, dimensions, low)
    return {f"TargetTracking-{policy.name}-{alarm.name}": alarm.settings for alarm in made}


def _step_rule(policy: StepScaling, name: str, alarm: AlarmSettings) -> Rule:
    steps, kind, magnitude = policy.steps, policy.adjustment_type, policy.minimum_magnitude
    aggregate = AGGREGATIONS[policy.aggregation]

    def wanted(running: int, values: Sequence[float]) -> int | None:
        step = step_scaling.select(steps, aggregate(values), alarm.threshold)
        if step is None:
            return None
        return step_scaling.desired_capacity(running, kind, step.adjustment, magnitude)

    return Rule(policy.name, name, alarm, False, False, policy.cooldown, policy.cooldown, wanted)


def _newest(values: Sequence[float]) -> float:
    return values[-1]
