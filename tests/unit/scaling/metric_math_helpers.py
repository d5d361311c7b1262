"""Expressions of metric math, evaluated alone on a few periods."""

from typing import cast

from scaleproof.scaling.assumptions import DEFAULT
from scaleproof.scaling.metric_math import Points
from scaleproof.scaling.metric_math.compiler import compile_expression
from scaleproof.scaling.metric_math.values import Context
from scaleproof.scaling.metrics import Series, Window

Values = list[float | None]
PERIOD = 60


def evaluate(
    expression,
    metrics,
    window,
    assumptions=DEFAULT.math,
):
    """The series that an expression gives, over metrics by id."""
    points = {name: series.within(window) for name, series in metrics.items()}
    value = compile_expression(expression, metrics, {}).run(Context(window, points, assumptions))
    members = value if isinstance(value, tuple) else (cast(Points, value),)
    return [Series(window.period, member) for member in members]


def many(expression, assumptions=DEFAULT.math, **inputs):
    """The values of every series that an expression gives, over metrics by the minute."""
    window = Window(0, max(map(len, inputs.values()), default=2) * PERIOD, PERIOD)
    metrics = {name: Series.from_values(values, PERIOD) for name, values in inputs.items()}
    return [series.values(window) for series in evaluate(expression, metrics, window, assumptions)]


def one(expression, assumptions=DEFAULT.math, **inputs):
    """The values of the one series that an expression gives."""
    [values] = many(expression, assumptions, **inputs)
    return values
