"""Statements about an endpoint: what it scales on, between which bounds, to which target, on which pools.

Each method raises AssertionError with the difference, or returns the endpoint, so that statements can be
chained.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

from scaleproof.endpoints.render import policy_row, signal, signals
from scaleproof.errors import ScaleproofError
from scaleproof.scaling.endpoint import Endpoint, Kind, Policy, Pool, ScalableTarget, ScheduledAction
from scaleproof.scaling.step_scaling import StepScaling
from scaleproof.scaling.target_tracking import TargetTracking
from scaleproof.studies.wording import count

WAKE_UP_METRIC = "HasBacklogWithoutCapacity"
"""1 while requests wait and there is no instance.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-autoscale.html
"""


@dataclass(frozen=True)
class ExpectedEndpoint:
    """An endpoint to make statements about; `described` has everything else."""

    described: Endpoint

    @property
    def name(self) -> str:
        """The endpoint's name."""
        return self.described.name

    @property
    def pools(self) -> tuple[Pool, ...]:
        """Its instance types in priority order."""
        return self.described.pools

    @property
    def policies(self) -> tuple[Policy, ...]:
        """Its scaling policies; empty if nothing scales it."""
        return self.described.target.policies if self.described.target else ()

    @property
    def schedules(self) -> tuple[ScheduledAction, ...]:
        """Its scheduled actions; empty if nothing scales it."""
        return self.described.target.schedules if self.described.target else ()

    def is_realtime(self) -> Self:
        """It is a real-time endpoint."""
        return self._is(Kind.REALTIME)

    def is_async(self) -> Self:
        """It is an asynchronous endpoint."""
        return self._is(Kind.ASYNC)

    def runs_on(self, preferred: str, *others: str) -> Self:
        """Its pools have exactly these types, the preferred one first."""
        types = [pool.instance_type for pool in self.pools]
        if types != [preferred, *others]:
            raise self._difference(f"runs on {_listed(types)}, not on {_listed([preferred, *others])}")
        return self

    def sustains(self, limits: Mapping[str, float]) -> Self:
        """One instance of each of these types sustains this many requests in flight."""
        actual = {pool.instance_type: pool.max_concurrency for pool in self.pools}
        for kind, expected in limits.items():
            if kind not in actual:
                raise self._difference(f"runs on {_listed(actual)}, not on {kind}")
            limit = actual[kind]
            if limit is None:
                raise self._difference(f"does not say what one {kind} sustains, expected {expected:g}")
            if not math.isclose(limit, expected):
                raise self._difference(f"sustains {limit:g} requests in flight on one {kind}, not {expected:g}")
        return self

    def starts_with(self, instances: int) -> Self:
        """It starts with this many instances."""
        if self.described.initial != instances:
            raise self._difference(f"starts with {count(self.described.initial, 'instance')}, not with {instances}")
        return self

    def scales_between(self, minimum: int, maximum: int) -> Self:
        """Its scalable target has these bounds, in instances."""
        target = self._target()
        if (target.min, target.max) != (minimum, maximum):
            most = count(target.max, "instance")
            raise self._difference(f"scales between {target.min} and {most}, not between {minimum} and {maximum}")
        return self

    def scales_on(
        self,
        metric: str,
        *,
        target: float | None = None,
        scale_out_cooldown: int | None = None,
        scale_in_cooldown: int | None = None,
        scale_in: bool | None = None,
    ) -> Self:
        """One of its policies follows `metric`, with the given settings.

        `metric`: a predefined type, the name of a metric that the policy or its alarm reads, or its
        expression. `target`: the value that the policy tracks. Cooldowns in seconds. `scale_in`: False for a
        policy that only adds instances.
        """
        self._target()
        following = [policy for policy in self.policies if metric in signals(policy)]
        if not following:
            policies = "".join(f"\n  {_in_words(policy)}" for policy in self.policies) or " nothing"
            raise self._difference(f"does not scale on {metric}. It scales on:{policies}", end="")
        expected = {
            "target": target,
            "scale_out_cooldown": scale_out_cooldown,
            "scale_in_cooldown": scale_in_cooldown,
            "scale_in": scale_in,
        }
        wrong = [_wrong(vars(policy_row(policy)), expected) for policy in following]
        if all(wrong):
            lines = [
                f"\n  {', '.join(words)} (policy {policy.name})" for policy, words in zip(following, wrong, strict=True)
            ]
            raise self._difference(f"scales on {metric}, but:{''.join(lines)}", end="")
        return self

    def never_scales_to_zero(self) -> Self:
        """Neither its bounds nor a schedule allow zero instances."""
        if self._target().min < 1:
            raise self._difference("scales to zero: its minimum is 0")
        for action in self.schedules:
            if action.min == 0:
                raise self._difference(f"scales to zero: the schedule {action.name} sets its minimum to 0")
        return self

    def wakes_from_zero(self) -> Self:
        """It may have zero instances, and an alarm on waiting requests adds the first one."""
        target = self._target()
        if target.min > 0 and not any(action.min == 0 for action in self.schedules):
            raise self._difference(f"is never at zero: its minimum is {target.min}")
        if not any(self._wakes(policy) for policy in self.policies):
            raise self._difference(f"scales to zero and stays there: no step policy adds instances on {WAKE_UP_METRIC}")
        return self

    def follows_schedule(
        self,
        name: str,
        *,
        schedule: str | None = None,
        timezone: str | None = None,
        minimum: int | None = None,
        maximum: int | None = None,
    ) -> Self:
        """It has a scheduled action called `name` or `...-name`, with the given settings."""
        actions = [action for action in self.schedules if action.name == name or action.name.endswith(f"-{name}")]
        if not actions:
            names = _listed(action.name for action in self.schedules)
            raise self._difference(f"has no schedule {name}; it has {names}")
        expected = {"schedule": schedule, "timezone": timezone, "min": minimum, "max": maximum}
        wrong = [_wrong(vars(action), expected) for action in actions]
        if all(wrong):
            raise self._difference(f"follows the schedule {name}, but: {', '.join(wrong[0])}")
        return self

    def _is(self, kind: Kind) -> Self:
        words = {Kind.REALTIME: "a real-time endpoint", Kind.ASYNC: "an asynchronous endpoint"}
        if self.described.kind is not kind:
            raise self._difference(f"is {words[self.described.kind]}, not {words[kind]}")
        return self

    def _target(self) -> ScalableTarget:
        if self.described.target is None:
            raise self._difference("does not scale: it has no scalable target")
        return self.described.target

    def _wakes(self, policy: Policy) -> bool:
        adds = isinstance(policy, StepScaling) and any(step.adjustment > 0 for step in policy.steps)
        return adds and WAKE_UP_METRIC in signals(policy)

    def _difference(self, text: str, end: str = ".") -> AssertionError:
        return AssertionError(f"{self.name} {text}{end}")


