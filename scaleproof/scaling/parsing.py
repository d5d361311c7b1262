"""Parses the API's form of policies, alarms and activities into types, and writes alarms back.

[put] https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
[query] https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html
[tracking] https://docs.aws.amazon.com/autoscaling/application/APIReference/API_TargetTrackingScalingPolicyConfiguration.html
[activities] https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-scaling-activities.html
[stepping] https://docs.aws.amazon.com/autoscaling/application/APIReference/API_StepScalingPolicyConfiguration.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.alarms import AlarmError, AlarmSettings, Missing
from scaleproof.scaling.autoscaling.activities import BY_ALARM, Activity, NotScaled, Status
from scaleproof.scaling.endpoint import Policy
from scaleproof.scaling.metric_math import (
    STANDARD_PERIOD,
    MetricMathError,
    Query,
    QuerySet,
)
from scaleproof.scaling.metrics import MetricStat
from scaleproof.scaling.step_scaling import Step, StepScaling
from scaleproof.scaling.target_tracking import (
    CUSTOM_PERIOD,
    DEFAULT_COOLDOWN,
    PREDEFINED_METRICS,
    Metric,
    MetricMath,
    TargetTracking,
    TrackingAlarm,
)

TRACKING, STEP = "TargetTrackingScaling", "StepScaling"
CONFIGURATIONS = {
    TRACKING: "TargetTrackingScalingPolicyConfiguration",
    STEP: "StepScalingPolicyConfiguration",
}
"""The member of PutScalingPolicy that has the configuration, by PolicyType."""

_COUNT = re.compile(r"[Ss]etting desired [a-z ]*count to (\d+)")
_NOT_MODELLED = {
    "EvaluationCriteria": "PromQL",
    "ThresholdMetricId": "anomaly detection",
    "WarmUpConfiguration": "a warm-up period",
}


def parse_policy(
    name: str, kind: str, configuration: Mapping[str, Any], alarms: Mapping[str, AlarmSettings] | None = None
) -> Policy:
    """The policy of a PolicyType (`kind`, a key of CONFIGURATIONS) and its configuration.

    `alarms` are those that invoke it, by name. Raises ScaleproofError for what is missing or AWS refuses.
    """
    return (_tracking if kind == TRACKING else _stepping)(name, configuration, alarms or {})


def parse_steps(configuration: Mapping[str, Any]) -> tuple[Step, ...]:
    """The StepAdjustments of a StepScalingPolicyConfiguration [stepping]; nothing is checked."""
    return tuple(
        Step(
            step["ScalingAdjustment"],
            step.get("MetricIntervalLowerBound"),
            step.get("MetricIntervalUpperBound"),
        )
        for step in configuration.get("StepAdjustments") or ()
    )


def parse_alarm(parameters: Mapping[str, Any]) -> AlarmSettings:
    """The settings in PutMetricAlarm's parameters, which DescribeAlarms returns as well [put].

    What does not bear on the state (name, actions, tags, description) is not looked at. Raises
    AlarmError or MetricMathError for what CloudWatch refuses or is not modelled.
    """
    for name, feature in _NOT_MODELLED.items():
        if parameters.get(name):
            raise AlarmError(f"{name}: alarms with {feature} are not supported.")
    if "WallClockWindow" in (parameters.get("EvaluationWindow") or {}):
        raise AlarmError("EvaluationWindow: only sliding windows are supported, not a WallClockWindow.")
    return AlarmSettings(
        source=_source(parameters),
        comparison=str(_required(parameters, "ComparisonOperator")),
        threshold=float(_required(parameters, "Threshold")),
        evaluation_periods=int(_required(parameters, "EvaluationPeriods")),
        datapoints_to_alarm=parameters.get("DatapointsToAlarm"),
        missing=_missing(parameters.get("TreatMissingData")),
    )


def parse_queries(queries: Iterable[Mapping[str, Any]]) -> tuple[Query, ...]:
    """The Metrics of an alarm [query] or of a target tracking policy, whose queries name no period.

    Raises MetricMathError for a query that is neither a metric nor an expression.
    """
    return tuple(_query(query) for query in queries)


def parse_activity(number: int, document: Mapping[str, Any]) -> Activity:
    """The activity that DescribeScalingActivities tells of, with times as datetimes [activities].

    `number`: its place among all of a target, oldest first. `before` is not told. Raises KeyError with a
    member that it does not have.
    """
    alarm, count, end = (
        BY_ALARM.fullmatch(document["Cause"]),
        _COUNT.search(document["Description"]),
        document.get("EndTime"),
    )
    return Activity(
        number,
        document["Description"],
        document["Cause"],
        document["StartTime"].timestamp(),
        Status(document["StatusCode"]),
        end.timestamp() if end else None,
        document.get("StatusMessage", ""),
        desired=int(count[1]) if count else None,
        policy=alarm[3] if alarm else None,
        alarm=alarm[1] if alarm else None,
        not_scaled=tuple(
            NotScaled(
                reason["Code"], reason.get("MaxCapacity"), reason.get("MinCapacity"), reason.get("CurrentCapacity")
            )
            for reason in document.get("NotScaledReasons", ())
        ),
    )


def alarm_parameters(alarm: TrackingAlarm) -> dict[str, Any]:
    """The alarm as PutMetricAlarm takes it; name and actions are the caller's.

    DatapointsToAlarm and TreatMissingData are absent, as in alarms that AWS makes (captures of
    scaleproof.scaling.target_tracking).
    """
    source = alarm.source
    if isinstance(source, MetricMath):
        watched: dict[str, Any] = {"Metrics": [_query_parameters(query) for query in source.queries]}
    else:
        watched = {**_metric_parameters(source), "Statistic": source.statistic, "Period": source.period}
        watched |= {"Unit": source.unit} if source.unit else {}
    return {
        **watched,
        "ComparisonOperator": alarm.comparison,
        "Threshold": alarm.threshold,
        "EvaluationPeriods": alarm.evaluation_periods,
    }


def _tracking(name: str, configuration: Mapping[str, Any], alarms: Mapping[str, AlarmSettings]) -> TargetTracking:
    try:
        metric = _tracked(configuration)
    except KeyError as error:
        raise ScaleproofError(
            f"Policy {name} has no {error.args[0]}, or it is no metric of a SageMaker variant.",
            advice=f"Predefined types are {', '.join(PREDEFINED_METRICS)}.",
        ) from None
    return TargetTracking(
        name,
        metric,
        float(_said(name, configuration, "TargetValue")),
        _cooldown(configuration, "ScaleOutCooldown"),
        _cooldown(configuration, "ScaleInCooldown"),
        bool(configuration.get("DisableScaleIn")),
        alarms,
    )


def _tracked(configuration: Mapping[str, Any]) -> Metric:
    """The metric of a policy [tracking]. Raises KeyError with what is missing or not known."""
    if predefined := configuration.get("PredefinedMetricSpecification"):
        return PREDEFINED_METRICS[predefined["PredefinedMetricType"]]
    custom = configuration["CustomizedMetricSpecification"]
    if custom.get("Metrics"):
        return MetricMath(parse_queries(custom["Metrics"]))
    return _metric(custom, custom["Statistic"], CUSTOM_PERIOD, custom.get("Unit"))


def _stepping(name: str, configuration: Mapping[str, Any], alarms: Mapping[str, AlarmSettings]) -> StepScaling:
    return StepScaling(
        name,
        str(_said(name, configuration, "AdjustmentType")),
        parse_steps(configuration),
        alarms,
        _cooldown(configuration, "Cooldown"),
        configuration.get("MetricAggregationType") or "Average",
        configuration.get("MinAdjustmentMagnitude") or 0,
    )


def _said(policy: str, configuration: Mapping[str, Any], member: str) -> Any:
    value = configuration.get(member)
    if value is None:
        raise ScaleproofError(f"Policy {policy} has no {member}.")
    return value


def _cooldown(configuration: Mapping[str, Any], member: str) -> float:
    value = configuration.get(member)
    return DEFAULT_COOLDOWN if value is None else value


def _source(parameters: Mapping[str, Any]) -> MetricStat | QuerySet:
    if parameters.get("Metrics"):
        if parameters.get("MetricName"):
            raise AlarmError("An alarm has either a MetricName or Metrics, not both.")
        return QuerySet(parse_queries(parameters["Metrics"]))
    statistic = parameters.get("Statistic") or parameters.get("ExtendedStatistic")
    if not statistic or (parameters.get("Statistic") and parameters.get("ExtendedStatistic")):
        raise AlarmError("An alarm on a metric has either a Statistic or an ExtendedStatistic.")
    for name in ("Namespace", "MetricName"):
        _required(parameters, name)
    return _metric(parameters, statistic, int(_required(parameters, "Period")), parameters.get("Unit"))


def _required(parameters: Mapping[str, Any], name: str) -> Any:
    value = parameters.get(name)
    if value is None:
        raise AlarmError(f"The alarm has no {name}.")
    return value


def _missing(treatment: str | None) -> Missing:
    try:
        return Missing(treatment or Missing.MISSING)
    except ValueError:
        raise AlarmError(f"TreatMissingData is {treatment!r}.", advice=f"It is one of {', '.join(Missing)}.") from None


def _metric(metric: Mapping[str, Any], statistic: str, period: int, unit: str | None) -> MetricStat:
    """A statistic of a Metric; policies and alarms have the members of a Metric among their own."""
    return MetricStat(
        namespace=str(metric["Namespace"]),
        name=str(metric["MetricName"]),
        dimensions=tuple(sorted((str(pair["Name"]), str(pair["Value"])) for pair in metric.get("Dimensions") or ())),
        statistic=str(statistic),
        period=period,
        unit=unit,
    )


def _metric_parameters(metric: MetricStat) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in metric.dimensions]
    parameters = {"Namespace": metric.namespace, "MetricName": metric.name}
    return {**parameters, "Dimensions": dimensions} if dimensions else parameters


def _query(query: Mapping[str, Any]) -> Query:
    name = str(query.get("Id", ""))
    if ("MetricStat" in query) == ("Expression" in query):
        raise MetricMathError(f"The query {name!r} must have either a MetricStat or an Expression.")
    metric = expression = None
    if "Expression" in query:
        expression = str(query["Expression"])
    else:
        stat = query["MetricStat"]
        period = stat.get("Period") or STANDARD_PERIOD
        metric = _metric(stat["Metric"], stat["Stat"], period, stat.get("Unit"))
    returned = query.get("ReturnData") is not False
    return Query(name, metric, expression, returned, query.get("Period"), query.get("Label"))


def _query_parameters(query: Query) -> dict[str, Any]:
    parameters: dict[str, Any] = {"Id": query.id, "ReturnData": query.returned}
    parameters |= {"Label": query.label} if query.label else {}
    if (metric := query.metric) is not None:
        stat = {"Metric": _metric_parameters(metric), "Period": metric.period, "Stat": metric.statistic}
        parameters["MetricStat"] = stat | ({"Unit": metric.unit} if metric.unit else {})
    else:
        parameters |= {"Expression": query.expression, "Period": query.period}
    return parameters
