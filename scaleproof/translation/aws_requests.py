"""Makes the API requests that create resources of hashicorp/aws, for stand-ins and readers of plans.

Sources: internal/service/appautoscaling and internal/service/cloudwatch of hashicorp/terraform-provider-aws.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from scaleproof.service_models import Shape, input_shape
from scaleproof.translation import mapping
from scaleproof.translation.mapping import NO_ZEROS, Field, Names, Zeros
from scaleproof.translation.schema import Block, load

_TRACKING = "target_tracking_scaling_policy_configuration"
_PREDICTIVE = "predictive_scaling_policy_configuration.metric_specification"
_STEP = "step_scaling_policy_configuration"


@dataclass(frozen=True)
class Request:
    """The call that creates a resource of one type, with botocore's names.

    `names`: the mapping's exceptions. `zeros`: what to send for unset and zero values (see `mapping`).
    `adjust`: completes a request from the resource's values.
    """

    service: str
    operation: str
    names: Names = field(default_factory=dict)
    zeros: Zeros = NO_ZEROS
    adjust: Callable[[dict[str, Any], dict[str, Any]], None] | None = None

    @property
    def shape(self) -> Shape:
        """The shape of the request."""
        return input_shape(self.service, self.operation)


def fields(block: Block, shape: Shape, names: Names, without: Iterable[str] = ()) -> tuple[Field, ...]:
    """The attributes of a block that a shape has. `names` must map ids, regions, tags and `without`."""
    skipped = dict.fromkeys(("id", "region", "tags", "tags_all", *without))
    return mapping.fields(block, shape, skipped | dict(names))


def document(type_name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The request for the values of a resource. Unknown values are UNKNOWN.

    Raises KeyError for a type that is not in `REQUESTS`.
    """
    request = REQUESTS[type_name]
    content = mapping.encode(_fields(type_name), values, request.zeros)
    if request.adjust is not None:
        request.adjust(content, dict(values))
    return content


@cache
def _fields(type_name: str) -> tuple[Field, ...]:
    request = REQUESTS[type_name]
    return fields(load("aws").resources[type_name], request.shape, request.names)


def _metric_alarm(request: dict[str, Any], values: dict[str, Any]) -> None:
    """An unset threshold is sent as 0, unless a metric is the threshold. PromQL alarms have neither.

    Source: internal/service/cloudwatch/metric_alarm.go, expandPutMetricAlarmInput.
    """
    if values.get("evaluation_criteria") not in (None, []):
        for member in ("ActionsEnabled", "Threshold", "TreatMissingData"):
            request.pop(member, None)
    elif "ThresholdMetricId" not in request:
        request.setdefault("Threshold", 0.0)


REQUESTS: Mapping[str, Request] = {
    "aws_appautoscaling_target": Request("application-autoscaling", "RegisterScalableTarget"),
    "aws_appautoscaling_policy": Request(
        "application-autoscaling",
        "PutScalingPolicy",
        names={
            "name": "PolicyName",
            f"{_PREDICTIVE}.customized_capacity_metric_specification.metric_data_query": "MetricDataQueries",
            f"{_PREDICTIVE}.customized_load_metric_specification.metric_data_query": "MetricDataQueries",
            f"{_PREDICTIVE}.customized_scaling_metric_specification.metric_data_query": "MetricDataQueries",
        },
        # If the block is set, the provider sends these as zero when they are unset.
        zeros=Zeros(
            unset={
                f"{_TRACKING}.scale_in_cooldown": 0,
                f"{_TRACKING}.scale_out_cooldown": 0,
                f"{_STEP}.cooldown": 0,
            },
            omitted=frozenset(),
        ),
    ),
    "aws_appautoscaling_scheduled_action": Request(
        "application-autoscaling", "PutScheduledAction", names={"name": "ScheduledActionName"}
    ),
    "aws_cloudwatch_metric_alarm": Request(
        "cloudwatch",
        "PutMetricAlarm",
        names={
            "evaluate_low_sample_count_percentiles": "EvaluateLowSampleCountPercentile",
            "metric_query": "Metrics",
            "metric_query.metric": "MetricStat",
            "metric_query.metric.dimensions": "Metric.Dimensions",
            "metric_query.metric.metric_name": "Metric.MetricName",
            "metric_query.metric.namespace": "Metric.Namespace",
        },
        adjust=_metric_alarm,
    ),
    "aws_cloudwatch_composite_alarm": Request(
        "cloudwatch",
        "PutCompositeAlarm",
        names={
            "actions_suppressor": ".",
            "actions_suppressor.alarm": "ActionsSuppressor",
            "actions_suppressor.extension_period": "ActionsSuppressorExtensionPeriod",
            "actions_suppressor.wait_period": "ActionsSuppressorWaitPeriod",
        },
    ),
}
"""The types that readers of plans and states need. For other types, the stand-in's table has the request."""
