"""Removes names from a capture so that it can be shared: members that are not listed here are renamed or removed."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Mapping
from typing import Any

from scaleproof.auditing.captures import Capture, parse
from scaleproof.auditing.history import BY_BOUND
from scaleproof.scaling.autoscaling.activities import BY_ALARM, NEW_BOUND, REFUSED
from scaleproof.scaling.metric_math.expressions import RESERVED

_MEMBERS = """
    ServiceNamespace ScalableDimension IncludeNotScaledActivities HistoryItemType ScanBy StartTime
    EndTime CreationTime LastModifiedTime Timestamp Timestamps Values StatusCode EndpointStatus
    MetricDataQueries MetricDataResults ProductionVariants DesiredInstanceCount InitialInstanceCount
    ScalableTargets ScalingPolicies MetricAlarms ScalingActivities ScheduledActions AlarmHistoryItems
    NotScaledReasons CurrentCapacity MinCapacity MaxCapacity SuspendedState DynamicScalingInSuspended
    Schedule Timezone DynamicScalingOutSuspended ScheduledScalingSuspended ScalableTargetAction
    PolicyType TargetTrackingScalingPolicyConfiguration TargetValue ScaleOutCooldown ScaleInCooldown
    DisableScaleIn PredefinedMetricSpecification PredefinedMetricType Alarms
    CustomizedMetricSpecification StepScalingPolicyConfiguration AdjustmentType Cooldown StepAdjustments
    MetricIntervalLowerBound MetricIntervalUpperBound ScalingAdjustment MinAdjustmentMagnitude
    MetricAggregationType ActionsEnabled AlarmConfigurationUpdatedTimestamp StateValue Statistic
    Threshold ExtendedStatistic ComparisonOperator EvaluationPeriods DatapointsToAlarm Period
    TreatMissingData EvaluateLowSampleCountPercentile Metrics MetricStat Metric Stat Unit ReturnData
    Code oldState newState stateValue stateReasonData queryDate
