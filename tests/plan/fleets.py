"""What CloudWatch holds of a fleet for one minute, and what a target tracking policy makes of it.

Published expressions for mixed fleets, for comparison:
[guide] https://docs.aws.amazon.com/sagemaker/latest/dg/realtime-endpoints-heterogeneous.html
[notebook] https://github.com/aws-samples/sagemaker-genai-hosting-examples,
    03-features/capacity-aware-instance-pool
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import fmean

from scaleproof.scaling.metric_math import Query, QuerySet
from scaleproof.scaling.metrics import MetricStat, Window
from scaleproof.scaling.target_tracking import MetricMath, TargetTracking, alarms

Fleet = Mapping[str, Sequence[float]]
"""Requests in flight on each instance, by instance type; a type without instances is absent."""

LIMITS = {"ml.g6.2xlarge": 12, "ml.g6e.2xlarge": 16, "ml.g5.2xlarge": 7}
"""The types and limits of [notebook], in priority order."""

_MINUTE = Window(0, 60, 60)
_SAMPLES = 6
"""ConcurrentRequestsPerModel is published every ten seconds by each instance."""
_DIMENSIONS = {"EndpointName": "speech", "VariantName": "AllTraffic"}


def statistic(fleet, metric):
    """A statistic of ConcurrentRequestsPerModel over a minute of steady load; None is no data point.

    By its dimensions the metric is that of one instance type, or of all.
    """
    kind = dict(metric.dimensions).get("InstanceType")
    loads = [load for name, instances in fleet.items() if kind in (None, name) for load in instances]
    if not loads:
        return None
    return {
        "Average": fmean(loads),
        "Maximum": max(loads),
        "SampleCount": len(loads) * _SAMPLES,
        "Sum": sum(loads) * _SAMPLES,
    }[metric.statistic]


def reading(fleet, policy):
    """What the alarms of a target tracking policy read of the fleet; None where there is no data point."""
    read = _watched(policy).read
    if isinstance(read, MetricStat):
        return statistic(fleet, read)
    values = {name: statistic(fleet, metric) for name, metric in read.metrics.items()}
    points = {name: {0: value} for name, value in values.items() if value is not None}
    return read.points(points, _MINUTE).get(0)


def decision(fleet, policy):
    """What the policy does if the load lasts: "out", "in" or "hold", and "no data" where it reads nothing."""
    value = reading(fleet, policy)
    if value is None:
        return "no data"
    watched = _watched(policy)
    if value > watched.high:
        return "out"
    return "in" if watched.low is not None and value < watched.low else "hold"


@dataclass(frozen=True)
class _Watched:
    """What the alarms of a policy read, and their thresholds."""

    read: MetricStat | QuerySet
    high: float
    low: float | None


def _watched(policy):
    assert isinstance(policy, TargetTracking)
    return _alarmed(policy.metric, policy.target, policy.disable_scale_in)


@cache
def _alarmed(metric, target, disable_scale_in):
    """By what has a hash: thousands of fleets are held against one policy."""
    policy = TargetTracking("it", metric, target, disable_scale_in=disable_scale_in)
    high, *low = (alarm.settings for alarm in alarms(policy, _DIMENSIONS))
    return _Watched(high.source, high.threshold, low[0].threshold if low else None)


def published(expression, types, target):
    """A published policy over the averages of instance types, which its expression calls by the given ids."""
    queries = []
    for name, kind in types.items():
        dimensions = tuple(sorted({**_DIMENSIONS, "InstanceType": kind}.items()))
        metric = MetricStat("AWS/SageMaker", "ConcurrentRequestsPerModel", dimensions, "Average", 60)
        queries.append(Query(name, metric, returned=False))
    math = MetricMath((*queries, Query("weighted", expression=expression)))
    return TargetTracking("published", math, target)


_G6, _G6E, _G5 = LIMITS
NOTEBOOK = published("(c0/12 + c1/16 + c2/7) / 3", {"c0": _G6, "c1": _G6E, "c2": _G5}, 0.7)
"""Of [notebook]."""
GUIDE = published("0.5 * cr_g6 + 0.5 * cr_g6e", {"cr_g6": _G6, "cr_g6e": _G6E}, 10)
"""Of [guide], over two types: weights are given, and no limits."""

SITUATIONS = {
    "only the first type runs, and is full": {_G6: [12, 12, 12, 12]},
    "only a fallback type runs, and is full": {_G6E: [16, 16]},
    "all types run, and are full": {_G6: [12, 12], _G6E: [16], _G5: [7]},
    # Routing by least outstanding requests evens out counts, so that the weakest type is full first.
    "one fallback instance is full": {_G6: [7, 7, 7, 7], _G5: [7]},
    "all types run at their target": {_G6: [9, 9], _G6E: [12], _G5: [5.25]},
    "no requests": {_G6: [0, 0]},
    "nothing runs": {},
}


def table(policies):
    """A Markdown table of SITUATIONS: `policies` by heading, each with a format for its readings."""
    lines = [["fleet", *policies], ["---"] * (1 + len(policies))]
    for name, fleet in SITUATIONS.items():
        cells = []
        for form, policy in policies.values():
            value = reading(fleet, policy)
            chosen = decision(fleet, policy)
            cells.append(chosen if value is None else f"{form.format(value)}, {chosen}".replace("%", " %"))
        lines.append([name, *cells])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
