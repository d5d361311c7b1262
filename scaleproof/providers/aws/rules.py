"""What the provider refuses at plan beyond single values: its CustomizeDiff functions.

Sources: internal/service/cloudwatch/metric_alarm.go and internal/service/sns/topic.go of
hashicorp/terraform-provider-aws. A rule passes where what it looks at is not known yet.
"""

from __future__ import annotations

import re
from typing import Any

from scaleproof.providers.standin import Problem
from scaleproof.translation.values import UNKNOWN


def metric_alarm(values: dict[str, Any]) -> list[Problem]:
    """CustomizeDiff of aws_cloudwatch_metric_alarm."""
    found = []
    name, queries = values.get("metric_name"), values.get("metric_query")
    statistics = [values.get("statistic"), values.get("extended_statistic")]
    if name is not UNKNOWN and queries is not UNKNOWN and (name or queries):
        for required in ("comparison_operator", "evaluation_periods"):
            if not _given(values.get(required)):
                found.append(
                    Problem(f"{required} is required for traditional metric alarms", path=(required,))
                )
    if name is not UNKNOWN and name and UNKNOWN not in statistics and sum(map(bool, statistics)) != 1:
        found.append(
            Problem("One of `statistic` or `extended_statistic` must be set for a cloudwatch metric alarm")
        )
    for query in [] if queries is UNKNOWN else queries or []:
        if query is not UNKNOWN and _given(query.get("expression")) and _given(query.get("metric")):
            found.append(Problem("No metric_query may have both `expression` and a `metric` specified"))
    return found


def topic(values: dict[str, Any]) -> list[Problem]:
    """CustomizeDiff of aws_sns_topic."""
    name, fifo = values.get("name"), values.get("fifo_topic")
    if fifo is UNKNOWN:
        return []
    pattern = r"[0-9A-Za-z_-]{1,251}\.fifo" if fifo else r"[0-9A-Za-z_-]{1,256}"
    found = []
    if isinstance(name, str) and not re.fullmatch(pattern, name):
        found.append(Problem(f"invalid topic name: {name}", path=("name",)))
    if not fifo and _true(values.get("content_based_deduplication")):
        found.append(Problem("content-based deduplication can only be set for FIFO topics"))
    if not fifo and _true(values.get("archive_policy")):
        found.append(Problem("message archive policy can only be set for FIFO topics"))
    return found


def _given(value: Any) -> bool:
    """Whether a value is there, or may yet be."""
    return value is UNKNOWN or bool(value)


def _true(value: Any) -> bool:
    return value is not UNKNOWN and bool(value)
