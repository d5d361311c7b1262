"""Rivals: the same endpoint with other ways to scale it.

[pools] https://docs.aws.amazon.com/sagemaker/latest/dg/realtime-endpoints-heterogeneous.html
[sample] aws-samples/sagemaker-genai-hosting-examples, 03-features/capacity-aware-instance-pool
[deepgram] https://developers.deepgram.com/docs/auto-scaling-sagemaker-streaming
[deepgram-async] https://developers.deepgram.com/docs/auto-scaling-sagemaker-async
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.alarms import AlarmSettings
from scaleproof.scaling.endpoint import Endpoint, Kind, Policy, ScalableTarget, ScheduledAction
from scaleproof.scaling.metric_math import STANDARD_PERIOD, Query
from scaleproof.scaling.metrics import MetricStat
from scaleproof.scaling.step_scaling import Step, StepScaling
from scaleproof.scaling.target_tracking import (
    CONCURRENCY,
    Metric,
    MetricMath,
    PredefinedMetric,
    TargetTracking,
)
from scaleproof.simulation import Behaviour, Traffic
from scaleproof.simulation.demand import STEP, offered
from scaleproof.studies.wording import count

USUAL_UTILIZATION = 0.75
"""The middle of the 70 to 80 % that [deepgram] advises; the default for policies that do not say."""
SAMPLE_TARGET = 0.7
"""TargetValue of [sample]."""


@dataclass(frozen=True)
class Contender:
    """One of those compared: its name, a sentence about it, and the endpoint to simulate."""

    name: str
    about: str
    endpoint: Endpoint


NAMES = ("no-scaling", "static-peak", "predefined", "aws-documented", "aws-sample", "deepgram", "clairvoyant")


def rivals(
    endpoint: Endpoint,
    traffic: Traffic,
    behaviour: Behaviour,
    start: datetime,
    names: Sequence[str] = NAMES,
) -> Iterator[Contender]:
    """The rivals of an endpoint on some traffic: those in `names` that apply to it.

    All keep the endpoint's pools, its bounds, and its cooldowns if they use any. Raises ScaleproofError for
    an unknown name.
    """
    for name in names:
        if name not in NAMES:
            raise ScaleproofError(f"There is no rival {name!r}.", advice=f"There are {', '.join(NAMES)}.")
    demand = offered(traffic)
    peak = max(_needed(max(demand, default=0), _slots(endpoint, behaviour)), 1)
    least = 0 if endpoint.kind is Kind.ASYNC else 1
    bounds = endpoint.target or ScalableTarget(least, 2 * max(peak, endpoint.initial))
    plain = replace(bounds, policies=(), schedules=())
    if "no-scaling" in names:
        yield Contender(
            "no scaling",
            f"{count(endpoint.initial, 'instance')} all the time",
            replace(endpoint, target=None),
        )
    if "static-peak" in names:
        yield Contender(
            "static peak",
            f"as many instances as the highest demand needs, all the time: {peak}",
            replace(endpoint, target=None, initial=peak),
        )
    yield from _published(endpoint, plain, names)
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
        # A weighted metric is a share, unless it has the weights of [pools].
        return target if target <= 1.5 else target / (sum(limits) / len(limits))
    return USUAL_UTILIZATION


def _published(endpoint: Endpoint, target: ScalableTarget, names: Sequence[str]) -> Iterator[Contender]:
    limits = [pool.max_concurrency for pool in endpoint.pools]
    if endpoint.kind is Kind.ASYNC:
        if "deepgram" in names:
            yield Contender(
                "Deepgram's guide",
                "backlog of 5 per instance, cooldowns 300/300 s, wakes after 2 minutes by 1",
                replace(endpoint, target=replace(target, policies=_deepgram_async(endpoint))),
            )
        return
    if any(limit is None for limit in limits):
        return
    known = [float(limit) for limit in limits if limit is not None]
    share, cooldowns = utilization(endpoint), _cooldowns(endpoint)

    def contender(
        name: str,
        about: str,
        metric: Metric,
        value: float,
        cooldowns: tuple[float, float],
    ) -> Contender:
        policy = TargetTracking(name.replace(" ", "-"), metric, value, *cooldowns)
        return Contender(name, about, replace(endpoint, target=replace(target, policies=(policy,))))

    if "predefined" in names:
        value = round(share * known[0], 6)
        yield contender(
            "predefined metric",
            f"the predefined concurrency at {value:g}: {100 * share:.0f} % of what the first type sustains",
            CONCURRENCY,
            value,
            cooldowns,
        )
    if len(known) > 1 and "aws-documented" in names:
        value = round(share * sum(known) / len(known), 6)
        weights = " + ".join(f"{1 / len(known):.6g} * c{index}" for index in range(len(known)))
        yield contender(
            "AWS's documented expression",
            f"the concurrency of each type with equal constant weights, at {value:g}",
            _weighted(endpoint, weights),
            value,
            cooldowns,
        )
    if len(known) > 1 and "aws-sample" in names:
        terms = " + ".join(f"c{index}/{limit:g}" for index, limit in enumerate(known))
        yield contender(
            "AWS's sample expression",
            f"the utilization of each type, divided by the number of types, at {SAMPLE_TARGET:g}",
            _weighted(endpoint, f"({terms})/{len(known)}"),
            SAMPLE_TARGET,
            (60, 300),
        )
    if "deepgram" in names:
        yield contender(
            "Deepgram's guide",
            "the predefined concurrency at 5, cooldowns 60/300 s",
            CONCURRENCY,
            5.0,
            (60, 300),
        )


def _cooldowns(endpoint: Endpoint) -> tuple[float, float]:
    """Out and in (seconds), of the endpoint's first tracking policy."""
    for policy in endpoint.target.policies if endpoint.target else ():
        if isinstance(policy, TargetTracking):
            return policy.scale_out_cooldown, policy.scale_in_cooldown
    return 60, 300


