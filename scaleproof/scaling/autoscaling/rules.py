"""The capacity that each scaling policy requests when one of its alarms acts, and the cooldowns between its activities.

[overview] https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html
[step] https://docs.aws.amazon.com/autoscaling/application/userguide/step-scaling-policy-overview.html
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from scaleproof.scaling import step_scaling, target_tracking
from scaleproof.scaling.alarms import AlarmSettings
from scaleproof.scaling.assumptions import AutoscalingAssumptions
from scaleproof.scaling.endpoint import Policy
from scaleproof.scaling.step_scaling import AGGREGATIONS, StepScaling, mean
from scaleproof.scaling.target_tracking import TargetTracking


@dataclass(frozen=True)
class PolicyRule:
    """What one alarm makes one policy do.

    `proposed`: the capacity it asks for, before cooldowns and bounds, from the instances that run and the
    values behind the alarm; None if it asks for nothing. `target`: that of target tracking, which may scale
    in only when all such policies agree. `inward`: it is the alarm for scaling in of such a policy. Cooldowns
    in seconds.
    """

    policy: str
    alarm: str
    settings: AlarmSettings
    target: float | None
    inward: bool
    out_cooldown: float
    in_cooldown: float
    proposed: Callable[[int, Sequence[float]], int | None]

    @property
    def tracks(self) -> bool:
        """Whether it is target tracking."""
        return self.target is not None


def rules(policy: Policy, dimensions: Mapping[str, str], assumptions: AutoscalingAssumptions) -> list[PolicyRule]:
    """The rules of a policy, one per alarm. Raises ScaleproofError for what AWS refuses."""
    if isinstance(policy, TargetTracking):
        return _tracking(policy, dimensions, assumptions)
    return [_step_rule(policy, name, alarm) for name, alarm in policy.alarms.items()]


def _tracking(
    policy: TargetTracking, dimensions: Mapping[str, str], assumptions: AutoscalingAssumptions
) -> list[PolicyRule]:
    """AlarmHigh and AlarmLow; those that exist if the policy names its alarms, else those it would make."""
    target = policy.target
    alarms = policy.alarms or _managed_alarms(policy, dimensions, assumptions)
    out_cooldown, in_cooldown = policy.scale_out_cooldown, policy.scale_in_cooldown
    value = _newest if assumptions.tracked_value == "newest" else mean
    most = assumptions.largest_scale_in

    def more(running: int, values: Sequence[float]) -> int | None:
        metric = value(values)
        return target_tracking.proposed_capacity(running, metric, target) if metric > target else None

    def fewer(running: int, values: Sequence[float]) -> int | None:
        metric = value(values)
        if metric >= target:
            return None
        proposed = target_tracking.proposed_capacity(running, metric, target)
        return proposed if most is None else max(proposed, running - most)

    rules = []
    for name, alarm in alarms.items():
        inward = alarm.comparison.startswith("Less")
        if inward and policy.disable_scale_in:
            continue
        propose = fewer if inward else more
        rules.append(PolicyRule(policy.name, name, alarm, target, inward, out_cooldown, in_cooldown, propose))
    return rules


def _managed_alarms(
    policy: TargetTracking, dimensions: Mapping[str, str], assumptions: AutoscalingAssumptions
) -> dict[str, AlarmSettings]:
    alarms = target_tracking.alarms(policy, dimensions, assumptions)
    return {f"TargetTracking-{policy.name}-{alarm.name}": alarm.settings for alarm in alarms}


def _step_rule(policy: StepScaling, name: str, alarm: AlarmSettings) -> PolicyRule:
    steps, kind, magnitude = policy.steps, policy.adjustment_type, policy.minimum_magnitude
    aggregate = AGGREGATIONS[policy.aggregation]

    def proposed(running: int, values: Sequence[float]) -> int | None:
        step = step_scaling.select(steps, aggregate(values), alarm.threshold)
        if step is None:
            return None
        return step_scaling.desired_capacity(running, kind, step.adjustment, magnitude)

    return PolicyRule(policy.name, name, alarm, None, False, policy.cooldown, policy.cooldown, proposed)


def _newest(values: Sequence[float]) -> float:
    return values[-1]


Key = str | None
"""Whose cooldown: a policy's by its name, or one for the target."""


@dataclass(frozen=True)
class Credit:
    """A scale-out that counts toward those that follow, until `until` (infinite while it is under way).

    `base`: instances before it, and before those that it enlarged while they counted.
    """

    base: int
    until: float = math.inf

    def added(self, running: int) -> int:
        """How many of the running instances were added."""
        return max(running - self.base, 0)


class Cooldowns:
    """Those of one target."""

    def __init__(self) -> None:
        self._out: dict[Key, Credit] = {}
        self._in: dict[Key, float] = {}

    def credit(self, key: Key, running: int, now: float) -> int:
        """How many of the running instances have been added by scale-outs that still count.

        "The capacity added by the initiating scale-out activity is calculated as part of the desired capacity
        for the next scale-out activity" [step]: +2 and then +3 are +3. Instances that do not run yet are no
        part of what a policy reckons with, and so are no credit either.
        """
        credit = self.live(key, now)
        return credit.added(running) if credit else 0

    def cooling_in(self, key: Key, now: float) -> bool:
        """Whether a scale-in is under way or cools down, which blocks the next [overview]."""
        return now < self.cooled_in(key)

    def cooled_in(self, key: Key) -> float:
        """When the last scale-in has cooled down: infinite while it is under way."""
        return self._in.get(key, -math.inf)

    def scaled_out(self, key: Key, before: int, now: float) -> Credit | None:
        """A scale-out starts; it ends every scale-in cooldown [overview]. Returns the credit it enlarges."""
        enlarged = self.live(key, now)
        self._out[key] = Credit(enlarged.base if enlarged else before)
        self._in.clear()
        return enlarged

    def scaled_in(self, key: Key) -> None:
        """A scale-in starts. What was added before it no longer counts."""
        self._in[key] = math.inf
        self._out.clear()

    def completed(self, key: Key, out: bool, until: float) -> None:
        """A scale-out or scale-in came off: its cooldown runs from now [overview], until `until`."""
        if not out and key in self._in:
            self._in[key] = until
        elif out and key in self._out:
            self._out[key] = replace(self._out[key], until=until)

    def failed(self, key: Key, out: bool, enlarged: Credit | None) -> None:
        """It did not come off, and leaves what was before it."""
        if not out:
            self._in.pop(key, None)
        elif enlarged:
            self._out[key] = enlarged
        else:
            self._out.pop(key, None)

    def live(self, key: Key, now: float) -> Credit | None:
        """The scale-out that still counts, None without."""
        credit = self._out.get(key)
        return credit if credit and now < credit.until else None
