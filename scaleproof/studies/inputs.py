"""The module's inputs that scale an endpoint: those that could serve more, and the endpoint with others."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.alarms import AlarmSettings
from scaleproof.scaling.endpoint import Endpoint, Policy, ScalableTarget, ScheduledAction
from scaleproof.scaling.metrics import MetricStat
from scaleproof.scaling.step_scaling import StepScaling
from scaleproof.scaling.target_tracking import INVOCATIONS, MetricMath, PredefinedMetric, TargetTracking
from scaleproof.studies.compare import CHANGES, adjusted

ROOM = 1.5
"""How far above the highest demand a maximum is looked for."""
_SHARE = 0.05
"""The steps of a utilization, and of a target in a unit of its own: a share of it."""
_COOLDOWNS_OUT = (240, 180, 120, 60, 30, 0)
_COOLDOWNS_IN = (600, 900, 1_200, 1_800, 3_600)
"""Seconds."""


@dataclass(frozen=True)
class Axis:
    """One input: its name in the module and its value, and the values to try in the order in which they keep
    more instances. `key` is its name for `with_inputs`."""

    key: str
    input: str
    before: float
    values: tuple[float, ...]


def axes(endpoint: Endpoint, peak: int) -> list[Axis]:
    """The inputs of an endpoint that could make it hold, but those that cannot go any further.

    `peak`: the most requests in flight if every one started at its arrival. Empty where nothing scales it.
    """
    if endpoint.target is None:
        return []
    scheduled = endpoint.target.schedules
    low, high = _lowest(endpoint.target), _highest(endpoint.target)
    lows, highs = any(one.min is not None for one in scheduled), any(one.max is not None for one in scheduled)
    found = [
        Axis("max", _bound("max", highs), high, _maxima(endpoint, peak)),
        *targets(endpoint),
        Axis("min", _bound("min", lows), low, _upwards(low + 1, high)),
        *_wake_up(endpoint.target),
        *_cooldowns(endpoint.target),
    ]
    return [axis for axis in found if axis.values]


def with_inputs(endpoint: Endpoint, inputs: Mapping[str, float]) -> Endpoint:
    """The endpoint with other inputs, by `Axis.key`. A bound moves the bounds of schedules that are less.

    Raises ScaleproofError for what it cannot have.
    """
    plain = {key: value for key, value in inputs.items() if key in (*CHANGES, "min", "max")}
    if "target" in plain:
        plain["target"] = target_for(endpoint, plain["target"])
    if "min" in plain and endpoint.target:
        plain["min"] = max(plain["min"], endpoint.target.min)
    found = adjusted(endpoint, plain)
    assert found.target
    schedules = tuple(_raised(one, inputs) for one in found.target.schedules)
    policies = tuple(woken(policy, inputs) for policy in found.target.policies)
    return replace(found, target=replace(found.target, schedules=schedules, policies=policies))


def target_for(endpoint: Endpoint, value: float) -> float:
    """The target of the first policy of an endpoint that tracks one, for a value of the module's input.

    Raises ScaleproofError where no policy tracks a target.
    """
    aim = _aim(endpoint)
    if aim is None:
        raise ScaleproofError(f"No policy of {endpoint.name} tracks a target.")
    # The module rounds so as well. Others change in proportion.
    return float(f"{value * aim.unit:.9g}") * _tracking(endpoint)[0].target / aim.policy.target


def woken_by(policy: Policy) -> AlarmSettings | None:
    """The alarm by which a policy wakes an endpoint at zero; None if it is another policy."""
    if not isinstance(policy, StepScaling) or policy.adjustment_type != "ChangeInCapacity":
        return None
    for alarm in policy.alarms.values():
        if isinstance(alarm.source, MetricStat) and alarm.source.name == "HasBacklogWithoutCapacity":
            return alarm
    return None


def _lowest(target: ScalableTarget) -> int:
    """The lowest minimum that ever counts."""
    return min([target.min, *(one.min for one in target.schedules if one.min is not None)])


def _highest(target: ScalableTarget) -> int:
    """The highest maximum that ever counts."""
    return max([target.max, *(one.max for one in target.schedules if one.max is not None)])


def _bound(name: str, scheduled: bool) -> str:
    return f"capacity.{name} and every lower {name} of schedules" if scheduled else f"capacity.{name}"


def _upwards(first: int, last: int) -> tuple[float, ...]:
    return tuple(range(first, last + 1))


def _maxima(endpoint: Endpoint, peak: int) -> tuple[float, ...]:
    assert endpoint.target
    now = _highest(endpoint.target)
    slots = [pool.max_concurrency for pool in endpoint.pools if pool.max_concurrency]
    least = float(endpoint.max_concurrent_invocations or min(slots, default=1.0))
    return _upwards(now + 1, max(2 * now, math.ceil(ROOM * peak / least)))


def _tracking(endpoint: Endpoint) -> list[TargetTracking]:
    policies = endpoint.target.policies if endpoint.target else ()
    return [policy for policy in policies if isinstance(policy, TargetTracking)]


@dataclass(frozen=True)
class _Aim:
    """The policy whose target an input of the module sets: to `unit` times its value."""

    policy: TargetTracking
    input: str
    unit: float


def _aim(endpoint: Endpoint) -> _Aim | None:
    """What scaling aims at; None where no policy tracks a target."""
    # A policy that may not scale in is a guard beside the one that the input is about.
    ordered = sorted(_tracking(endpoint), key=lambda policy: policy.disable_scale_in)
    if not ordered:
        return None
    policy = ordered[0]
    limits = [pool.max_concurrency for pool in endpoint.pools]
    known = [limit for limit in limits if limit]
    if isinstance(policy.metric, MetricStat) and policy.metric.name == "ApproximateBacklogSizePerInstance":
        weakest = min(known) / known[0] if len(known) == len(limits) else 1.0
        return _Aim(policy, "backlog_per_instance", weakest)
    if isinstance(policy.metric, PredefinedMetric) and policy.metric != INVOCATIONS and known:
        return _Aim(policy, "target_utilization", min(known))
    utilization = isinstance(policy.metric, MetricMath) and policy.target <= 1
    return _Aim(policy, "target_utilization" if utilization else "signal.target_value", 1.0)


def targets(endpoint: Endpoint) -> list[Axis]:
    """What scaling aims at, in the module's terms; nothing where no policy tracks a target."""
    aim = _aim(endpoint)
    if aim is None:
        return []
    now = round(aim.policy.target / aim.unit, 6)
    if aim.input == "backlog_per_instance":
        return [_backlog(now)]
    if aim.input == "target_utilization":
        return [_utilization(now)]
    own = aim.policy.target
    steps = (round(own * (1 - _SHARE * step), 9) for step in range(1, round(1 / _SHARE)))
    return [Axis("target", aim.input, own, tuple(steps))]


