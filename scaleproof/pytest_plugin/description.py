"""What scales an endpoint, in plain values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scaleproof.scaling.alarms import AlarmSettings
from scaleproof.scaling.endpoint import Endpoint, Policy
from scaleproof.scaling.metric import MetricStat


def summary(endpoint: Endpoint) -> dict[str, Any]:
    """The same in plain values, as the section `endpoints` of an inventory has it."""
    found: dict[str, Any] = {
        "kind": str(endpoint.kind),
        "pools": [
            {"instance_type": pool.instance_type, "max_concurrency": pool.max_concurrency}
            for pool in endpoint.pools
        ],
        "initial": endpoint.initial,
    }
    if target := endpoint.target:
        found |= {
            "min": target.min,
            "max": target.max,
            "policies": {policy.name: _policy_summary(policy) for policy in target.policies},
            "schedules": {
                action.name: {
                    "schedule": action.schedule,
                    "timezone": action.timezone,
                    "min": action.min,
                    "max": action.max,
                }
                for action in target.schedules
            },
        }
    return found


def _policy_summary(policy: Policy) -> dict[str, Any]:
    found_facts = facts(policy)
    found: dict[str, Any] = {"scales_on": signal(policy)}
    if policy.tracks_target:
        found |= {
            "target": found_facts["target"],
            "scale_out_cooldown": found_facts["scale-out cooldown"],
            "scale_in_cooldown": found_facts["scale-in cooldown"],
            "scale_in": found_facts["scaling in"],
        }
    return found


def facts(policy: Policy) -> dict[str, Any]:
    """What a policy keeps its signal at, how long it rests, and whether it scales in; None where not set."""
    configuration = policy.configuration
    cooldown = configuration.get("Cooldown")
    return {
        "target": configuration.get("TargetValue"),
        "scale-out cooldown": configuration.get("ScaleOutCooldown", cooldown),
        "scale-in cooldown": configuration.get("ScaleInCooldown", cooldown),
        "scaling in": not configuration.get("DisableScaleIn", False),
    }


def signal(policy: Policy) -> str:
    """What a policy follows: a predefined type, an expression, or the name of a metric."""
    if predefined := policy.configuration.get("PredefinedMetricSpecification"):
        return str(predefined["PredefinedMetricType"])
    custom = policy.configuration.get("CustomizedMetricSpecification") or {}
    for query in custom.get("Metrics") or ():
        if query.get("ReturnData", True):
            return str(query.get("Expression") or query["MetricStat"]["Metric"]["MetricName"])
    if custom.get("MetricName"):
        return str(custom["MetricName"])
    return ", ".join(sorted({name for alarm in policy.alarms.values() for name in _metrics(alarm)}))


def signals(policy: Policy) -> set[str]:
    """What a policy follows, and every metric that it or its alarms read."""
    custom = policy.configuration.get("CustomizedMetricSpecification") or {}
    stats = [query.get("MetricStat") for query in custom.get("Metrics") or ()]
    return {
        signal(policy),
        *(stat["Metric"]["MetricName"] for stat in stats if stat),
        *(name for alarm in policy.alarms.values() for name in _metrics(alarm)),
    }


def _metrics(alarm: AlarmSettings) -> Iterator[str]:
    source = alarm.source
    yield from (
        metric.name for metric in ([source] if isinstance(source, MetricStat) else source.metrics.values())
    )
