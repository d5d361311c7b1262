"""Captures without names, to be given to others: what is listed here stays or is renamed, all else goes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from scaleproof.auditing.captures import CAUSE, UPDATING, Capture, Row
from scaleproof.scaling.alarms import State
from scaleproof.scaling.autoscaling import Code, Status
from scaleproof.scaling.endpoint import SUSPENDED
from scaleproof.texts import json_value

_SETTINGS = (
    *("TargetTrackingScalingPolicyConfiguration", "TargetValue", "ScaleOutCooldown", "ScaleInCooldown"),
    *("DisableScaleIn", "PredefinedMetricSpecification", "PredefinedMetricType"),
    *("CustomizedMetricSpecification", "MetricStat", "Metric", "Stat", "ReturnData", "Period", "Unit"),
    *("StepScalingPolicyConfiguration", "AdjustmentType", "StepAdjustments", "MetricIntervalLowerBound"),
    *("MetricIntervalUpperBound", "ScalingAdjustment", "MinAdjustmentMagnitude", "Cooldown"),
    *("MetricAggregationType", "PolicyType", "Statistic", "ExtendedStatistic", "ComparisonOperator"),
    *("Threshold", "EvaluationPeriods", "DatapointsToAlarm", "TreatMissingData", "StateValue", "Acting"),
    *("EvaluateLowSampleCountPercentile", "Schedule", "Timezone", "ScalableTargetAction", "MinCapacity"),
    *("MaxCapacity", "StartTime", "EndTime", "min", "max", "desired"),
)
"""Members that stay: none of them holds a name. `_Renamed` has those that get another one."""
_TEXT = re.compile(r"[A-Za-z0-9 _./%()*?,:#+-]{1,64}")
"""Choices, statistics, schedules and times."""
_KNOWN = {"EndpointName": "endpoint", "VariantName": "variant", "InstanceType": "type"}
"""Names of dimensions that stay."""
_TYPE = re.compile(r"ml\.[a-z0-9-]{1,20}\.[a-z0-9]{1,20}")
_STATE = "|".join(State)
_MEMBERS = "|".join(SUSPENDED)
_VALUES: Mapping[str, re.Pattern[str]] = {
    "activity_start": re.compile(r"desired (?:\d+ )?to \d+"),
    "activity_end": re.compile(rf"(?:{'|'.join(Status)})(?:, desired \d+)?(?:, {UPDATING})?"),
    "not_scaled": re.compile(rf"(?:{'|'.join(map(str, Code))})(?:, (?:Max|Min|Current)Capacity \d+)*"),
    "bounds": re.compile(r"(?:min|max) \d+(?:, (?:min|max) \d+)?"),
    "moved": re.compile(r"(?:min|max) \d+"),
    "suspend": re.compile(rf"(?:{_MEMBERS}) (?:true|false)(?:, (?:{_MEMBERS}) (?:true|false))*"),
    "resume": re.compile(rf"(?:{_MEMBERS}) (?:true|false)(?:, (?:{_MEMBERS}) (?:true|false))*"),
    "judged": re.compile(""),
    "end": re.compile(""),
}
"""What stays of the rows of a kind, from the beginning of the value."""
_CHANGE = re.compile(rf"(?:{_STATE}) to (?:{_STATE})")
_POINT = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")
_WORD = re.compile(r"'[^']*'|\"[^\"]*\"|\b[a-z]\w*\b")
"""A text or an Id in an expression of metric math; functions are in capitals."""


def without_names(capture: Capture, name: str) -> Capture:
    """The capture under another name, without names of endpoints, alarms, policies, actions and own metrics.

    Instance types and the names of AWS's metrics stay. A row of another kind, and a cause that is no alarm of
    the capture, goes.
    """
    return Capture(name, tuple(_Renamed(capture).rows()))


class _Renamed:
    def __init__(self, capture: Capture) -> None:
        self._capture = capture
        self._names: dict[tuple[str, str], str] = {}
        self._documents = {
            row: json_value(row.value)
            for row in capture.of("target", "policy", "settings", "schedule", "metric")
        }
        for row, document in self._documents.items():
            if row.kind == "settings":
                self._new("alarm", document["AlarmName"])
        self._points = {document["Id"] for row, document in self._documents.items() if row.kind == "metric"}

    def rows(self) -> Iterator[Row]:
        for row in self._capture.rows:
            if row in self._documents:
                document = self._document(row.kind, self._documents[row])
                yield Row(row.time, row.kind, json.dumps(document))
            elif row.kind in _VALUES:
                stays, cause = _VALUES[row.kind].match(row.value), self._cause(row.value)
                if stays and (cause or row.kind != "not_scaled"):
                    yield Row(row.time, row.kind, stays[0] + cause)
            elif ("alarm", row.kind) in self._names and _CHANGE.fullmatch(row.value):
                yield Row(row.time, self._names["alarm", row.kind], row.value)
            elif row.kind in self._points and _POINT.fullmatch(row.value):
                yield Row(row.time, self._new("m", row.kind), row.value)

    def _cause(self, value: str) -> str:
        alarm = self._names.get(("alarm", by[1])) if (by := CAUSE.search(value)) else None
        return f", cause: alarm {alarm}" if alarm else ""

    def _new(self, kind: str, name: str) -> str:
        number = sum(known == kind for known, _ in self._names) + 1
        return self._names.setdefault((kind, name), f"{kind}-{number}")

    def _document(self, kind: str, document: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self._without(document)
        if kind == "policy":
            found["PolicyName"] = self._new("policy", document["PolicyName"])
            found["Alarms"] = [self._new("alarm", name) for name in document["Alarms"]]
        elif kind == "settings":
            found["AlarmName"] = self._new("alarm", document["AlarmName"])
        elif kind == "schedule":
            found["ScheduledActionName"] = self._new("action", document["ScheduledActionName"])
        elif kind == "target":
            found["dimensions"] = dict(self._pairs(document.get("dimensions", {}).items()))
        elif kind == "metric":
            found["Id"] = self._new("m", document["Id"])
            found["Dimensions"] = dict(self._pairs(document.get("Dimensions", {}).items()))
        return found

    def _without(self, value: Any) -> Any:
        """What stays of a value: members of `_SETTINGS`, with metrics and queries renamed."""
        if isinstance(value, list):
            return [self._without(one) for one in value]
        if isinstance(value, str):
            return value if _TEXT.fullmatch(value) else ""
        if not isinstance(value, Mapping):
            return value
        found = {name: self._without(value[name]) for name in _SETTINGS if value.get(name) is not None}
        if "MetricName" in value and "Namespace" in value:
            found |= self._metric(value)
        if isinstance(pairs := value.get("Dimensions"), list):
            renamed = self._pairs((pair["Name"], pair["Value"]) for pair in pairs)
            found["Dimensions"] = [{"Name": key, "Value": text} for key, text in renamed]
        if isinstance(queries := value.get("Metrics"), list):
            found["Metrics"] = self._queries(queries)
        return found

    def _queries(self, queries: Sequence[Mapping[str, Any]]) -> list[Any]:
        ids = {query["Id"]: f"q{number}" for number, query in enumerate(queries, 1)}

        def word(found: re.Match[str]) -> str:
            return ids.get(found[0], "''" if found[0][0] in "'\"" else "q0")

        return [
            {
                **self._without(query),
                "Id": ids[query["Id"]],
                **({"Expression": _WORD.sub(word, query["Expression"])} if "Expression" in query else {}),
            }
            for query in queries
        ]

    def _metric(self, metric: Mapping[str, Any]) -> dict[str, str]:
        if str(metric["Namespace"]).startswith("AWS/"):
            return {"Namespace": metric["Namespace"], "MetricName": metric["MetricName"]}
        return {
            "Namespace": self._new("namespace", metric["Namespace"]),
            "MetricName": self._new("metric", metric["MetricName"]),
        }

    def _pairs(self, pairs: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
        for name, value in pairs:
            kind = _KNOWN.get(name, "value")
            kept = name == "InstanceType" and _TYPE.fullmatch(value)
            renamed = name if name in _KNOWN else self._new("dimension", name)
            yield renamed, value if kept else self._new(kind, value)
