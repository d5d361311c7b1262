"""Rivals: the same endpoint with other ways to scale it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.endpoint import Endpoint, Kind, ScalableTarget, ScheduledAction
from scaleproof.scaling.target_tracking import (
    CONCURRENCY,
    PredefinedMetric,
    TargetTracking,
)
from scaleproof.simulation import Behaviour, Traffic
from scaleproof.simulation.demand import STEP, offered
from scaleproof.studies.wording import count

USUAL_UTILIZATION = 0.75
"""The module's default, for policies that do not say."""
NO_SCALING, CONSTANT_FLEET = "no scaling", "constant fleet"


@dataclass(frozen=True)
class Contender:
    """One of those compared: its name, a sentence about it, and the endpoint to simulate."""

    name: str
    about: str
    endpoint: Endpoint


NAMES = ("no-scaling", "constant-fleet", "predefined", "clairvoyant")


def rivals(
    endpoint: Endpoint,
    traffic: Traffic,
    behaviour: Behaviour,
    start: datetime,
    names: Sequence[str] = NAMES,
) -> Iterator[Contender]:
    """The rivals of an endpoint on some traffic: those in `names` that apply to it.

    All keep the endpoint's pools and, if they use any, its bounds and cooldowns. Raises ScaleproofError for an
    unknown name.
    """
    for name in names:
        if name not in NAMES:
            raise ScaleproofError(f"There is no rival {name!r}.", advice=f"There are {', '.join(NAMES)}.")
    demand = offered(traffic)
    peak = max(_needed(max(demand), _slots(endpoint, behaviour)), 1)
    least = 0 if endpoint.kind is Kind.ASYNC else 1
    bounds = endpoint.target or ScalableTarget(least, 2 * max(peak, endpoint.initial))
    plain = replace(bounds, policies=(), schedules=())
    if "no-scaling" in names:
        yield Contender(
            NO_SCALING,
            f"{count(endpoint.initial, 'instance')} all the time",
            replace(endpoint, target=None),
        )
    if "constant-fleet" in names:
        yield Contender(
            CONSTANT_FLEET,
            f"as many instances as the highest demand needs, all the time: {peak}",
            replace(endpoint, target=None, initial=peak),
        )
    limit = endpoint.pools[0].max_concurrency
    if "predefined" in names and endpoint.kind is Kind.REALTIME and limit is not None:
        yield _predefined(endpoint, plain, limit)
    if "clairvoyant" in names:
        yield _clairvoyant(endpoint, plain, demand, behaviour, start)


def utilization(endpoint: Endpoint) -> float:
    """The share of what an instance sustains that the policy aims at, by default USUAL_UTILIZATION."""
    limits = [pool.max_concurrency for pool in endpoint.pools if pool.max_concurrency]
    for policy in endpoint.target.policies if endpoint.target else ():
        if not isinstance(policy, TargetTracking) or not limits or policy.disable_scale_in:
            continue
        target = policy.target
        if isinstance(policy.metric, PredefinedMetric):
            return target / limits[0]
        # A weighted metric is a share, unless its weights are those of the guide on heterogeneous endpoints.
        return target if target <= 1.5 else target / (sum(limits) / len(limits))
    return USUAL_UTILIZATION


def _predefined(endpoint: Endpoint, target: ScalableTarget, limit: float) -> Contender:
    share = utilization(endpoint)
    policy = TargetTracking("predefined-metric", CONCURRENCY, round(share * limit, 6), *_cooldowns(endpoint))
    about = f"the predefined concurrency at {policy.target:g}: {100 * share:.0f} % of what the first type sustains"
    return Contender("predefined metric", about, replace(endpoint, target=replace(target, policies=(policy,))))


def _cooldowns(endpoint: Endpoint) -> tuple[float, float]:
    """Out and in (seconds), of the endpoint's first tracking policy."""
    for policy in endpoint.target.policies if endpoint.target else ():
        if isinstance(policy, TargetTracking):
            return policy.scale_out_cooldown, policy.scale_in_cooldown
    return 60, 300


def _slots(endpoint: Endpoint, behaviour: Behaviour) -> float:
    """Requests that one more instance takes: of the preferred type, or of the smallest in a shortage."""
    if endpoint.kind is Kind.ASYNC:
        most = endpoint.max_concurrent_invocations
        if most:
            return float(most)
    limits = [pool.max_concurrency or behaviour.invocations_per_instance for pool in endpoint.pools]
    return float(min(limits) if behaviour.shortages else limits[0])


def _needed(demand: float, per_instance: float) -> int:
    return math.ceil(round(demand / per_instance, 9))


def _clairvoyant(
    endpoint: Endpoint,
    target: ScalableTarget,
    demand: Sequence[int],
    behaviour: Behaviour,
    start: datetime,
) -> Contender:
    """A scaler that knows the demand one start-up time ahead, as scheduled actions.

    It plans once per start-up time, because an endpoint that is Updating accepts no change. Each plan is for
    the highest demand until the instances of the next plan are in service.
    """
    per_instance = _slots(endpoint, behaviour) * (
        1.0 if endpoint.kind is Kind.ASYNC else min(utilization(endpoint), 1.0)
    )
    start_up = behaviour.provisioning.median + behaviour.start_up.median
    every = 60 * max(math.ceil(1.2 * start_up / 60), 1)
    rows, ahead = int(every / STEP), math.ceil((every + 1.2 * start_up) / STEP)
    actions: list[ScheduledAction] = []
    first = before = None
    for row in range(0, len(demand), rows):
        highest = max(demand[row : row + ahead])
        needed = min(max(_needed(highest, per_instance), target.min), target.max)
        if first is None:
            first = needed
        elif needed != before:
            at = start.astimezone(UTC) + timedelta(seconds=row * STEP)
            actions.append(ScheduledAction(f"at-{row}", f"at({at:%Y-%m-%dT%H:%M:%S})", "UTC", needed, needed))
        before = needed
    assert first is not None
    about = f"knows the demand {start_up / 60:.0f} minutes ahead and keeps the same headroom"
    scaled = replace(target, min=first, max=first, schedules=tuple(actions))
    return Contender("clairvoyant", about, replace(endpoint, target=scaled, initial=first))
