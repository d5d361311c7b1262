"""Compares an endpoint before and after a change, on the same traffic, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scaleproof.endpoints.render import COMPARISONS, policy_row, signal
from scaleproof.scaling.alarms import AlarmSettings
from scaleproof.scaling.endpoint import Endpoint, Policy
from scaleproof.scaling.target_tracking import TargetTracking
from scaleproof.studies.inputs import targets
from scaleproof.studies.outcome import Outcome, numbers

_COMPARED = ("served", "lost", "cut by scale-in", "above capacity", "waiting", "peak")
"""Of the numbers of an outcome; what was paid for comes after them."""


@dataclass(frozen=True)
class Row:
    """One thing of an endpoint, in words. `before` is empty where there was nothing of it."""

    name: str
    before: str
    after: str


def counterparts(outcomes: Sequence[Outcome], baseline: Sequence[Outcome]) -> list[Outcome | None]:
    """For each outcome that of the endpoint of the same name and variant before, None for a new one."""
    known = {(outcome.endpoint.name, outcome.endpoint.variant): outcome for outcome in baseline}
    return [known.get((outcome.endpoint.name, outcome.endpoint.variant)) for outcome in outcomes]


def rows(baseline: Outcome, after: Outcome) -> Iterator[Row]:
    """The verdict, the numbers, and the inputs that differ."""
    yield Row("verdict", baseline.verdict.level.value, after.verdict.level.value)
    earlier, later = numbers(baseline), numbers(after)
    hours = [name for name in {**earlier, **later} if name.startswith(("instance-hours", "cost"))]
    for name in (*_COMPARED, *hours):
        yield Row(name, earlier.get(name, ""), later.get(name, ""))
    was, now = _settings(baseline.endpoint), _settings(after.endpoint)
    for name in {**was, **now}:
        if was.get(name) != now.get(name):
            yield Row(name, was.get(name, ""), now.get(name, ""))


def _settings(endpoint: Endpoint) -> dict[str, str]:
    """What a simulation reads of an endpoint, by the module's names of inputs, in words."""
    pools = sorted(endpoint.pools, key=lambda pool: pool.priority)
    settings = {
        "instance_pools": ", ".join(
            pool.instance_type + (f" ({pool.max_concurrency:g})" if pool.max_concurrency else "") for pool in pools
        ),
        "initial instances": str(endpoint.initial),
        "max_concurrent_invocations_per_instance": str(endpoint.max_concurrent_invocations or ""),
        "provision_timeout": f"{endpoint.provision_timeout:g}" if endpoint.provision_timeout else "",
    }
    if endpoint.target is None:
        return settings
    target = endpoint.target
    settings |= {"capacity.min": str(target.min), "capacity.max": str(target.max)}
    settings |= {axis.input: f"{axis.before:g}" for axis in targets(endpoint)}
    settings |= {f"policy {policy.name}": _policy(policy) for policy in target.policies}
    for schedule in target.schedules:
        bounds = " to ".join("-" if bound is None else str(bound) for bound in (schedule.min, schedule.max))
        settings[f"schedule {schedule.name}"] = f"{bounds}, {schedule.schedule} {schedule.timezone}"
    return settings


def _policy(policy: Policy) -> str:
    if not isinstance(policy, TargetTracking):
        alarms = ", ".join(map(_alarm, policy.alarms.values()))
        return f"{signal(policy)} {alarms}: {policy_row(policy).steps}, cooldown {policy.cooldown:g} s"
    cooldowns = f"cooldowns {policy.scale_out_cooldown:g} s out, {policy.scale_in_cooldown:g} s in"
    never = ", no scale-in" if policy.disable_scale_in else ""
    return f"{signal(policy)} at {policy.target:g}, {cooldowns}{never}"


def _alarm(alarm: AlarmSettings) -> str:
    beyond = f"{COMPARISONS.get(alarm.comparison, alarm.comparison)} {alarm.threshold:g}"
    return f"{beyond} in {alarm.m} of {alarm.evaluation_periods} x {alarm.period} s"
