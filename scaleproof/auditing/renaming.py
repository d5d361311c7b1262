"""Captures without names, to be given to others."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from scaleproof.auditing.captures import CAUSE, Capture, Row

_KNOWN = {"EndpointName": "endpoint", "VariantName": "variant", "InstanceType": "type"}
"""Names of dimensions that stay."""


def without_names(capture: Capture, name: str) -> Capture:
    """The capture under another name, without names of endpoints, alarms, policies, actions and own metrics.

    Instance types and the names of AWS's metrics stay.
    """
    return Capture(name, tuple(_Renamed(capture).rows()))


class _Renamed:
    def __init__(self, capture: Capture) -> None:
        self._capture = capture
        self._names: dict[tuple[str, str], str] = {}
        for row in capture.of("settings"):
            self._new("alarm", json.loads(row.value)["AlarmName"])

    def rows(self) -> Iterator[Row]:
        for row in self._capture.rows:
            kind, value = row.kind, row.value
            if kind in ("target", "policy", "settings", "schedule", "metric"):
                value = json.dumps(self._document(kind, json.loads(value)))
            elif ("alarm", kind) in self._names:
                kind = self._names["alarm", kind]
            elif by := CAUSE.search(value):
                value = value.replace(by[0], f", cause: alarm {self._new('alarm', by[1])}")
            yield Row(row.time, kind, value)

    def _new(self, kind: str, name: str) -> str:
        number = sum(known == kind for known, _ in self._names) + 1
        return self._names.setdefault((kind, name), f"{kind}-{number}")

    def _document(self, kind: str, document: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self._without(document)
        if kind == "policy":
            found["PolicyName"] = self._new("policy", document["PolicyName"])
            found["Alarms"] = [self._new("alarm", name) for name in document["Alarms"]]
        elif kind == "settings":
            found["AlarmName"] = self._new("alarm", document["AlarmName"])
        elif kind == "schedule":
            found["ScheduledActionName"] = self._new("action", document["ScheduledActionName"])
        elif kind == "target":
            found["dimensions"] = self._pairs(document.get("dimensions", {}))
        elif kind == "metric":
            found |= self._metric(document)
            found["Dimensions"] = self._pairs(document.get("Dimensions", {}))
        return found

    def _without(self, value: Any) -> Any:
        """A document with metrics and queries renamed, wherever they stand in it."""
        if isinstance(value, list):
            return self._queries(value) if _are_queries(value) else [self._without(one) for one in value]
        if not isinstance(value, dict):
            return value
        found: dict[str, Any] = {name: self._without(one) for name, one in value.items() if name != "Label"}
        if "MetricName" in value and "Namespace" in value:
            found |= self._metric(value)
        if isinstance(pairs := value.get("Dimensions"), list):
            own = [(pair["Name"], pair["Value"]) for pair in pairs]
            found["Dimensions"] = [
                {"Name": self._dimension(key), "Value": self._value(key, text)} for key, text in own
            ]
        return found

    def _queries(self, queries: Sequence[Any]) -> list[Any]:
        ids = {query["Id"]: f"q{number}" for number, query in enumerate(queries, 1)}
        found = []
        for query in queries:
            one = {**self._without(query), "Id": ids[query["Id"]]}
            if "Expression" in query:
                one["Expression"] = re.sub(
                    r"\b[a-z]\w*\b", lambda word: ids.get(word[0], word[0]), query["Expression"]
                )
            found.append(one)
        return found

    def _metric(self, metric: Mapping[str, Any]) -> dict[str, str]:
        if str(metric["Namespace"]).startswith("AWS/"):
            return {}
        return {
            "Namespace": self._new("namespace", metric["Namespace"]),
            "MetricName": self._new("metric", metric["MetricName"]),
        }

    def _pairs(self, pairs: Mapping[str, str]) -> dict[str, str]:
        return {self._dimension(name): self._value(name, value) for name, value in pairs.items()}

    def _dimension(self, name: str) -> str:
        return name if name in _KNOWN else self._new("dimension", name)

    def _value(self, name: str, value: str) -> str:
        return value if name == "InstanceType" else self._new(_KNOWN.get(name, "value"), value)


def _are_queries(value: Sequence[Any]) -> bool:
    return bool(value) and all(isinstance(one, dict) and "Id" in one for one in value)
