"""The two ways to evaluate an expression agree on random sparse series."""

import random

import pytest

from scaleproof.scaling.metric_math import QuerySet
from scaleproof.scaling.metrics import Series, Window
from scaleproof.scaling.parsing import parse_queries

WINDOW = Window(600, 600 + 12 * 60, 60)
NAMES = ("a", "b", "c")


def random_metrics(seed):
    source = random.Random(seed)
    density = source.random()
    return {
        name: Series(60, {t: source.choice((-2.0, 0.0, 1.0, 3.5)) for t in WINDOW.times if source.random() < density})
        for name in NAMES
    }


def random_expression(source, depth):
    """A pointwise expression that gives one series."""
    if depth == 0:
        return source.choice(NAMES)

    def inner():
        return random_expression(source, depth - 1)

    match source.randrange(6):
        case 0:
            return f"({inner()} {source.choice('+-*/')} {inner()})"
        case 1:
            return f"({inner()} {source.choice(('<', '>=', '==', '!='))} {source.choice((inner(), '1'))})"
        case 2:
            return f"{source.choice(('MAX', 'MIN', 'AVG', 'SUM'))}([{inner()}, {inner()}, {inner()}])"
        case 3:
            return f"IF({inner()}, {source.choice((inner(), '2'))}, {source.choice((inner(), '3'))})"
        case 4:
            return f"-({inner()})"
        case _:
            return f"({inner()} AND {inner()} OR {inner()} + {source.random():.3f})"


@pytest.mark.parametrize("seed", range(60))
def test_a_pointwise_expression_gives_the_same_period_by_period(seed):
    source = random.Random(1000 + seed)
    metrics = random_metrics(seed)
    text = random_expression(source, 3)
    queries = QuerySet(parse_queries([*_metric_queries(), {"Id": "e", "Expression": text}]))
    assert queries.pointwise
    whole = queries.evaluate(metrics, WINDOW).points
    pieces = {}
    for time in WINDOW.times:
        pieces |= queries.evaluate(metrics, Window(time, time + 60, 60)).points
    assert pieces == whole, text


def _metric_queries():
    for name in NAMES:
        stat = {"Metric": {"Namespace": "N", "MetricName": name}, "Stat": "Average"}
        yield {"Id": name, "MetricStat": stat, "ReturnData": False}
