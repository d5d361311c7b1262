"""The endpoints that a plan would leave standing, in the terms of `scaleproof.cloud.inventory`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scaleproof.cloud.inventory import (
    Alarm,
    Endpoint,
    Policy,
    Pool,
    alarm_condition,
    step_signal,
    target_tracking_signal,
)
from scaleproof.terraform.plan import Plan, PlannedResource

UNKNOWN = "(known after apply)"


def endpoints(plan: Plan) -> list[Endpoint]:
    """The endpoints of a plan with their pools, targets, policies and alarms, in the order of their names."""
    configurations = {
        found.values.get("endpoint_config_name"): found
        for found in plan.of_type("awscc_sagemaker_endpoint_config")
    }
    found = [
        _endpoint(plan, endpoint, configurations.get(endpoint.values.get("endpoint_config_name")))
        for endpoint in plan.of_type("awscc_sagemaker_endpoint")
    ]
    return sorted(found, key=lambda endpoint: endpoint.name)


def _endpoint(plan: Plan, endpoint: PlannedResource, configuration: PlannedResource | None) -> Endpoint:
    name = endpoint.values.get("endpoint_name") or UNKNOWN
    config = configuration.values if configuration else {}
    prefix = f"endpoint/{name}/variant/"
    target = next((found for found in plan.of_type("aws_appautoscaling_target") if _of(found, prefix)), None)
    bounds = target.values if target else {}
    return Endpoint(
        name=name,
        kind="asynchronous" if config.get("async_inference_config") else "real-time",
        status="planned",
        pools=_pools(config),
        resource_id=bounds.get("resource_id"),
        minimum=bounds.get("min_capacity"),
        maximum=bounds.get("max_capacity"),
        policies=tuple(
            _policy(found) for found in plan.of_type("aws_appautoscaling_policy") if _of(found, prefix)
        ),
        alarms=tuple(
            _alarm(found.values)
            for found in plan.of_type("aws_cloudwatch_metric_alarm")
            if (found.values.get("dimensions") or {}).get("EndpointName") == name
        ),
        schedules=tuple(
            f"{found.values['name']}: {found.values['schedule']}"
            for found in plan.of_type("aws_appautoscaling_scheduled_action")
            if _of(found, prefix)
        ),
    )


def _of(resource: PlannedResource, prefix: str) -> bool:
    return str(resource.values.get("resource_id")).startswith(prefix)


def _pools(config: Mapping[str, Any]) -> tuple[Pool, ...]:
    variant: Mapping[str, Any] = next(iter(config.get("production_variants") or []), {})
    pools = variant.get("instance_pools") or []
    if not pools:
        return (Pool(variant["instance_type"], 1),) if variant.get("instance_type") else ()
    return tuple(
        sorted(
            (Pool(pool["instance_type"], pool["priority"]) for pool in pools), key=lambda pool: pool.priority
        )
    )


def _policy(resource: PlannedResource) -> Policy:
    values = resource.values
    name, kind = values.get("name") or UNKNOWN, values["policy_type"]
    for block in values.get("target_tracking_scaling_policy_configuration") or ():
        return Policy(
            name,
            kind,
            target_tracking_signal(_api_names(block)),
            block.get("target_value"),
            block.get("scale_out_cooldown"),
            block.get("scale_in_cooldown"),
        )
    for block in values.get("step_scaling_policy_configuration") or ():
        steps = [step["scaling_adjustment"] for step in block.get("step_adjustment") or ()]
        cooldown = block.get("cooldown")
        return Policy(
            name, kind, step_signal(block.get("adjustment_type") or "", steps), None, cooldown, cooldown
        )
    return Policy(name, kind, UNKNOWN)


def _api_names(block: Mapping[str, Any]) -> dict[str, Any]:
    """The metric of a target-tracking block in Application Auto Scaling's own names."""
    for predefined in block.get("predefined_metric_specification") or ():
        return {
            "PredefinedMetricSpecification": {"PredefinedMetricType": predefined["predefined_metric_type"]}
        }
    metric: Mapping[str, Any] = next(iter(block.get("customized_metric_specification") or ()), {})
    if metric.get("metric_name"):
        simple = {"MetricName": metric["metric_name"], "Statistic": metric["statistic"]}
        return {"CustomizedMetricSpecification": simple}
    queries = [
        {"Expression": query.get("expression") or query["id"], "ReturnData": query.get("return_data", True)}
        for query in metric.get("metrics") or ()
    ]
    return {"CustomizedMetricSpecification": {"Metrics": queries}}


def _alarm(values: Mapping[str, Any]) -> Alarm:
    periods = values["evaluation_periods"]
    condition = alarm_condition(
        values["comparison_operator"],
        values.get("threshold") or 0.0,
        values.get("datapoints_to_alarm") or periods,
        periods,
        values.get("period") or 0,
    )
    return Alarm(values["alarm_name"], values.get("metric_name") or UNKNOWN, condition, "planned")
