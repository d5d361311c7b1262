"""What an alarm watches and when it changes its state.

[put] https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
[gaps] https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.metric import MetricStat
from scaleproof.scaling.metric_math import QuerySet

MINUTE, HOUR, DAY, WEEK = 60, 3_600, 86_400, 604_800


class AlarmError(ScaleproofError):
    """An alarm that CloudWatch refuses, or one that is not modelled here; names the parameter."""


class State(StrEnum):
    """The states of an alarm. Every alarm starts with insufficient data."""

    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


class Missing(StrEnum):
    """TreatMissingData: what a missing data point counts as where it has to count [gaps]."""

    MISSING = "missing"
    IGNORE = "ignore"
    BREACHING = "breaching"
    NOT_BREACHING = "notBreaching"


COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
"""ComparisonOperator: when a value breaches, as a function of value and threshold. Those of anomaly detection
are not modelled."""


@dataclass(frozen=True)
class AlarmSettings:
    """An alarm on one metric or on the result of a set of queries, with a fixed threshold.

    It goes to ALARM when `datapoints_to_alarm` (M) of `evaluation_periods` (N) data points breach; M is N if
    left out. `ignore_low_samples` keeps the state of a percentile alarm while samples are few. Alarms on
    metrics of DynamoDB ignore missing data whatever `missing` says [gaps].
    Raises AlarmError for what CloudWatch refuses [put].
    """

    source: MetricStat | QuerySet
    comparison: str
    threshold: float
    evaluation_periods: int
    datapoints_to_alarm: int | None = None
    missing: Missing = Missing.MISSING
    ignore_low_samples: bool = False

    def __post_init__(self) -> None:
        """Checks the ranges that [put] gives, and applies the rule of DynamoDB."""
        period, number = self.period, self.evaluation_periods
        if self.comparison not in COMPARISONS:
            raise AlarmError(
                f"The ComparisonOperator {self.comparison} is not supported.",
                advice=f"Supported are {', '.join(COMPARISONS)}.",
            )
        if period not in (10, 20, 30) and (period < MINUTE or period % MINUTE):
            raise AlarmError(f"The Period is 10, 20, 30 or a multiple of 60 s, not {period} s.")
        longest = WEEK if period >= HOUR else DAY
        if number < 1 or number * period > longest:
            raise AlarmError(
                f"EvaluationPeriods is {number} at a Period of {period} s.",
                advice=f"It is at least 1, and all periods together are at most {longest} s long.",
            )
        if not 1 <= self.m <= number:
            raise AlarmError(f"DatapointsToAlarm is 1 to EvaluationPeriods ({number}), not {self.m}.")
        if self.metrics and all(metric.namespace == "AWS/DynamoDB" for metric in self.metrics):
            object.__setattr__(self, "missing", Missing.IGNORE)

    @property
    def metrics(self) -> tuple[MetricStat, ...]:
        """Every metric that it reads."""
        return (self.source,) if isinstance(self.source, MetricStat) else tuple(self.source.metrics.values())

    @property
    def period(self) -> int:
        """Seconds that one data point covers."""
        return self.source.period

    @property
    def m(self) -> int:
        """Breaching data points that make an alarm."""
        return self.evaluation_periods if self.datapoints_to_alarm is None else self.datapoints_to_alarm