def the(endpoints: Sequence[Endpoint], name: str | None) -> Endpoint:
    """The endpoint called `name`, or the only one; raises `ScaleproofError` with the names there are."""
    names = _listed(sorted(endpoint.name for endpoint in endpoints))
    candidates = [endpoint for endpoint in endpoints if name in (None, endpoint.name)]
    if not candidates:
        raise ScaleproofError(f"There is no endpoint {name}.", advice=f"Known endpoints: {names}.")
    if len(candidates) > 1:
        raise ScaleproofError(f"There are {len(candidates)} endpoints: {names}.", advice="Name one of them.")
    return candidates[0]


def _in_words(policy: Policy) -> str:
    target = f", target {policy.target:g}" if isinstance(policy, TargetTracking) else ""
    return f"{signal(policy) or 'no alarm'}{target} (policy {policy.name})"


def _wrong(actual: Mapping[str, Any], expectations: Mapping[str, Any]) -> list[str]:
    return [
        f"its {name} is {_value(actual[name])}, not {_value(expected)}"
        for name, expected in expectations.items()
        if expected is not None and not same(actual[name], expected)
    ]


def same(actual: Any, expected: Any) -> bool:
    """Whether two values are equal, but for the last digits of a float; true is not one."""
    if isinstance(actual, bool) or isinstance(expected, bool):
        return actual is expected
    if isinstance(actual, float) or isinstance(expected, float):
        with suppress(TypeError, OverflowError):  # a text, or more digits than a float has
            return math.isclose(actual, expected, rel_tol=1e-9)
    return bool(actual == expected)


def _value(value: Any) -> str:
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def _listed(names: Any) -> str:
    return ", ".join(map(str, names)) or "none"
