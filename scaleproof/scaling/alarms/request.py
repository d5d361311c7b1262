"""Alarms as the API has them: the parameters of PutMetricAlarm, and so of planned and described alarms.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scaleproof.scaling.alarms.settings import AlarmError, AlarmSettings, Missing
from scaleproof.scaling.metric import MetricStat, dimensions
from scaleproof.scaling.metric_math import ALARM, Limits, QuerySet

_NOT_MODELLED = {
    "EvaluationCriteria": "PromQL",
    "ThresholdMetricId": "anomaly detection",
    "WarmUpConfiguration": "a warm-up period",
}


def settings_from_api(parameters: Mapping[str, Any], limits: Limits = ALARM) -> AlarmSettings:
    """The settings in PutMetricAlarm's parameters, which DescribeAlarms returns as well.

    What does not bear on the state (name, actions, tags, description) is not looked at. `limits` are those of
    a set of queries. Raises AlarmError or MetricMathError for what CloudWatch refuses or is not modelled.
    """
    for name, what in _NOT_MODELLED.items():
        if parameters.get(name):
            raise AlarmError(f"{name}: alarms with {what} are not supported.")
    if "WallClockWindow" in (parameters.get("EvaluationWindow") or {}):
        raise AlarmError("EvaluationWindow: only sliding windows are supported, not a WallClockWindow.")
    source = _source(parameters, limits)
    return AlarmSettings(
        source=source,
        comparison=str(_required(parameters, "ComparisonOperator")),
        threshold=float(_required(parameters, "Threshold")),
        evaluation_periods=int(_required(parameters, "EvaluationPeriods")),
        datapoints_to_alarm=parameters.get("DatapointsToAlarm"),
        missing=_missing(parameters.get("TreatMissingData"), source),
        ignore_low_samples=parameters.get("EvaluateLowSampleCountPercentile") == "ignore",
    )


def _source(parameters: Mapping[str, Any], limits: Limits) -> MetricStat | QuerySet:
    if parameters.get("Metrics"):
        if parameters.get("MetricName"):
            raise AlarmError("An alarm has either a MetricName or Metrics, not both.")
        return QuerySet.from_api(parameters["Metrics"], limits)
    statistic = parameters.get("Statistic") or parameters.get("ExtendedStatistic")
    if not statistic or (parameters.get("Statistic") and parameters.get("ExtendedStatistic")):
        raise AlarmError("An alarm on a metric has either a Statistic or an ExtendedStatistic.")
    return MetricStat(
        namespace=str(_required(parameters, "Namespace")),
        name=str(_required(parameters, "MetricName")),
        dimensions=dimensions(parameters.get("Dimensions")),
        statistic=str(statistic),
        period=int(_required(parameters, "Period")),
        unit=parameters.get("Unit"),
    )


def _required(parameters: Mapping[str, Any], name: str) -> Any:
    value = parameters.get(name)
    if value is None:
        raise AlarmError(f"The alarm has no {name}.")
    return value


def _missing(treatment: str | None, source: MetricStat | QuerySet) -> Missing:
    """The treatment that counts: alarms on metrics of DynamoDB ignore missing data whatever they say."""
    metrics = source.metrics.values() if isinstance(source, QuerySet) else (source,)
    if metrics and all(metric.namespace == "AWS/DynamoDB" for metric in metrics):
        return Missing.IGNORE
    try:
        return Missing(treatment or Missing.MISSING)
    except ValueError:
        raise AlarmError(
            f"TreatMissingData is {treatment!r}.", advice=f"It is one of {', '.join(Missing)}."
        ) from None