def _weighted(endpoint: Endpoint, expression: str) -> MetricMath:
    """An expression over the concurrency c0, c1, ... of the pools; both sources use Average."""

    def concurrency(instance_type: str) -> MetricStat:
        dimensions = {**endpoint.dimensions, "InstanceType": instance_type}
        return _metric("ConcurrentRequestsPerModel", dimensions)

    metrics = [
        Query(f"c{index}", concurrency(pool.instance_type), returned=False) for index, pool in enumerate(endpoint.pools)
    ]
    return MetricMath((*metrics, Query("weighted", expression=expression)))


def _deepgram_async(endpoint: Endpoint) -> tuple[Policy, ...]:
    """The two policies of [deepgram-async]; AWS's guide has the same."""
    dimensions = {"EndpointName": endpoint.name}
    alarm = AlarmSettings(
        _metric("HasBacklogWithoutCapacity", dimensions),
        "GreaterThanOrEqualToThreshold",
        threshold=1.0,
        evaluation_periods=2,
        datapoints_to_alarm=2,
    )
    alarms = {f"{endpoint.name}-has-backlog": alarm}
    return (
        TargetTracking("backlog", _metric("ApproximateBacklogSizePerInstance", dimensions), 5.0, 300, 300),
        StepScaling("wake-up", "ChangeInCapacity", (Step(1, lower=0),), alarms, cooldown=300),
    )


def _metric(name: str, dimensions: Mapping[str, str]) -> MetricStat:
    pairs = tuple(sorted(dimensions.items()))
    return MetricStat("AWS/SageMaker", name, pairs, "Average", STANDARD_PERIOD)


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
    every = max(60 * math.ceil(1.2 * start_up / 60), 60)
    rows, ahead = int(every / STEP), math.ceil((every + 1.2 * start_up) / STEP)
    actions: list[ScheduledAction] = []
    first = before = None
    for row in range(0, max(len(demand), 1), rows):
        highest = max(demand[row : row + ahead], default=0)
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
