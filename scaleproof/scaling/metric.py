"""Which metric and statistic is meant: the identity of a CloudWatch time series."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MetricStat:
    """A statistic of one metric; equal ones are the same time series.

    `dimensions` are sorted pairs of name and value, `statistic` is Average, Sum, p90, ... as CloudWatch
    spells it, `period` is in seconds.
    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricStat.html
    """

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    statistic: str
    period: int
    unit: str | None = None
