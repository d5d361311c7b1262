"""What stands in an account, as its APIs tell: endpoints, pools, scalable targets, policies and alarms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from botocore.exceptions import BotoCoreError, ClientError

from scaleproof.errors import ScaleproofError
from scaleproof.localstack.connection import Connection

NAMESPACE = "sagemaker"
COMPARISONS = {
    "GreaterThanOrEqualToThreshold": ">=",
    "GreaterThanThreshold": ">",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "<=",
}


@dataclass(frozen=True)
class Pool:
    """One instance type of a variant; `priority` 1 is provisioned first; `instances` None where not known."""

    instance_type: str
    priority: int
    instances: int | None = None


@dataclass(frozen=True)
class Policy:
    """One scaling policy: what it follows, the value it keeps that at, and its cooldowns in seconds.

    `target` is None for step scaling, whose `signal` tells the steps.
    """

    name: str
    kind: str
    signal: str
    target: float | None = None
    scale_out_cooldown: int | None = None
    scale_in_cooldown: int | None = None


@dataclass(frozen=True)
class Alarm:
    """One alarm that drives a policy; `state` is "OK", "ALARM", "INSUFFICIENT_DATA" or "planned"."""

    name: str
    metric: str
    condition: str
    state: str


@dataclass(frozen=True)
class Endpoint:
    """One endpoint with all that scales it. `minimum` and `maximum` are None without a scalable target."""

    name: str
    kind: Literal["real-time", "asynchronous"]
    status: str
    pools: tuple[Pool, ...]
    resource_id: str | None = None
    minimum: int | None = None
    maximum: int | None = None
    policies: tuple[Policy, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    schedules: tuple[str, ...] = field(default=())


def read(connection: Connection, names: Iterable[str] | None = None) -> list[Endpoint]:
    """The endpoints of an account in alphabetical order, all of them or those in `names`.

    Raises `ScaleproofError` when the API refuses or does not answer.
    """
    sagemaker = connection.client("sagemaker")
    try:
        pages = sagemaker.get_paginator("list_endpoints").paginate()
        found = {item["EndpointName"] for page in pages for item in page["Endpoints"]}
        chosen = found if names is None else found & set(names)
        return [_endpoint(connection, sagemaker, name) for name in sorted(chosen)]
    except (BotoCoreError, ClientError) as error:
        raise ScaleproofError(f"What stands at {connection.endpoint_url} cannot be read: {error}") from error


def target_tracking_signal(configuration: Mapping[str, Any]) -> str:
    """What a target-tracking policy follows, in one phrase, from its configuration in the API's names."""
    if predefined := configuration.get("PredefinedMetricSpecification"):
        return str(predefined["PredefinedMetricType"])
    metric = configuration["CustomizedMetricSpecification"]
    if "MetricName" in metric:
        return f"{metric['MetricName']} ({metric['Statistic']})"
    returned = [query for query in metric["Metrics"] if query.get("ReturnData", True)]
    return " ".join(
        str(query.get("Expression") or query["MetricStat"]["Metric"]["MetricName"]) for query in returned
    )


def step_signal(adjustment: str, steps: Sequence[int | float]) -> str:
    """What a step policy does, in one phrase: its adjustments in their order."""
    return f"{adjustment} {', '.join(f'{step:+g}' for step in steps)}"


def alarm_condition(comparison: str, threshold: float, datapoints: int, periods: int, period: int) -> str:
    """When an alarm goes off, in one phrase; `period` in seconds."""
    return (
        f"{COMPARISONS.get(comparison, comparison)} {threshold:g} in {datapoints} of {periods} x {period} s"
    )


