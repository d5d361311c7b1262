"""The module's inputs that scale an endpoint: those that could serve more, and the endpoint with others."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.alarms import AlarmSettings
from scaleproof.scaling.endpoint import Endpoint, Kind, Policy, ScalableTarget
from scaleproof.scaling.metrics import MetricStat
from scaleproof.scaling.step_scaling import StepScaling
from scaleproof.scaling.target_tracking import INVOCATIONS, MetricMath, PredefinedMetric, TargetTracking

ROOM = 1.5
"""How far above the highest demand a maximum is looked for."""
_STEPS = 20
"""Steps from 0 to a utilization of 1, or to a target in a unit of its own."""
_COOLDOWNS_OUT = (240, 180, 120, 60, 30, 0)
_COOLDOWNS_IN = (600, 1_800, 3_600, 7_200, 14_400)
"""Seconds."""
TRACKING = ("scale_out_cooldown", "scale_in_cooldown")
"""Fields of policies that track a target."""


@dataclass(frozen=True)
class Axis:
    """One input: its name in the module and its value, and the values to try in the order in which they keep
    more instances. `key` is its name for `configured`."""

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
    lows, highs = (
        any(action.min is not None for action in scheduled),
        any(action.max is not None for action in scheduled),
    )
    candidates = [
        Axis("max", _bound("max", highs), high, _maxima(endpoint, peak)),
        *targets(endpoint),
        Axis("min", _bound("min", lows), low, _upwards(low + 1, high)),
        *_wake_up(endpoint.target),
        *_cooldowns(endpoint.target),
    ]
    return [axis for axis in candidates if axis.values]


def configured(endpoint: Endpoint, inputs: Mapping[str, float]) -> Endpoint:
    """The endpoint with other inputs, by `Axis.key`.

    `target` is in the module's unit, `policy_target` that of the first policy that tracks one; all targets
    change in proportion. Raises ScaleproofError for inputs that the endpoint cannot have.
    """
    if endpoint.target is None:
        raise ScaleproofError(f"Nothing scales {endpoint.name}, so it has no settings to change.")
    low = int(inputs.get("min", endpoint.target.min))
    high = int(inputs.get("max", endpoint.target.max))
    if not low <= high or high < 1 or (endpoint.kind is Kind.REALTIME and low < 1):
        raise ScaleproofError(f"{endpoint.name} cannot have bounds of {low} to {high} instances.")
    tracked = {name: inputs[name] for name in (*TRACKING, "target", "policy_target") if name in inputs}
    if tracked and not _tracking(endpoint):
        raise ScaleproofError(f"No policy tracks a target, so {', '.join(tracked)} has no effect.")
    policy_target = inputs.get("policy_target")
    if "target" in inputs:
        policy_target = target_for(endpoint, inputs["target"])
    if policy_target is not None and policy_target <= 0:
        raise ScaleproofError("Set the target to more than 0.")
    ratio = None if policy_target is None else policy_target / _tracking(endpoint)[0].target

    def changed(policy: Policy) -> Policy:
        if not isinstance(policy, TargetTracking):
            return _woken(policy, inputs)
        own = policy.target if ratio is None else round(policy.target * ratio, 9)
        out = inputs.get("scale_out_cooldown", policy.scale_out_cooldown)
        inward = inputs.get("scale_in_cooldown", policy.scale_in_cooldown)
        return replace(policy, target=own, scale_out_cooldown=out, scale_in_cooldown=inward)

    target = replace(endpoint.target, min=low, max=high, policies=tuple(map(changed, endpoint.target.policies)))
    initial = int(inputs.get("initial", min(max(endpoint.initial, low), high)))
    if not low <= initial <= high:
        raise ScaleproofError(f"{endpoint.name} cannot start with {initial} instances: it has {low} to {high}.")
    return replace(endpoint, target=target, initial=initial)


def raised(endpoint: Endpoint, low: float, high: float) -> Endpoint:
    """The endpoint with bounds of schedules that are nowhere less than these."""
    assert endpoint.target
    schedules = []
    for action in endpoint.target.schedules:
        least = None if action.min is None else max(action.min, int(low))
        most = None if action.max is None else max(action.max, int(high), least or 0)
        schedules.append(replace(action, min=least, max=most))
    return replace(endpoint, target=replace(endpoint.target, schedules=tuple(schedules)))


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
    return min([target.min, *(action.min for action in target.schedules if action.min is not None)])


def _highest(target: ScalableTarget) -> int:
    """The highest maximum that ever counts."""
    return max([target.max, *(action.max for action in target.schedules if action.max is not None)])


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
        whole = range(math.ceil(now) - 1, 0, -1)
        return [Axis("target", aim.input, now, tuple(whole) or (now / 2, now / 4))]
    if aim.input == "target_utilization":
        fractions = range(math.ceil(round(now * _STEPS, 6)) - 1, 0, -1)
        return [Axis("target", aim.input, now, tuple(step / _STEPS for step in fractions))]
    own = aim.policy.target
    return [Axis("target", aim.input, own, tuple(round(own * step / _STEPS, 9) for step in range(_STEPS - 1, 0, -1)))]


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


def _woken(policy: Policy, inputs: Mapping[str, float]) -> Policy:
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
