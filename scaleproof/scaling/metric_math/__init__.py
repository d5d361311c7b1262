"""CloudWatch metric math: expressions over time series, with missing values as CloudWatch treats them.

QuerySet evaluates the queries of an alarm or a scaling policy. Rules and types are those of
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html; what it leaves open is
an Assumption.
"""

from __future__ import annotations

from scaleproof.scaling.metric_math.queries import (
    LONGEST,
    STANDARD_PERIOD,
    TERRAFORM_ALARM,
    Query,
    QuerySet,
)
from scaleproof.scaling.metric_math.values import MetricMathError, Points

__all__ = [
    "LONGEST",
    "STANDARD_PERIOD",
    "TERRAFORM_ALARM",
    "MetricMathError",
    "Points",
    "Query",
    "QuerySet",
]
