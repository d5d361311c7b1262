"""The endpoints that a plan would leave standing, in the terms of `scaleproof.localstack.inventory`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scaleproof.localstack.inventory import (
    Alarm,
    Endpoint,
    Policy,
    Pool,
    alarm_condition,
    step_signal,
    target_tracking_signal,
)
from scaleproof.terraform.plan import Plan, PlannedResource
from scaleproof.terraform.sensitive import HIDDEN

UNKNOWN = "(known after apply)"


def endpoints(plan: Plan) -> list[Endpoint]:
    """The endpoints of a plan with their pools, targets, policies and alarms, in the order of their names.

    What is not known yet is `UNKNOWN` in a text and None where there is a number; what is sensitive is shown
    as such.
    """
    shown = plan.shown()
    configurations = {
        found.values.get("endpoint_config_name"): shown[found.address]
        for found in plan.of_type("awscc_sagemaker_endpoint_config")
    }
    found = [
        _endpoint(plan, shown, endpoint, configurations.get(endpoint.values.get("endpoint_config_name")))
        for endpoint in plan.of_type("awscc_sagemaker_endpoint")
    ]
    return sorted(found, key=lambda endpoint: endpoint.name)


def _endpoint(
    plan: Plan,
    shown: Mapping[str, PlannedResource],
    endpoint: PlannedResource,
    configuration: PlannedResource | None,
) -> Endpoint:
    name = endpoint.values.get("endpoint_name")
    config = configuration.values if configuration else {}

    def scaling(kind: str) -> Iterator[Mapping[str, Any]]:
        for found in plan.of_type(kind):
            if str(found.values.get("resource_id")).startswith(f"endpoint/{name}/variant/"):
                yield shown[found.address].values

    target = next(scaling("aws_appautoscaling_target"), {})
    return Endpoint(
        name=_text(shown[endpoint.address].values, "endpoint_name"),
        kind="real-time" if config.get("async_inference_config") is None else "asynchronous",
        status="planned",
        pools=_pools(config),
        resource_id=target.get("resource_id"),
        minimum=target.get("min_capacity"),
        maximum=target.get("max_capacity"),
        policies=tuple(_policy(values) for values in scaling("aws_appautoscaling_policy")),
        alarms=tuple(
            _alarm(shown[found.address])
            for found in plan.of_type("aws_cloudwatch_metric_alarm")
            if name is not None and _part(found.values, "dimensions").get("EndpointName") == name
        ),
        schedules=tuple(
            f"{_text(values, 'name')}: {_text(values, 'schedule')}"
            for values in scaling("aws_appautoscaling_scheduled_action")
        ),
    )


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    return UNKNOWN if value in (None, "") else str(value)


def _part(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """What is known of an object, or of a block that there is at most once."""
    value = values.get(name)
    return value if isinstance(value, dict) else next(_parts(values, name), {})


def _parts(values: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    """What is known of blocks or of objects in a list."""
    value = values.get(name)
    yield from (item for item in (value if isinstance(value, list) else ()) if isinstance(item, dict))


def _pools(config: Mapping[str, Any]) -> tuple[Pool, ...]:
    variant = _part(config, "production_variants")
    pools = [
        Pool(_text(pool, "instance_type"), pool.get("priority", 0))
        for pool in _parts(variant, "instance_pools")
    ]
    if not pools and variant.get("instance_type") is not None:
        return (Pool(variant["instance_type"], 1),)
    return tuple(sorted(pools, key=lambda pool: str(pool.priority)))


def _policy(values: Mapping[str, Any]) -> Policy:
    name, kind = _text(values, "name"), _text(values, "policy_type")
    if block := _part(values, "target_tracking_scaling_policy_configuration"):
        return Policy(
            name,
            kind,
            target_tracking_signal(_api_names(block)),
            block.get("target_value"),
            block.get("scale_out_cooldown"),
            block.get("scale_in_cooldown"),
        )
    if block := _part(values, "step_scaling_policy_configuration"):
        # A set has an order of its own; an open end is null or "".
        steps = sorted(
            _parts(block, "step_adjustment"), key=lambda step: _bound(step.get("metric_interval_lower_bound"))
        )
        adjustments = [step.get("scaling_adjustment") for step in steps]
        known = [number for number in adjustments if isinstance(number, int | float)]
        cooldown = block.get("cooldown")
        signal = step_signal(_text(block, "adjustment_type"), known) if known == adjustments else UNKNOWN
        return Policy(name, kind, signal, None, cooldown, cooldown)
    return Policy(name, kind, UNKNOWN)


def _bound(text: Any) -> float:
    try:
        return float(text)
    except (TypeError, ValueError):
        return float("-inf")


def _api_names(block: Mapping[str, Any]) -> dict[str, Any]:
    """The metric of a target-tracking block in Application Auto Scaling's own names."""
    if predefined := _part(block, "predefined_metric_specification"):
        return {
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": _text(predefined, "predefined_metric_type")
            }
        }
    metric = _part(block, "customized_metric_specification")
    if metric.get("metric_name") not in (None, ""):
        simple = {"MetricName": metric["metric_name"], "Statistic": _text(metric, "statistic")}
        return {"CustomizedMetricSpecification": simple}
    queries = [
        {
            "Expression": _text(query, "id" if query.get("expression") in (None, "") else "expression"),
            "ReturnData": query.get("return_data") is not False,
        }
        for query in _parts(metric, "metrics")
    ]
    return {"CustomizedMetricSpecification": {"Metrics": queries}}


def _alarm(resource: PlannedResource) -> Alarm:
    values = resource.values
    stats = [stat for query in _parts(values, "metric_query") for stat in _parts(query, "metric")]
    names = {_text(stat, "metric_name") for stat in stats}
    longest = max((stat["period"] for stat in stats if isinstance(stat.get("period"), int)), default=0)
    periods = _number(values, "evaluation_periods", 0)
    numbers = (
        _number(values, "threshold", 0.0),
        _number(values, "datapoints_to_alarm", periods),
        periods,
        _number(values, "period", longest),
    )
    if all(isinstance(number, int | float) for number in numbers):
        condition = alarm_condition(_text(values, "comparison_operator"), *numbers)
    else:
        condition = HIDDEN if HIDDEN in numbers else UNKNOWN
    metric = ", ".join(sorted(names)) if stats else _text(values, "metric_name")
    return Alarm(_text(values, "alarm_name"), metric, condition, "planned")


def _number(values: Mapping[str, Any], name: str, unset: float) -> Any:
    """A number, or the text that stands for it; the real provider calls one that is not set null or 0."""
    value = values.get(name, UNKNOWN)
    return unset if value in (None, 0) else value