def _utilization(now: float) -> Axis:
    steps = range(math.ceil(round(now / _SHARE, 6)) - 1, 0, -1)
    return Axis("target", "target_utilization", now, tuple(round(step * _SHARE, 2) for step in steps))


def _backlog(now: float) -> Axis:
    whole = range(math.ceil(now) - 1, 0, -1)
    return Axis("target", "backlog_per_instance", now, tuple(whole) or (now / 2, now / 4))


def _wake_up(target: ScalableTarget) -> Iterator[Axis]:
    for policy in target.policies:
        alarm = woken_by(policy)
        if alarm is None or _lowest(target) > 0:
            continue
        assert isinstance(policy, StepScaling)
        added = max(step.adjustment for step in policy.steps)
        yield Axis("wake_instances", "wake_up.instances", added, _upwards(added + 1, _highest(target)))
        periods = alarm.evaluation_periods
        yield Axis("wake_periods", "wake_up.evaluation_periods", periods, tuple(range(periods - 1, 0, -1)))
        return


def _cooldowns(target: ScalableTarget) -> Iterator[Axis]:
    tracking = [policy for policy in target.policies if isinstance(policy, TargetTracking)]
    if not tracking:
        return
    out, into = tracking[0].scale_out_cooldown, tracking[0].scale_in_cooldown
    quicker = tuple(value for value in _COOLDOWNS_OUT if value < out)
    longer = tuple(value for value in _COOLDOWNS_IN if value > into)
    yield Axis("scale_out_cooldown", "scale_out_cooldown", out, quicker)
    yield Axis("scale_in_cooldown", "scale_in_cooldown", into, longer)


def _raised(schedule: ScheduledAction, inputs: Mapping[str, float]) -> ScheduledAction:
    low, high = schedule.min, schedule.max
    if low is not None and "min" in inputs:
        low = max(low, int(inputs["min"]))
    if high is not None:
        high = max(high, int(inputs.get("max", high)), low or 0)
    return replace(schedule, min=low, max=high)


def woken(policy: Policy, inputs: Mapping[str, float]) -> Policy:
    """The policy that wakes with other instances and periods, by `Axis.key`; other policies unchanged."""
    if woken_by(policy) is None:
        return policy
    assert isinstance(policy, StepScaling)
    steps, alarms = policy.steps, policy.alarms
    if "wake_instances" in inputs:
        steps = tuple(replace(step, adjustment=int(inputs["wake_instances"])) for step in steps)
    if "wake_periods" in inputs:
        periods = int(inputs["wake_periods"])
        alarms = {
            name: replace(alarm, evaluation_periods=periods, datapoints_to_alarm=periods)
            for name, alarm in alarms.items()
        }
    return replace(policy, steps=steps, alarms=alarms)
