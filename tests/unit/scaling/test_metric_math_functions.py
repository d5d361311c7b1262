"""Every function of metric math, and every assumption about what is not documented."""

import math

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.assumptions import MetricMathAssumptions
from scaleproof.scaling.metrics import Series, Window

from .metric_math_helpers import PERIOD, evaluate, many, one

GAPS = [None, 2, None, 8, None]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("-m", [1.5, None, -2]),
        ("m^2", [2.25, None, 4]),
        ("m^0.5", [None, None, math.sqrt(2)]),
        ("m/0", [None, None, None]),
        ("0/m", [0, None, 0]),
        ("m*(1/0)", [None, None, None]),
        ("m > 1/0", [None, None, None]),
        ("1e200*(1e200*m)", [None, None, None]),
        ("2^(1000*m)", [0, None, None]),
    ],
)
def test_operators_on_single_values(expression, expected):
    assert one(expression, m=[-1.5, None, 2]) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 + 2*3^2 - -1", 20),
        ("-2^2", -4),
        ("(1+2)*3", 9),
        ("7-2-1", 4),
        ("8/4/2", 1),
        ("2*3 > 5 AND 1 == 1", 1),
        ("0 AND 0 OR 1", 1),
        ("0 && (0 || 1)", 0),
        ("1 != 1 || 2 <= 1", 0),
        (".5 + 1. + 1e1", 11.5),
    ],
)
def test_precedence_and_spelling_of_operators(expression, expected):
    assert one(f"TIME_SERIES({expression})") == [expected, expected]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("m AND n", [0, 0, 1]),
        ("m OR n", [1, 1, 1]),
        ("m != n", [1, 1, 1]),
        ("m == 0", [None, 0, 0]),
        ("m - n", [-3, 5, 3]),
    ],
)
def test_a_missing_value_is_0_where_the_other_side_has_one(expression, expected):
    assert one(expression, m=[None, 5, 4], n=[3, None, 1]) == expected


def test_a_running_sum_skips_the_gaps():
    assert one("RUNNING_SUM(m)", m=GAPS) == [None, 2, None, 10, None]
    carried = MetricMathAssumptions(running_sum_in_gaps="carried")
    assert one("RUNNING_SUM(m)", assumptions=carried, m=GAPS) == [None, 2, 2, 10, 10]
    assert many("RUNNING_SUM(METRICS())", m=[1, 61], n=[1, 1]) == [[1, 62], [1, 2]]


def test_fill_with_each_filler():
    assert one("FILL(m, 7)", m=GAPS) == [7, 2, 7, 8, 7]
    assert one("FILL(m, REPEAT)", m=GAPS) == [None, 2, 2, 8, 8]
    assert one("FILL(m, LINEAR)", m=GAPS) == [None, 2, 5, 8, None]
    assert one("FILL(m, n)", m=GAPS, n=[1, None, None, 1, 1]) == [1, 2, None, 8, 1]
    assert one("FILL(m, AVG(n))", m=GAPS, n=[None] * 5) == GAPS
    assert many("FILL(METRICS(), n)", m=[None, 3], n=[1, None]) == [[1, 3], [1, None]]


def test_fill_of_a_metric_that_was_never_published_is_an_assumption():
    never = [None, None]
    assert one("FILL(m, 0)", m=never) == [0, 0]
    assert one("FILL(m, 0)", assumptions=MetricMathAssumptions(fill_of_empty="nothing"), m=never) == never
    for filler in ("REPEAT", "LINEAR"):
        assert one(f"FILL(m, {filler})", m=never) == never


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("SUM([m, n])", [1, 6, None, 4]),
        ("AVG([m, n])", [0.5, 3, None, 2]),
        ("MAX([m, n])", [1, 5, None, 4]),
        ("MIN([m, n])", [1, 1, None, 4]),
        ("SUM(METRICS()*10)", [10, 60, None, 40]),
        ("SUM(10/[m, n])", [10, 12, None, 2.5]),
        ("AVG([m, n]/m)", [0.5, 0.6, None, None]),
        ("SUM(-[m, n])", [-1, -6, None, -4]),
    ],
)
def test_reductions_of_an_array_at_each_time(expression, expected):
    assert one(expression, m=[1, 5, None, None], n=[None, 1, None, 4]) == expected


def test_what_a_missing_member_is_to_max_and_min_is_an_assumption():
    inputs = {"m": [-3, 4], "n": [None, 2]}
    zero = MetricMathAssumptions(missing_extremes="zero")
    assert one("MAX([m, n])", **inputs) == [-3, 4]
    assert one("MAX([m, n])", assumptions=zero, **inputs) == [0, 4]
    assert one("MIN([m, n])", assumptions=zero, m=[3, 4], n=[None, 2]) == [0, 2]


