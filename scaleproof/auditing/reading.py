"""Reads a capture through the API of AWS or LocalStack, with calls that only read."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from botocore import xform_name

from scaleproof.auditing import captures
from scaleproof.auditing.captures import Capture, clock
from scaleproof.auditing.case import pieces
from scaleproof.auditing.history import History, reach
from scaleproof.auditing.published import without_type
from scaleproof.endpoints import live, metric_data
from scaleproof.endpoints.documents import EndpointError
from scaleproof.endpoints.live import Answer, Clients, check_one_variant, describing, scope
from scaleproof.scaling.metrics import MetricStat


def capture(
    clients: Clients,
    endpoint: str,
    start: float,
    end: float,
    instances: int | None = None,
) -> Capture:
    """The answers of the API about an endpoint, for an audit between two times (epoch seconds).

    `instances`: at the start, None to take what the answers say. Raises EndpointError for an endpoint that is not
    there, is not scaled or has several variants, FailedError where the API cannot be read, ScaleproofError for an
    alarm that is not modelled.
    """
    with describing(endpoint):
        reader = _Reader(clients)
        variant = reader.scaled_variant(endpoint)
        names = reader.target(endpoint, variant)
        document = {
            "endpoint": endpoint,
            "variant": variant,
            "start": clock(start),
            "end": clock(end),
            "instances": instances,
            "source": "scaleproof audit",
            "answers": reader.answers,
        }
        reader.alarms(names)
        reader.data(History(captures.parse(document, endpoint)), end)
        return captures.parse(document, endpoint)


class _Reader:
    """Asks, and keeps what was answered."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self.answers: list[dict[str, Any]] = []

    def ask(self, operation: str, **request: Any) -> Answer:
        """An answer, with all pages of it."""
        client, method = self._clients(captures.SERVICES[operation]), xform_name(operation)
        if not client.can_paginate(method):
            return self.keep(operation, request, getattr(client, method)(**request))
        whole: dict[str, list[Any]] = {}
        for page in client.get_paginator(method).paginate(**request):
            for name, value in page.items():
                if isinstance(value, list):
                    whole.setdefault(name, []).extend(value)
        return self.keep(operation, request, whole)

    def keep(self, operation: str, request: Answer, answer: Answer) -> Answer:
        """Keeps what was answered just now."""
        requested_at = clock(time.time())
        self.answers.append(
            {"asked": requested_at, "operation": operation, "request": request, "answer": _plain(answer)}
        )
        return answer

    def scaled_variant(self, endpoint: str) -> str:
        """The variant of an endpoint, which has one that is scaled."""
        described = self.keep("DescribeEndpoint", {"EndpointName": endpoint}, live.describe(self._clients, endpoint))
        self.ask("DescribeEndpointConfig", EndpointConfigName=described["EndpointConfigName"])
        variants = [summary["VariantName"] for summary in described["ProductionVariants"]]
        check_one_variant(endpoint, variants)
        own = scope(endpoint, variants[0])["ResourceId"]
        scaled = self.ask("DescribeScalableTargets", ServiceNamespace="sagemaker", ResourceIds=[own])["ScalableTargets"]
        if own not in [target["ResourceId"] for target in scaled]:
            raise EndpointError(f"Nothing scales {endpoint}: it has no scalable target.")
        return str(variants[0])

    def target(self, endpoint: str, variant: str) -> list[str]:
        """Reads target, policies, schedules and activities of a variant. Returns the names of its policies' alarms."""
        own = scope(endpoint, variant)
        policies = self.ask("DescribeScalingPolicies", **own)["ScalingPolicies"]
        self.ask("DescribeScheduledActions", **own)
        self.ask("DescribeScalingActivities", **own, IncludeNotScaledActivities=True)
        return [alarm["AlarmName"] for policy in policies for alarm in policy.get("Alarms", ())]

    def alarms(self, names: list[str]) -> None:
        """The alarms of these names, and when they changed their state."""
        for first in range(0, len(names), 100):  # AlarmNames holds 100 at most
            self.ask("DescribeAlarms", AlarmNames=names[first : first + 100])
        for name in names:
            self.ask("DescribeAlarmHistory", AlarmName=name, HistoryItemType="StateUpdate")

    def data(self, history: History, end: float) -> None:
        """The data points that alarms may have looked at, and those that tell which metrics are published."""
        first: dict[MetricStat, float] = {}
        for settings in history.settings.values():
            start = history.begin - reach(settings)
            for piece in (piece for metric in settings.metrics for piece in pieces(metric)):
                for metric in filter(None, (piece, without_type(piece))):
                    first[metric] = min(first.get(metric, start), start)
        for metric, start in first.items():
            for _, request in metric_data.questions([metric], start, end):
                self.ask("GetMetricData", **request)


def _plain(value: Any) -> Any:
    """What was answered, as JSON has it."""
    if isinstance(value, dict):
        return {name: _plain(element) for name, element in value.items() if name != "ResponseMetadata"}
    if isinstance(value, list):
        return [_plain(element) for element in value]
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
