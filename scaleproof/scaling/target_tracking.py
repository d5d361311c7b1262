"""Target tracking: the alarms a policy creates and the capacity it asks for.

Sources: [overview] https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html
[captures] responses of real AWS resources published in https://github.com/radkawar/stackd
(commit 9dc356f5, testdata/aws/applicationautoscaling: high_resolution.json, scaling.json, scale_in.json,
metric_math.json).
[define] https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-add-code-define.html
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SCALE_IN_THRESHOLD = 0.9
"""AlarmLow sits 10 percent below the target [overview, captures of ECS and custom metrics]."""


@dataclass(frozen=True)
class PredefinedMetric:
    """The CloudWatch metric behind a predefined type, and the alarms it gets (periods in seconds)."""

    name: str
    statistic: str
    period: int
    high_periods: int
    low_periods: int


PREDEFINED_METRICS: Mapping[str, PredefinedMetric] = {
    # Sum per minute over the per-request share 1/instances [define]; 3 and 15 periods of 60 s as all standard
    # metrics in [captures].
    "SageMakerVariantInvocationsPerInstance": PredefinedMetric("InvocationsPerInstance", "Sum", 60, 3, 15),
    # AlarmHigh (Maximum, 10 s, 3 periods) was read from a live alarm by one public project. AlarmLow has no
    # public capture: the period follows the type as for ECS high-resolution metrics [captures], 90 periods
    # give the 15 minutes of a standard metric, since such metrics scale in at the standard speed [define].
    "SageMakerVariantConcurrentRequestsPerModelHighResolution": PredefinedMetric(
        "ConcurrentRequestsPerModel", "Maximum", 10, 3, 90
    ),
}
"""Predefined metric types of a SageMaker variant's instance count."""

CUSTOM_PERIOD = 60
"""Seconds. A customized metric is evaluated by the minute, whatever its own resolution [overview]."""
_HIGH_PERIODS, _LOW_PERIODS = 3, 15


@dataclass(frozen=True)
class TrackingAlarm:
    """One alarm of a policy: `name` AlarmHigh or AlarmLow, `parameters` for CloudWatch's PutMetricAlarm.

    DatapointsToAlarm and TreatMissingData are absent, as on AWS: all periods must breach, and missing data
    is `missing` [captures].
    """

    name: str
    parameters: Mapping[str, Any]


def alarms(
    configuration: Mapping[str, Any],
    dimensions: Mapping[str, str],
    high_resolution_low: tuple[int, int] | None = None,
) -> list[TrackingAlarm]:
    """The alarms of a TargetTrackingScalingPolicyConfiguration (in the API's own form).

    `dimensions` are those of the predefined metrics, i.e. EndpointName and VariantName. AlarmHigh breaches
    above the target, AlarmLow below 0.9 x target; a policy that may not scale in has no AlarmLow
    (independent emulators; [overview] only says that it does not remove capacity).
    `high_resolution_low`: period (seconds) and number of periods of the AlarmLow of a predefined type below
    60 s, if other than PREDEFINED_METRICS has them.
    Raises KeyError for a predefined type that a variant does not have.
    """
    target = float(configuration["TargetValue"])
    metric, high_periods, low_periods = _metric(configuration, dimensions)
    result = [_alarm("AlarmHigh", metric, "GreaterThanThreshold", target, high_periods)]
    if not configuration.get("DisableScaleIn"):
        # Rounded where binary floating point shows: 0.9 x 0.7 is 0.63 and not 0.6299999999999999.
        low = round(SCALE_IN_THRESHOLD * target, 9)
        if high_resolution_low and metric.get("Period", CUSTOM_PERIOD) < CUSTOM_PERIOD:
            metric["Period"], low_periods = high_resolution_low
        result.append(_alarm("AlarmLow", metric, "LessThanThreshold", low, low_periods))
    return result


def _alarm(
    name: str, metric: Mapping[str, Any], comparison: str, threshold: float, periods: int
) -> TrackingAlarm:
    parameters = {
        **metric,
        "ComparisonOperator": comparison,
        "Threshold": threshold,
        "EvaluationPeriods": periods,
    }
    return TrackingAlarm(name, parameters)


def _metric(
    configuration: Mapping[str, Any], dimensions: Mapping[str, str]
) -> tuple[dict[str, Any], int, int]:
    predefined = configuration.get("PredefinedMetricSpecification")
    if predefined:
        metric = PREDEFINED_METRICS[predefined["PredefinedMetricType"]]
        parameters = {
            "Namespace": "AWS/SageMaker",
            "MetricName": metric.name,
            "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
            "Statistic": metric.statistic,
            "Period": metric.period,
        }
        return parameters, metric.high_periods, metric.low_periods
    custom = configuration["CustomizedMetricSpecification"]
    if custom.get("Metrics"):
        return {"Metrics": [_query(query) for query in custom["Metrics"]]}, _HIGH_PERIODS, _LOW_PERIODS
    parameters = {key: custom[key] for key in ("Namespace", "MetricName", "Statistic")}
    parameters |= {key: custom[key] for key in ("Dimensions", "Unit") if custom.get(key)}
    return {**parameters, "Period": CUSTOM_PERIOD}, _HIGH_PERIODS, _LOW_PERIODS


def _query(query: Mapping[str, Any]) -> dict[str, Any]:
    """A metric data query as its alarm has it: MetricStat and Expression get the period [captures]."""
    result = {key: query[key] for key in ("Id", "Label", "ReturnData") if key in query}
    if "MetricStat" in query:
        result["MetricStat"] = {**query["MetricStat"], "Period": CUSTOM_PERIOD}
    else:
        result |= {"Expression": query["Expression"], "Period": CUSTOM_PERIOD}
    return result


def desired_capacity(current: int, metric: float, target: float, low: int, high: int) -> int:
    """The capacity that brings the metric to the target, within the bounds (see `wanted_capacity`)."""
    return min(max(wanted_capacity(current, metric, target), low), high)


def wanted_capacity(current: int, metric: float, target: float) -> int:
    """The capacity that brings the metric to the target: ceil(current x metric / target).

    Reproduces every published native row (tests/vectors/target_tracking_capacity.csv); rounding up is the
    documented "conservative": never too little added, never too much removed [overview]. From zero instances
    the ratio says nothing: one instance if the metric is above the target (as independent emulators do).
    """
    # The quotient is rounded first, so that a metric exactly on target is not one instance too many.
    return math.ceil(round(current * metric / target, 9)) if current else int(metric > target)