@pytest.mark.parametrize(("function", "expected"), [("SUM", 10), ("AVG", 2), ("MIN", 2), ("MAX", 8)])
def test_reductions_of_one_series_to_a_number(function, expected):
    assert one(f"TIME_SERIES({function}(m))", m=GAPS) == pytest.approx([expected] * 5)


def test_how_one_series_is_averaged_is_an_assumption():
    points = MetricMathAssumptions(average_of_series="points")
    assert one("TIME_SERIES(AVG(m))", assumptions=points, m=GAPS) == [5] * 5


@pytest.mark.parametrize("function", ["SUM", "AVG", "MIN", "MAX"])
def test_the_reduction_of_nothing_is_an_assumption(function):
    nothing = [None, None]
    assert one(f"n + {function}(m)", m=nothing, n=[1, 2]) == nothing
    assert one(
        f"n + {function}(m)", assumptions=MetricMathAssumptions(empty_reduction="zero"), m=nothing, n=[1, 2]
    ) == [1, 2]


def test_arrays_are_ordered_and_cut():
    inputs = {"a": [1, 1], "b": [5, None], "c": [None, None], "d": [2, 2]}
    a, b, c, d = inputs.values()
    assert many("METRICS()", **inputs) == [a, b, c, d]
    assert many("SORT(METRICS(), MAX, DESC)", **inputs) == [b, d, a, c]
    assert many("SORT(METRICS(), SUM, ASC, 2)", **inputs) == [a, d]
    assert many("SORT(METRICS(), AVG, DESC)", **inputs) == [b, d, a, c]
    empty_first = MetricMathAssumptions(empty_sorts="first")
    assert many("SORT(METRICS(), MIN, ASC)", assumptions=empty_first, **inputs) == [c, a, d, b]
    assert many("REMOVE_EMPTY(METRICS())", **inputs) == [a, b, d]
    assert one("FIRST(METRICS())", **inputs) == a
    assert many("[d, METRICS(), [a]]", **inputs) == [d, a, b, c, d, a]
    assert one("FIRST(METRICS('x'))", **inputs) == one("SUM(METRICS('x'))", **inputs) == [None, None]


def test_equal_series_keep_their_order():
    inputs = {"a": [3, 1], "b": [1, 3], "c": [2, 2]}
    for order in ("ASC", "DESC"):
        assert many(f"SORT(METRICS(), SUM, {order})", **inputs) == [*inputs.values()]


def test_metrics_by_a_part_of_their_id_in_the_order_of_the_request():
    inputs = {"b_errors": [1], "a_errors": [2], "requests": [4]}
    assert many('METRICS("errors")', **inputs) == [[1], [2]]
    assert many("METRICS('x')", **inputs) == []


def test_the_condition_of_if():
    assert one("IF(m, 1, 2)", m=[-1, 0, None]) == [1, 2, None]
    assert one("IF(m, n)", m=[1, 0, 1], n=[3, 3, None]) == [3, None, 0]
    assert one("IF(1, m, n)", m=[1, None], n=[2, 2]) == [1, None]
    assert one("IF(0, m, n)", m=[1, None], n=[2, 2]) == [2, 2]
    assert one("IF(0, m)", m=[1, 1]) == [None, None]
    assert one("IF(AVG(n), m)", m=[1, 1], n=[None, None]) == [None, None]
    assert one("IF(m, 1/0, 2)", m=[1, 0]) == [None, 2]


def test_a_constant_series_fills_the_range():
    assert one("TIME_SERIES(3)") == [3, 3]
    assert one("TIME_SERIES(AVG(m))", m=[None, None]) == [None, None]


def test_series_refuse_what_is_no_series():
    with pytest.raises(ScaleproofError, match="not finite"):
        Series(60, {0: math.nan})
    with pytest.raises(ScaleproofError, match="whole periods"):
        Series(60, {0: 1, 30: 2})
    with pytest.raises(ScaleproofError, match="whole number of periods"):
        Window(0, 90, 60)
    with pytest.raises(ScaleproofError, match="60 s periods was read in 10 s"):
        evaluate("m", {"m": Series(60)}, Window(0, 60, 10))
    with pytest.raises(ScaleproofError, match="start at other times"):
        evaluate("m", {"m": Series(60, {30: 1})}, Window(0, 60, 60))


def test_points_outside_the_range_are_not_seen():
    series = Series.from_values([1, 2, 3, 4], PERIOD)
    [value] = evaluate("m + SUM(m)", {"m": series}, Window(60, 180, PERIOD))
    assert value.points == {60: 7, 120: 8}