def _endpoint(connection: Connection, sagemaker: Any, name: str) -> Endpoint:
    described = sagemaker.describe_endpoint(EndpointName=name)
    config = sagemaker.describe_endpoint_config(EndpointConfigName=described["EndpointConfigName"])
    variant = config["ProductionVariants"][0]
    resource_id = f"endpoint/{name}/variant/{variant['VariantName']}"
    scaling = connection.client("application-autoscaling")
    scope = {"ServiceNamespace": NAMESPACE, "ResourceId": resource_id}
    targets = scaling.describe_scalable_targets(ServiceNamespace=NAMESPACE, ResourceIds=[resource_id])
    policies = scaling.describe_scaling_policies(**scope)["ScalingPolicies"]
    schedules = scaling.describe_scheduled_actions(**scope)["ScheduledActions"]
    target: Mapping[str, Any] = next(iter(targets["ScalableTargets"]), {})
    return Endpoint(
        name=name,
        kind="asynchronous" if "AsyncInferenceConfig" in config else "real-time",
        status=described["EndpointStatus"],
        pools=_pools(variant, (described.get("ProductionVariants") or [{}])[0]),
        resource_id=resource_id if target else None,
        minimum=target.get("MinCapacity"),
        maximum=target.get("MaxCapacity"),
        policies=tuple(_policy(policy) for policy in policies),
        alarms=_alarms(connection, policies),
        schedules=tuple(f"{item['ScheduledActionName']}: {item['Schedule']}" for item in schedules),
    )


def _pools(configured: Mapping[str, Any], live: Mapping[str, Any]) -> tuple[Pool, ...]:
    if "InstancePools" not in configured:
        return (Pool(configured["InstanceType"], 1, live.get("CurrentInstanceCount")),)
    counts = {
        pool["InstanceType"]: pool.get("CurrentInstanceCount") for pool in live.get("InstancePools", ())
    }
    pools = [
        Pool(pool["InstanceType"], pool["Priority"], counts.get(pool["InstanceType"]))
        for pool in configured["InstancePools"]
    ]
    return tuple(sorted(pools, key=lambda pool: pool.priority))


def _policy(policy: Mapping[str, Any]) -> Policy:
    name, kind = policy["PolicyName"], policy["PolicyType"]
    if tracking := policy.get("TargetTrackingScalingPolicyConfiguration"):
        return Policy(
            name,
            kind,
            target_tracking_signal(tracking),
            tracking["TargetValue"],
            tracking.get("ScaleOutCooldown"),
            tracking.get("ScaleInCooldown"),
        )
    steps = policy.get("StepScalingPolicyConfiguration", {})
    adjustments = [step["ScalingAdjustment"] for step in steps.get("StepAdjustments", ())]
    cooldown = steps.get("Cooldown")
    return Policy(
        name, kind, step_signal(steps.get("AdjustmentType", ""), adjustments), None, cooldown, cooldown
    )


def _alarms(connection: Connection, policies: Sequence[Mapping[str, Any]]) -> tuple[Alarm, ...]:
    arns = {policy["PolicyARN"] for policy in policies}
    if not arns:
        return ()
    pages = (
        connection.client("cloudwatch").get_paginator("describe_alarms").paginate(AlarmTypes=["MetricAlarm"])
    )
    found = [alarm for page in pages for alarm in page["MetricAlarms"] if arns & set(alarm["AlarmActions"])]
    return tuple(_alarm(alarm) for alarm in sorted(found, key=lambda alarm: str(alarm["AlarmName"])))


def _alarm(alarm: Mapping[str, Any]) -> Alarm:
    stats = [query["MetricStat"] for query in alarm.get("Metrics", ()) if "MetricStat" in query]
    metric = alarm.get("MetricName") or ", ".join(sorted({stat["Metric"]["MetricName"] for stat in stats}))
    period = alarm.get("Period") or max((stat["Period"] for stat in stats), default=0)
    periods = alarm["EvaluationPeriods"]
    condition = alarm_condition(
        alarm["ComparisonOperator"],
        alarm.get("Threshold", 0.0),
        alarm.get("DatapointsToAlarm", periods),
        periods,
        period,
    )
    return Alarm(alarm["AlarmName"], metric, condition, alarm["StateValue"])
