"""What scales an endpoint, in plain values."""

from __future__ import annotations

from typing import Any

from scaleproof.scaling.endpoint import Endpoint, Policy
from scaleproof.scaling.metrics import MetricStat
from scaleproof.scaling.target_tracking import MetricMath, PredefinedMetric, TargetTracking


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
    if isinstance(policy, TargetTracking):
        found |= {
            "target": found_facts["target"],
            "scale_out_cooldown": found_facts["scale-out cooldown"],
            "scale_in_cooldown": found_facts["scale-in cooldown"],
            "scale_in": found_facts["scaling in"],
        }
    return found


def facts(policy: Policy) -> dict[str, Any]:
    """What a policy keeps its signal at (None for steps), its cooldowns (s), and whether it scales in."""
    if isinstance(policy, TargetTracking):
        return {
            "target": policy.target,
            "scale-out cooldown": policy.scale_out_cooldown,
            "scale-in cooldown": policy.scale_in_cooldown,
            "scaling in": not policy.disable_scale_in,
        }
    cooldowns = {"scale-out cooldown": policy.cooldown, "scale-in cooldown": policy.cooldown}
    return {"target": None, **cooldowns, "scaling in": True}


def signal(policy: Policy) -> str:
    """What a policy follows: a predefined type, an expression, or the name of a metric."""
    match policy:
        case TargetTracking(metric=PredefinedMetric(type=name) | MetricStat(name=name)):
            return name
        case TargetTracking(metric=MetricMath(queries=queries)):
            found = (
                query.expression or (query.metric and query.metric.name)
                for query in queries
                if query.returned
            )
            return next(found, None) or ""
        case _:
            return ", ".join(sorted(_alarm_metrics(policy)))


def signals(policy: Policy) -> set[str]:
    """What a policy follows, and every metric that it or its alarms read."""
    found = {signal(policy), *_alarm_metrics(policy)}
    if isinstance(policy, TargetTracking) and isinstance(policy.metric, MetricMath):
        found |= {query.metric.name for query in policy.metric.queries if query.metric is not None}
    return found


def _alarm_metrics(policy: Policy) -> set[str]:
    return {metric.name for alarm in policy.alarms.values() for metric in alarm.metrics}