"""
_STAYS = frozenset(_MEMBERS.split())
"""Members that stay: what they hold is numbers, times, choices of AWS, or other members."""
_NAMES = {
    **{"EndpointName": "endpoint", "VariantName": "variant", "EndpointConfigName": "config"},
    **{"AlarmName": "alarm", "AlarmNames": "alarm", "PolicyName": "policy", "ScheduledActionName": "action"},
    **dict.fromkeys(("PolicyARN", "AlarmARN", "AlarmActions", "OKActions"), "arn"),
    **dict.fromkeys(("InsufficientDataActions", "RoleARN", "ScheduledActionARN"), "arn"),
    **{"ActivityId": "activity", "Id": "q"},
}
"""Members that get another name, by what they name."""
_ARNS = {"EndpointArn": "endpoint", "EndpointConfigArn": "endpoint-config"}
"""Members that have to look like the ARN of a resource."""
_TEXT = re.compile(r"[A-Za-z0-9 _./%()*?,:#+-]{1,256}")
"""Choices, statistics, schedules and times."""
_DIMENSIONS = {"EndpointName": "endpoint", "VariantName": "variant", "InstanceType": "type"}
"""Names of dimensions that stay, and what they name."""
_TYPE = re.compile(r"ml\.[a-z0-9-]{1,20}\.[a-z0-9]{1,20}")
_NUMBER = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_PART = re.compile(rf"'[^']*'?|\"[^\"]*\"?|{_NUMBER.pattern}(?![\w.])|[^\s()\[\],+*/^<>=!&|'\"-]+")
"""A text, a number or a word in an expression of metric math."""
_LONG = 10
"""Characters of a number that is rounded: it may be that of an account."""
_STAYING_WORDS = RESERVED.union(["SELECT", "FROM", "SCHEMA", "WHERE", "GROUP", "BY", "ORDER", "LIMIT", "COUNT"])
"""Those of metric math and of Metrics Insights."""
_BOUND = NEW_BOUND.pattern
_PROSE = {
    "Description": re.compile(rf"[Ss]etting (?:desired [a-z ]{{0,40}}count to \d{{1,18}}|{_BOUND}(?: and {_BOUND})?)"),
    "Cause": BY_BOUND,
    "StatusMessage": re.compile(re.escape(REFUSED)),
}
"""Parts of sentences that stay; causes that name an alarm are replaced."""
_OTHERS = {
    *("ResourceId", "ResourceIds", "Dimensions", "Name", "Value", "Namespace", "MetricName"),
    *("Expression", "HistoryData"),
}
KNOWN = _STAYS | _NAMES.keys() | _ARNS.keys() | _PROSE.keys() | _OTHERS
"""All members that an audit may need."""


def without_names(capture: Capture) -> Capture:
    """The capture without names of endpoints, alarms, policies, actions and own metrics.

    Instance types and the names of AWS's metrics stay.
    """
    return parse(_Renamed().capture(capture.document), capture.origin)


class _Renamed:
    """New names by kind and old name."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, str], str] = {}
        self._numbers = Counter[str]()

    def capture(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """A whole document."""
        return {
            "endpoint": self._new("endpoint", document["endpoint"]),
            "variant": self._new("variant", document["variant"]),
            **{name: document[name] for name in ("start", "end", "instances") if name in document},
            "source": "scaleproof audit",
            "answers": [
                {
                    "asked": answer["asked"],
                    "operation": answer["operation"],
                    "request": self._structure(answer["request"]),
                    "answer": self._structure(answer["answer"]),
                }
                for answer in document["answers"]
            ],
        }

    def _new(self, kind: str, name: Any) -> str:
        key = kind, str(name)
        if key not in self._names:
            self._numbers[kind] += 1
            self._names[key] = f"{kind}{'' if kind == 'q' else '-'}{self._numbers[kind]}"
        return self._names[key]

    def _structure(self, value: Mapping[str, Any]) -> dict[str, Any]:
        members = {name: self._member(name, content) for name, content in value.items() if content is not None}
        if "MetricName" in value and "Namespace" in value:
            own = not str(value["Namespace"]).startswith("AWS/")
            for name, kind in (("Namespace", "namespace"), ("MetricName", "metric")):
                members[name] = self._new(kind, value[name]) if own else value[name]
        return {name: content for name, content in members.items() if content is not None}

    def _member(self, name: str, value: Any) -> Any:
        """The new value of a member; None if it is removed."""
        if name in _STAYS:
            return self._value(value)
        if name in _NAMES:
            if isinstance(value, list):
                return [self._new(_NAMES[name], old) for old in value if old is not None]
            return self._new(_NAMES[name], value)
        if name in _ARNS:
            return f"arn:aws:sagemaker:us-east-1:000000000000:{_ARNS[name]}/{self._new('arn', value)}"
        if name == "ResourceId":
            return self._resource(value)
        if name == "ResourceIds":
            return [self._resource(resource) for resource in value if resource is not None]
        if name in _PROSE:
            return self._prose(name, value)
        if name == "Dimensions":
            return [self._dimension(pair) for pair in value if pair is not None]
        if name == "Expression":
            return _PART.sub(self._part, value)
        if name == "HistoryData":
            return self._history(value)
        return None

    def _value(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return self._structure(value)
        if isinstance(value, list):
            return [self._value(element) for element in value if element is not None]
        if isinstance(value, str):
            return value if _TEXT.fullmatch(value) else ""
        return value

    def _resource(self, value: str) -> str:
        words = value.split("/")
        if len(words) != 4:
            return self._new("resource", value)
        return f"endpoint/{self._new('endpoint', words[1])}/variant/{self._new('variant', words[3])}"

    def _prose(self, name: str, value: str) -> str:
        if name == "Cause" and (by := BY_ALARM.fullmatch(value)):
            alarm, policy = self._new("alarm", by[1]), self._new("policy", by[3])
            return f"monitor alarm {alarm} in state ALARM triggered policy {policy}"
        stays = _PROSE[name].search(value)
        return stays[0] if stays else ""

    def _dimension(self, pair: Mapping[str, str]) -> dict[str, str]:
        name, value = pair["Name"], pair["Value"]
        kind = _DIMENSIONS.get(name)
        stays = name == "InstanceType" and _TYPE.fullmatch(value)
        return {
            "Name": name if kind else self._new("dimension", name),
            "Value": value if stays else self._new(kind or "value", value),
        }

    def _part(self, part: re.Match[str]) -> str:
        if part[0][0] in "'\"":
            return "''"
        if _NUMBER.fullmatch(part[0]):
            return part[0] if len(part[0]) < _LONG else f"{min(float(part[0]), sys.float_info.max):.3g}"
        return part[0] if part[0] in _STAYING_WORDS else self._new("q", part[0])

    def _history(self, value: str) -> str:
        """The states of a transition, and when it was evaluated; empty for what is nothing of the kind."""
        try:
            return json.dumps(self._value(json.loads(value)))
        except ValueError:
            return "{}"
