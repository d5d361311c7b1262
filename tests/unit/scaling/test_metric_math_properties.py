"""Laws that metric math keeps on random sparse series, and agreement of the two ways to evaluate."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from scaleproof.scaling.metric_math import QuerySet, evaluate
from scaleproof.scaling.metrics import Series, Window
from scaleproof.scaling.parsing import parse_queries

WINDOW = Window(600, 600 + 12 * 60, 60)
NAMES = ("a", "b", "c")


def random_metrics(seed: int) -> dict[str, Series]:
    source = random.Random(seed)
    density = source.random()
    return {
        name: Series(
            60, {t: source.choice((-2.0, 0.0, 1.0, 3.5)) for t in WINDOW.times if source.random() < density}
        )
        for name in NAMES
    }


def random_expression(source: random.Random, depth: int) -> str:
    """A pointwise expression that gives one series."""
    if depth == 0:
        return source.choice(NAMES)

    def inner() -> str:
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


def result(expression: str, metrics: dict[str, Series], window: Window = WINDOW) -> list[float | None]:
    value = evaluate(expression, metrics, window)
    assert isinstance(value, Series)
    return value.values(window)


SEEDS = range(60)


LAWS = [
    ("a + b", "SUM([a, b])"),
    ("SUM([a, b, c])", "AVG([a, b, c]) * 3"),
    ("a - b", "-(b - a)"),
    ("MAX([a, b])", "-MIN(-[a, b])"),
    ("a > b", "b < a"),
    ("(a AND b) + (a OR b)", "IF(a, 1, 0) + IF(b, 1, 0)"),
    ("FILL(a, 0) + FILL(b, 0)", "FILL(a + b, 0)"),
    ("FILL(FILL(a, REPEAT), REPEAT)", "FILL(a, REPEAT)"),
    ("FIRST(SORT(REMOVE_EMPTY(METRICS()), SUM, DESC))", "-FIRST(SORT(REMOVE_EMPTY(-[a, b, c]), SUM, ASC))"),
    ("SUM(RUNNING_SUM([a, b]))", "RUNNING_SUM(a) + RUNNING_SUM(b)"),
    ("a*a", "a^2"),
    ("IF(a, b, FILL(c, 0))", "IF(a == 0, FILL(c, 0), b + 0*a)"),
]


@pytest.mark.parametrize(("left", "right"), LAWS)
def test_equal_expressions_have_equal_results(left: str, right: str) -> None:
    for seed in SEEDS:
        metrics = random_metrics(seed)
        assert result(left, metrics) == pytest.approx(result(right, metrics)), seed


@pytest.mark.parametrize("seed", SEEDS)
def test_a_pointwise_expression_gives_the_same_period_by_period(seed: int) -> None:
    source = random.Random(1000 + seed)
    metrics = random_metrics(seed)
    text = random_expression(source, 3)
    queries = QuerySet(parse_queries([*_metric_queries(), {"Id": "e", "Expression": text}]))
    assert queries.pointwise
    whole = queries.evaluate(metrics, WINDOW).points
    pieces: dict[int, float] = {}
    for time in WINDOW.times:
        pieces |= queries.evaluate(metrics, Window(time, time + 60, 60)).points
    assert pieces == whole, text


def _metric_queries() -> Iterator[dict[str, object]]:
    for name in NAMES:
        stat = {"Metric": {"Namespace": "N", "MetricName": name}, "Stat": "Average"}
        yield {"Id": name, "MetricStat": stat, "ReturnData": False}
