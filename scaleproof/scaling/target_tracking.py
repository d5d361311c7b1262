"""Target tracking: what a policy follows, the alarms it creates and the capacity it asks for.

Sources: [overview] https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html
[captures] responses of real AWS resources published in https://github.com/radkawar/stackd
(commit 9dc356f5, testdata/aws/applicationautoscaling: high_resolution.json, scaling.json, scale_in.json,
metric_math.json).
[define] https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-add-code-define.html
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from scaleproof.scaling.alarms import AlarmSettings
from scaleproof.scaling.assumptions import AutoscalingAssumptions
from scaleproof.scaling.metric_math import STANDARD_PERIOD, Query, QuerySet
from scaleproof.scaling.metrics import MetricStat

SCALE_IN_THRESHOLD = 0.9
"""AlarmLow sits 10 percent below the target [overview, captures of ECS and custom metrics]."""
DEFAULT_COOLDOWN = 300
"""Seconds, for variants of SageMaker endpoints, policies of both types and both directions.

Sources: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_TargetTrackingScalingPolicyConfiguration.html
and API_StepScalingPolicyConfiguration.html
"""


@dataclass(frozen=True)
class PredefinedMetric:
    """A predefined type, and the CloudWatch metric behind it with its period (seconds)."""

    type: str
    name: str
    statistic: str
    period: int


# Sum per minute over the per-request share 1/instances [define].
INVOCATIONS = PredefinedMetric("SageMakerVariantInvocationsPerInstance", "InvocationsPerInstance", "Sum", 60)
# AlarmHigh (Maximum, 10 s, 3 periods) was read from a live alarm by one public project.
CONCURRENCY = PredefinedMetric(
    "SageMakerVariantConcurrentRequestsPerModelHighResolution", "ConcurrentRequestsPerModel", "Maximum", 10
)
PREDEFINED_METRICS: Mapping[str, PredefinedMetric] = {metric.type: metric for metric in (INVOCATIONS, CONCURRENCY)}
"""Predefined metric types of a SageMaker variant's instance count."""

CUSTOM_PERIOD = STANDARD_PERIOD
"""Seconds. A customized metric is evaluated by the minute, whatever its own resolution [overview]."""
_HIGH_PERIODS, _LOW_PERIODS = 3, 15
"""Of all standard metrics in [captures]."""


@dataclass(frozen=True)
class MetricMath:
    """A customized metric that is computed: the result of the one query that is returned."""

    queries: tuple[Query, ...]


Metric = PredefinedMetric | MetricStat | MetricMath
"""What a policy follows; a MetricStat is a customized metric."""


@dataclass(frozen=True)
class TargetTracking:
    """A policy that keeps its metric at a target: a predefined one, a customized one, or metric math.

    Cooldowns in seconds. `alarms` by name, where they are known; without them it makes its own.
    """

    name: str
    metric: Metric
    target: float
    scale_out_cooldown: float = DEFAULT_COOLDOWN
    scale_in_cooldown: float = DEFAULT_COOLDOWN
    disable_scale_in: bool = False
    alarms: Mapping[str, AlarmSettings] = field(default_factory=dict)


@dataclass(frozen=True)
class TrackingAlarm:
    """One alarm of a policy: `name` is AlarmHigh or AlarmLow.

    All periods must breach, and missing data is `missing` [captures].
    """

    name: str
    source: MetricStat | MetricMath
    comparison: str
    threshold: float
    evaluation_periods: int

    @property
    def settings(self) -> AlarmSettings:
        """The alarm as it is evaluated. Raises MetricMathError for queries that CloudWatch refuses."""
        source = self.source
        return AlarmSettings(
            QuerySet(source.queries) if isinstance(source, MetricMath) else source,
            self.comparison,
            self.threshold,
            self.evaluation_periods,
        )


def alarms(
    policy: TargetTracking,
    dimensions: Mapping[str, str],
    assumptions: AutoscalingAssumptions | None = None,
) -> list[TrackingAlarm]:
    """The alarms that a policy makes for itself.

    `dimensions` are those of the predefined metrics, i.e. EndpointName and VariantName. AlarmHigh breaches
    above the target, AlarmLow below 0.9 x target; a policy that may not scale in has no AlarmLow
    (independent emulators; [overview] only says that it does not remove capacity).
    `assumptions`: they have the periods of AlarmLow for a predefined type whose own are shorter than 60 s.
    """
    assumed = assumptions or AutoscalingAssumptions()
    source = _source(policy.metric, dimensions)
    result = [TrackingAlarm("AlarmHigh", source, "GreaterThanThreshold", policy.target, _HIGH_PERIODS)]
    if not policy.disable_scale_in:
        # Rounded where binary floating point shows: 0.9 x 0.7 is 0.63 and not 0.6299999999999999.
        low = round(SCALE_IN_THRESHOLD * policy.target, 9)
        periods = _LOW_PERIODS
        if isinstance(source, MetricStat) and source.period < CUSTOM_PERIOD:
            periods = assumed.high_resolution_low_periods
            source = replace(source, period=assumed.high_resolution_low_period)
        result.append(TrackingAlarm("AlarmLow", source, "LessThanThreshold", low, periods))
    return result


def called(policy: str, alarm: str) -> str | None:
    """What people call an alarm that a policy has made: "track: AlarmHigh". None if it has another name.

    AWS names it after the scalable target, which leaves the policy out: TargetTracking-...-AlarmHigh-UUID
    [captures].
    """
    match = re.match(r"TargetTracking-.*-(AlarmHigh|AlarmLow)-", alarm)
    return match and f"{policy}: {match[1]}"


def _source(metric: Metric, dimensions: Mapping[str, str]) -> MetricStat | MetricMath:
    """What the alarms watch."""
    if isinstance(metric, PredefinedMetric):
        pairs = tuple(sorted(dimensions.items()))
        return MetricStat("AWS/SageMaker", metric.name, pairs, metric.statistic, metric.period)
    if isinstance(metric, MetricStat):
        return replace(metric, period=CUSTOM_PERIOD)
    return MetricMath(tuple(map(_by_the_minute, metric.queries)))


def _by_the_minute(query: Query) -> Query:
    """A query as its alarm has it: metric and expression get the period [captures]."""
    if query.metric is None:
        return replace(query, period=CUSTOM_PERIOD)
    return replace(query, metric=replace(query.metric, period=CUSTOM_PERIOD), period=None)


def proposed_capacity(current: int, metric: float, target: float) -> int:
    """The capacity that brings the metric to the target: ceil(current x metric / target).

    Reproduces every published native row (tests/vectors/autoscaling.csv); rounding up is the
    documented "conservative": never too little added, never too much removed [overview]. From zero instances
    the ratio says nothing: one instance if the metric is above the target (as independent emulators do).
    """
    # The quotient is rounded first, so that a metric exactly on target is not one instance too many.
    return math.ceil(round(current * metric / target, 9)) if current else int(metric > target)


def steady(current: int, most: float, target: float) -> tuple[float, float]:
    """From and to which metric `proposed_capacity` is above `current`, but not above `most`."""
    return target * (1 + 1e-9), most * target / current
