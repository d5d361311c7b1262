"""CloudWatch metric math: expressions over time series, with missing values as CloudWatch treats them.

QuerySet evaluates the queries of an alarm or a scaling policy; `evaluate` one expression. Rules and types are
those of https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html; what it leaves
open is an Assumption.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from scaleproof.scaling.assumptions import DEFAULT, MetricMathAssumptions
from scaleproof.scaling.metric_math.compiler import compile_expression
from scaleproof.scaling.metric_math.queries import (
    ALARM,
    SCALING_POLICY,
    STANDARD_PERIOD,
    TERRAFORM_ALARM,
    Limits,
    Query,
    QuerySet,
)
from scaleproof.scaling.metric_math.values import Context, MetricMathError, Points
from scaleproof.scaling.metrics import Series, Window

__all__ = [
    "ALARM",
    "SCALING_POLICY",
    "STANDARD_PERIOD",
    "TERRAFORM_ALARM",
    "Limits",
    "MetricMathError",
    "Points",
    "Query",
    "QuerySet",
    "evaluate",
]


def evaluate(
    expression: str,
    metrics: Mapping[str, Series],
    window: Window,
    assumptions: MetricMathAssumptions = DEFAULT.math,
) -> Series | tuple[Series, ...]:
    """The result of one expression over metrics by id: a series, or an array of them.

    Raises MetricMathError if CloudWatch would refuse the expression or it cannot be evaluated here.
    """
    compiled = compile_expression(expression, metrics, {})
    points = {name: series.within(window) for name, series in metrics.items()}
    value = compiled.run(Context(window, points, assumptions))
    if isinstance(value, tuple):
        return tuple(Series(window.period, member) for member in value)
    return Series(window.period, cast(Points, value))
