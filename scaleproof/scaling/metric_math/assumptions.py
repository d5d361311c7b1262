"""What AWS's documentation leaves open about metric math, each with the answer taken and why.

[guide] https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
[stackd] https://github.com/radkawar/stackd/blob/9dc356f5e5cc49d2d334178a09c1398dd1c62617/internal/services/cloudwatch/query_math.go
is an independent implementation checked against AWS in other respects; it is no evidence of what AWS does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Assumptions:
    """Answers to what is not documented. The defaults are the best supported; vary them to see their part."""

    missing_extremes: Literal["ignored", "zero"] = "ignored"
    """A missing member in MAX or MIN of an array. [guide] says "treated as 0" of AVG and of operators only,
    and is silent here; [stackd] leaves the member out. With 0, the MIN over pools is 0 as soon as one is
    empty."""

    missing_deviation: Literal["ignored", "zero"] = "zero"
    """A missing member or data point in STDDEV. [guide] is silent; 0 is what it says of AVG, and what
    [stackd] does."""

    deviation: Literal["population", "sample"] = "population"
    """STDDEV divides by n or by n - 1. [guide] is silent; [stackd] divides by n."""

    average_of_series: Literal["window", "points"] = "window"
    """AVG of one series divides by the periods of the range or by the data points in it. [guide] says "the
    average of all the data points" and, of AVG as a whole, "missing values are treated as 0"; [stackd] takes
    the latter at its word."""

    empty_reduction: Literal["undefined", "zero"] = "undefined"
    """AVG, SUM, MIN, MAX and STDDEV of a series without any data point. [guide] is silent; undefined gives no
    data points in what is computed with it, as in [stackd]. AWS was seen to give none for MAX as the key of a
    SORT (radkawar/stackd captures, alarm_query_admission.json), which both answers allow."""

    fill_of_empty: Literal["window", "nothing"] = "window"
    """FILL with a number on a series without any data point. [guide] says "fills the missing values of a time
    series"; [stackd] fills the whole range. In captures of AWS only TIME_SERIES was seen to give points where
    nothing was ever published. REPEAT and LINEAR have nothing to go by and give nothing."""

    running_sum_in_gaps: Literal["open", "carried"] = "open"
    """RUNNING_SUM where there is no data point. [guide] is silent; [stackd] gives none."""

    empty_sorts: Literal["last", "first"] = "last"
    """Where SORT puts a series without data points. [guide] is silent; last keeps FIRST(SORT(...)) useful."""


DEFAULT = Assumptions()
