"""The settings of an alarm: what it watches, when it is evaluated, when it changes its state.

[put] https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
[gaps] https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
[evaluation] https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
[captures] https://github.com/radkawar/stackd, commit 9dc356f5, testdata/aws: cloudwatch/alarm_evaluation.json
and applicationautoscaling/scaling.json, scale_in.json
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.assumptions import DEFAULT, AlarmAssumptions
from scaleproof.scaling.metric_math import QuerySet
from scaleproof.scaling.metrics import MetricStat, Window

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


# Of an interval. Epoch seconds as floats are good to a quarter of a microsecond.
_SAME_MOMENT = 1e-6


@dataclass(frozen=True)
class Clock:
    """The times of an alarm, all in seconds.

    `interval` lies between evaluations. An evaluation retrieves periods over `length`, up to the last whole
    `slide` that is complete `cutoff` before it.
    """

    interval: int
    period: int
    length: int
    slide: int
    cutoff: float

    @classmethod
    def from_settings(cls, settings: AlarmSettings, assumptions: AlarmAssumptions = DEFAULT.alarms) -> Clock:
        """The clock of an alarm with these settings.

        It is evaluated every 10 s with a period below 60 s, else every minute, and over more than a day every
        hour, on data up to the hour. Below 60 s its periods are whole ones of the clock; from 60 s on the
        range slides by the minute, so that the periods of a 300 s alarm start at any minute [evaluation].
        """
        period, number = settings.period, settings.evaluation_periods
        high = period < MINUTE
        extra = assumptions.extra_high_resolution // period if high else assumptions.extra_periods
        length = (number + extra) * period
        if period * number > DAY:
            return cls(HOUR, period, length, slide=HOUR, cutoff=0.0)
        expression = isinstance(settings.source, QuerySet)
        cutoff = assumptions.expression_cutoff if expression else assumptions.metric_cutoff
        return cls(10 if high else MINUTE, period, length, slide=min(period, MINUTE), cutoff=cutoff)

    def next_evaluation(self, phase: float, after: float) -> float:
        """The first evaluation later than `after` (epoch seconds).

        `phase` is where in the interval the alarm is evaluated, in seconds from 0: a constant of each alarm,
        seen to keep to some 10 ms [captures]. AWS chooses it; draw it evenly from the interval if it is not
        known.
        """
        number = math.floor((after - phase) / self.interval + _SAME_MOMENT) + 1
        return number * self.interval + phase

    def end(self, at: float) -> int:
        """Where the newest period ends that an evaluation at `at` looks at (epoch seconds)."""
        return int((at - self.cutoff) // self.slide) * self.slide

    def window(self, at: float) -> Window:
        """The evaluation range of an evaluation at `at`: more periods than are evaluated."""
        end = self.end(at)
        return Window(end - self.length, end, self.period)
