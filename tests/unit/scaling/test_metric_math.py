"""Metric math: what AWS documents and what was seen (tests/vectors/metric_math.csv), every function, every
assumption about what is not documented, and what is refused."""

import json
import math
import random

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.assumptions import DEFAULT, MetricMathAssumptions
from scaleproof.scaling.metric_math import MetricMathError, QuerySet
from scaleproof.scaling.metric_math.expressions import typed
from scaleproof.scaling.metric_math.values import Context
from scaleproof.scaling.metrics import MetricStat, Window
from scaleproof.scaling.parsing import parse_queries

from .vectors import Row, rows

PERIOD = 60


def points(values):
    """The data points of consecutive minutes, None where there is none."""
    return {PERIOD * place: value for place, value in enumerate(values) if value is not None}


def many(expression, inputs, **assumptions):
    """The values of every series that an expression gives, over metrics by the minute."""
    window = Window(0, max(map(len, inputs.values()), default=2) * PERIOD, PERIOD)
    values = {name: points(given) for name, given in inputs.items()}
    context = Context(window, tuple(inputs), values, MetricMathAssumptions(**assumptions))
    result = typed(expression, inputs, {}).run(context)
    members = result if isinstance(result, tuple) else (result,)
    return [[member.get(time) for time in window.times] for member in members]


@pytest.mark.parametrize("row", rows("metric_math.csv"), ids=Row.name)
def test_the_published_results_hold(row):
    assert many(row["expression"], json.loads(row["inputs_json"])) == [json.loads(row["expected_json"])]


SIGNED = {"m": [-1.5, None, 2]}
PAIR = {"m": [None, 5, 4], "n": [3, None, 1]}
GAPS = {"m": [None, 2, None, 8, None]}
FILLED = {**GAPS, "n": [1, None, None, 1, 1], "none": [None] * 5}
ARRAY = {"m": [1, 5, None, None], "n": [None, 1, None, 4]}
NEVER = {"m": [None, None], "n": [1, 2]}
POOLS = {"p5": [20, None, None], "g6": [None, 8, None]}
"""One pool at its full concurrency and the other without instances, the other way round, and nothing running."""
CHOICE = {"m": [-1, 0, None, 1], "n": [3, 3, 3, None]}


@pytest.mark.parametrize(
    ("expression", "inputs", "expected", "assumptions"),
    [
        # Operators on single values.
        ("-m", SIGNED, [1.5, None, -2], {}),
        ("m^2", SIGNED, [2.25, None, 4], {}),
        ("m^0.5", SIGNED, [None, None, math.sqrt(2)], {}),
        ("m/0", SIGNED, [None, None, None], {}),
        ("0/m", SIGNED, [0, None, 0], {}),
        ("m*(1/0)", SIGNED, [None, None, None], {}),
        ("m > 1/0", SIGNED, [None, None, None], {}),
        ("1e200*(1e200*m)", SIGNED, [None, None, None], {}),
        ("2^(1000*m)", SIGNED, [0, None, None], {}),
        # A missing value is 0 where the other side has one.
        ("m AND n", PAIR, [0, 0, 1], {}),
        ("m OR n", PAIR, [1, 1, 1], {}),
        ("m != n", PAIR, [1, 1, 1], {}),
        ("m == 0", PAIR, [None, 0, 0], {}),
        ("m - n", PAIR, [-3, 5, 3], {}),
        # The published signal of two pools is diluted where one is empty: below its target of 0.7.
        ("(p5/20+g6/8)/2", POOLS, [0.5, 0.5, None], {}),
        ("MAX([p5/20, g6/8])", POOLS, [1, 1, None], {}),
        # Sums and fillers look along time.
        ("RUNNING_SUM(m)", GAPS, [None, 2, None, 10, None], {}),
        ("RUNNING_SUM(m)", GAPS, [None, 2, 2, 10, 10], {"running_sum_in_gaps": "carried"}),
        ("FILL(m, 7)", FILLED, [7, 2, 7, 8, 7], {}),
        ("FILL(m, REPEAT)", FILLED, [None, 2, 2, 8, 8], {}),
        ("FILL(m, LINEAR)", FILLED, [None, 2, 5, 8, None], {}),
        ("FILL(m, n)", FILLED, [1, 2, None, 8, 1], {}),
        ("FILL(m, AVG(none))", FILLED, GAPS["m"], {}),
        ("FILL(m, 0)", NEVER, [0, 0], {}),
        ("FILL(m, 0)", NEVER, [None, None], {"fill_of_empty": "nothing"}),
        ("FILL(m, REPEAT)", NEVER, [None, None], {}),
        ("FILL(m, LINEAR)", NEVER, [None, None], {}),
        ("TIME_SERIES(3)", {}, [3, 3], {}),
        ("TIME_SERIES(AVG(m))", NEVER, [None, None], {}),
        # Reductions of an array at each time, and of one series to a number.
        ("SUM([m, n])", ARRAY, [1, 6, None, 4], {}),
        ("AVG([m, n])", ARRAY, [0.5, 3, None, 2], {}),
        ("MAX([m, n])", ARRAY, [1, 5, None, 4], {}),
        ("MIN([m, n])", ARRAY, [1, 1, None, 4], {}),
        ("MIN([m, n])", ARRAY, [0, 1, None, 0], {"missing_extremes": "zero"}),
        ("MAX(-[m, n])", ARRAY, [0, -1, None, 0], {"missing_extremes": "zero"}),
        ("SUM(METRICS()*10)", ARRAY, [10, 60, None, 40], {}),
        ("SUM(10/[m, n])", ARRAY, [10, 12, None, 2.5], {}),
        ("AVG([m, n]/m)", ARRAY, [0.5, 0.6, None, None], {}),
        ("SUM(-[m, n])", ARRAY, [-1, -6, None, -4], {}),
        ("SUM(METRICS('x'))", ARRAY, [None] * 4, {}),
        ("FIRST(METRICS('x'))", ARRAY, [None] * 4, {}),
        ("FIRST(METRICS())", ARRAY, ARRAY["m"], {}),
        ("TIME_SERIES(SUM(m))", GAPS, [10] * 5, {}),
        ("TIME_SERIES(AVG(m))", GAPS, [2] * 5, {}),
        ("TIME_SERIES(AVG(m))", GAPS, [5] * 5, {"average_of_series": "points"}),
        ("TIME_SERIES(MIN(m))", GAPS, [2] * 5, {}),
        ("TIME_SERIES(MAX(m))", GAPS, [8] * 5, {}),
        *((f"n + {name}(m)", NEVER, [None, None], {}) for name in ("SUM", "AVG", "MIN", "MAX")),
        *((f"n + {name}(m)", NEVER, [1, 2], {"empty_reduction": "zero"}) for name in ("SUM", "AVG", "MIN", "MAX")),
        # The condition of IF.
        ("IF(m, 1, 2)", CHOICE, [1, 2, None, 1], {}),
        ("IF(m, n)", CHOICE, [3, None, None, 0], {}),
        ("IF(m, 1/0, 2)", CHOICE, [None, 2, None, None], {}),
        ("IF(m, 1, n)", CHOICE, [1, 3, None, 1], {}),
        ("IF(1, m, n)", CHOICE, CHOICE["m"], {}),
        ("IF(0, m, n)", CHOICE, CHOICE["n"], {}),
        ("IF(0, m)", CHOICE, [None] * 4, {}),
        ("IF(AVG(m), n, n)", NEVER, [None, None], {}),
        # Precedence and spelling.
        ("TIME_SERIES(1 + 2*3^2 - -1)", {}, [20, 20], {}),
        ("TIME_SERIES(-2^2)", {}, [-4, -4], {}),
        ("TIME_SERIES((1+2)*3)", {}, [9, 9], {}),
        ("TIME_SERIES(7-2-1)", {}, [4, 4], {}),
        ("TIME_SERIES(8/4/2)", {}, [1, 1], {}),
        ("TIME_SERIES(2*3 > 5 AND 1 == 1)", {}, [1, 1], {}),
        ("TIME_SERIES(0 AND 0 OR 1)", {}, [1, 1], {}),
        ("TIME_SERIES(0 && (0 || 1))", {}, [0, 0], {}),
        ("TIME_SERIES(1 != 1 || 2 <= 1)", {}, [0, 0], {}),
        ("TIME_SERIES(.5 + 1. + 1e1)", {}, [11.5, 11.5], {}),
    ],
)
def test_what_one_series_is(expression, inputs, expected, assumptions):
    assert many(expression, inputs, **assumptions) == [pytest.approx(expected)]


SORTED = {"a": [1, 1], "b": [5, None], "c": [None, None], "d": [2, 2]}
EQUAL = {"a": [3, 1], "b": [1, 3], "c": [2, 2]}


@pytest.mark.parametrize(
    ("expression", "inputs", "expected", "assumptions"),
    [
        ("METRICS()", SORTED, "abcd", {}),
        ("SORT(METRICS(), MAX, DESC)", SORTED, "bdac", {}),
        ("SORT(METRICS(), SUM, ASC, 2)", SORTED, "ad", {}),
        ("SORT(METRICS(), AVG, DESC)", SORTED, "bdac", {}),
        ("SORT(METRICS(), MIN, ASC)", SORTED, "cadb", {"empty_sorts": "first"}),
        ("REMOVE_EMPTY(METRICS())", SORTED, "abd", {}),
        ("[d, METRICS(), [a]]", SORTED, "dabcda", {}),
        ("SORT(METRICS(), SUM, ASC)", EQUAL, "abc", {}),
        ("SORT(METRICS(), SUM, DESC)", EQUAL, "abc", {}),
        ("RUNNING_SUM(METRICS())", {"m": [1, 61], "n": [1, 1]}, [[1, 62], [1, 2]], {}),
        ("FILL(METRICS(), n)", {"m": [None, 3], "n": [1, None]}, [[1, 3], [1, None]], {}),
        ('METRICS("errors")', {"b_errors": [1], "a_errors": [2], "requests": [4]}, [[1], [2]], {}),
        ("METRICS('x')", SORTED, "", {}),
    ],
)
def test_what_an_array_is(expression, inputs, expected, assumptions):
    """A string names the inputs that are expected."""
    series = [inputs[name] for name in expected] if isinstance(expected, str) else expected
    assert many(expression, inputs, **assumptions) == series


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        # The three that AWS was seen to refuse: radkawar/stackd captures, alarm_query_admission.json.
        ("AVG(m1)", "AVG(m1) is a number, but the result of an expression must be a time series"),
        ("STACKD_UNRESOLVED(m1)", "There is no function STACKD_UNRESOLVED."),
        ("m_missing+1", "No query has the id 'm_missing'. There are m1, m2."),
        # Names.
        ("AVERAGE(m1)", "There is no function AVERAGE. Did you mean AVG?"),
        ("avg(m1)", "There is no function avg. Functions are upper case: AVG."),
        ("metrics()", "Functions are upper case: METRICS."),
        ("SEARCH('{AWS/SageMaker} x', 'Sum')", "The function SEARCH is not supported"),
        ("RATE(m1)", "RATE is not supported: no expression that AWS publishes for scaling uses it."),
        ("m1/PERIOD(m1)", "The function PERIOD is not supported"),
        ('SELECT AVG(CPUUtilization) FROM "AWS/EC2"', "is a Metrics Insights query"),
        ("FOO + m1", "FOO is no word of metric math."),
        # Syntax.
        ("", "The expression is empty."),
        ("m1 +", "'m1 +' ends too early."),
        ("(m1", "ends too early. A value or a closing bracket is missing."),
        ("m1)", "unexpected ')' at character 3"),
        ("AVG(m1,)", "unexpected ')' at character 8"),
        ("m1 $ 2", "unexpected '$' at character 4"),
        ("m1 m2", "unexpected 'm2' at character 4"),
        ("m1 = 2", "Equality is written ==."),
        ("m1 and m2", "Operators are upper case: AND."),
        ("m1 or m2", "Operators are upper case: OR."),
        ("m1^2^3", "unexpected '^' at character 5. The order in which a chain"),
        ("m1 < m2 < 3", "unexpected '<' at character 9. The order in which a chain"),
        ("m1 * 1e999", "The number 1e999 is too large."),
        ("+m1", "unexpected '+' at character 1"),
        ("m1" + "+m1" * 300, "nested more than 200 levels deep"),
        ("-" * 300 + "m1", "nested more than 200 levels deep"),
        # Types.
        ("METRICS() + [m1]", "+ does not combine an array of time series with an array of time series."),
        ("METRICS() > 1", "> does not combine an array of time series with a number."),
        ("m1 && METRICS()", "AND does not combine a time series with an array"),
        ("m1 + 'text'", "+ does not combine a time series with a string."),
        ("-REPEAT", "There is no negative of REPEAT or LINEAR."),
        ("[m1, 3]", "An array holds time series, not a number. TIME_SERIES() makes a series"),
        ("['m1']", "An array holds time series, not a string."),
        ("'m1'", "'m1' is a string, not a time series."),
        ("SUM(3)", "SUM(S) is not possible. Possible is SUM(TS) or SUM(TS[]), where S is a number"),
        ("IF(1, 2, 3)", "IF(S, S, S) is not possible."),
        ("IF(METRICS(), 1, 2)", "IF(TS[], S, S) is not possible."),
        ("IF(m1)", "IF(TS) is not possible."),
        ("FIRST(m1)", "FIRST(TS) is not possible. Possible is FIRST(TS[])"),
        ("TIME_SERIES(m1)", "TIME_SERIES(TS) is not possible."),
        ("MAX(m1, m2)", "MAX(TS, TS) is not possible."),
        ("FILL(m1, DESC)", "FILL(TS, ASC or DESC) is not possible."),
        ("SORT(METRICS(), REPEAT, ASC)", "SORT(TS[], REPEAT or LINEAR, ASC or DESC) is not possible."),
        ("SORT(METRICS(), AVG, DESC, 0)", "SORT takes a whole number from 1 on as its limit, not 0."),
        ("SORT(METRICS(), AVG, DESC, 1.5)", "SORT takes a whole number from 1 on as its limit, not 1.5."),
        ("METRICS(m1)", "METRICS(TS) is not possible. Possible is METRICS() or METRICS(a string)"),
    ],
)
def test_expressions_that_are_refused(expression, message):
    with pytest.raises(MetricMathError) as caught:
        many(expression, {"m1": [1], "m2": [None]})
    assert isinstance(caught.value, ScaleproofError)
    assert message in str(caught.value)


def metric(name, *, returned=False, **stat):
    identity = {"Namespace": "N", "MetricName": name, "Dimensions": [{"Name": "B", "Value": "b"}]}
    identity["Dimensions"].append({"Name": "A", "Value": "a"})
    return {"Id": name, "MetricStat": {"Metric": identity, "Stat": "Maximum", **stat}, "ReturnData": returned}


def expression(name, text, *, returned=False):
    return {"Id": name, "Expression": text, "ReturnData": returned}


def result(queries, **inputs):
    """The values of the query that is returned."""
    window = Window(0, 180, PERIOD)
    found = QuerySet(parse_queries(queries)).points({name: points(values) for name, values in inputs.items()}, window)
    return [found.get(time) for time in window.times]


def test_expressions_are_evaluated_after_those_they_need():
    queries = [expression("e3", "MAX(e2) + e1", returned=True), expression("e1", "m1 * 2")]
    queries += [expression("e2", "[e1, m2]"), metric("m1"), metric("m2")]
    assert result(queries, m1=[1, 2], m2=[9]) == [11, 8, None]


def test_metrics_are_those_that_are_not_returned_as_well_but_no_expressions():
    queries = [metric("m1"), expression("e1", "m1*100"), metric("m2")]
    assert result([*queries, expression("e2", "SUM(METRICS())", returned=True)], m1=[1], m2=[2]) == [3, None, None]


def test_a_metric_without_data_is_one_that_was_never_published():
    queries = [metric("m1"), metric("m2"), expression("e1", "m1 + m2", returned=True)]
    assert result(queries, m1=[1, None, 3]) == [1, None, 3]


@pytest.mark.parametrize("sign", ["", "-"])
def test_what_is_larger_than_a_data_point_can_be_is_none(sign):
    """Later divisions by a target would overflow."""
    queries = [metric("m1"), expression("e1", f"{sign}m1 * 1e100", returned=True)]
    number = float(f"{sign}1e100")
    assert result(queries, m1=[1, 2.0**360 / 1e100 * 1.01, 1e207]) == [number, None, None]
    assert result(queries, m1=[1, 2.0**360 / 1e100 * 0.99])[1] == pytest.approx(number / 1e100 * 2.0**360 * 0.99)


def test_one_metric_alone_is_its_own_result():
    queries = [metric("m1", returned=True)]
    assert result(queries, m1=[1, None, 3]) == [1, None, 3]
    stat = MetricStat("N", "m1", (("A", "a"), ("B", "b")), "Maximum", 60)
    assert QuerySet(parse_queries(queries)).metrics == {"m1": stat}


def test_the_period_is_that_of_the_metrics_or_a_minute():
    def period(*queries):
        return QuerySet(parse_queries(queries)).period

    assert period(metric("m1", returned=True, Period=10)) == 10
    assert period(metric("m1", returned=True)) == 60
    assert period({**expression("e1", "TIME_SERIES(0)", returned=True), "Period": 10}) == 10


@pytest.mark.parametrize(
    ("queries", "message"),
    [
        ([metric("m1"), expression("e1", "m1")], r"Exactly one query must return data, not 0 \(none\)"),
        ([metric("m1", returned=True), expression("e1", "m1", returned=True)], r"not 2 \(m1, e1\)"),
        # ReturnData is true unless it says otherwise.
        ([{"Id": "e1", "Expression": "TIME_SERIES(1)"}, {"Id": "e2", "Expression": "e1"}], r"not 2 \(e1, e2\)"),
        ([], "not 0"),
        ([metric("m1"), expression("e1", "METRICS()", returned=True)], "e1 returns an array of time series"),
        ([metric("m1"), expression("e1", "AVG(m1)"), expression("e2", "m1", returned=True)], "e1: AVG"),
        ([expression("e1", "m9", returned=True)], "^Expression e1: No query has the id 'm9'. There are no other"),
        ([expression("e1", "AVERAGE(METRICS())", returned=True)], "^Expression e1: There is no function.*Did you"),
        ([expression("e1", "m1 +", returned=True)], r"^Expression e1: 'm1 \+' ends too early\."),
        ([expression("e1", "e1 + 1", returned=True)], "cannot need each other, nor themselves: e1"),
        ([expression("e1", "e2"), expression("e2", "e1", returned=True)], "cannot need each other"),
        ([metric("M1", returned=True)], "'M1' is not a valid id"),
        ([metric("m-1", returned=True)], "'m-1' is not a valid id"),
        ([metric("m" * 256, returned=True)], "is not a valid id"),
        ([metric("m1"), metric("m1", returned=True)], "two queries with the id m1"),
        ([{"Id": "m1"}], "'m1' must have either a MetricStat or an Expression"),
        ([{**metric("m1"), "Expression": "m1"}], "'m1' must have either a MetricStat or an Expression"),
        ([*(metric(f"m{i}") for i in range(11)), expression("e1", "m1", returned=True)], "11 metrics; at most 10"),
        ([metric("m1"), *(expression(f"e{i}", "m1") for i in range(11))], "11 expressions; at most 10"),
        ([expression("e1", "", returned=True)], "Expression e1 has 0 characters; 1 to 2048 are allowed"),
        ([metric("m1"), expression("e1", "m1" + " " * 2047, returned=True)], "Expression e1 has 2049 characters"),
        (
            [metric("m1", Period=10), metric("m2", Period=60), expression("e1", "m1+m2", returned=True)],
            "must have the same period, not 10 s, 60 s",
        ),
    ],
)
def test_queries_that_aws_refuses(queries, message):
    with pytest.raises(MetricMathError, match=message):
        QuerySet(parse_queries(queries))


def test_the_longest_ids_and_expressions_that_are_allowed():
    name = "m" * 255
    queries = parse_queries([metric(name), expression("e1", name + " " * (2048 - 255), returned=True)])
    assert QuerySet(queries).returned == "e1"
    assert QuerySet(parse_queries([*(metric(f"m{i}") for i in range(9)), metric("m9", returned=True)]))


@pytest.mark.parametrize(
    ("text", "pointwise"),
    [
        ("MAX([m1/8, m2/4])", True),
        ("(m1/8 + m2/4)/2 > 0.7", True),
        ("IF(m1 > 3, m1, 0)", True),
        ("SUM(METRICS('m'))/2", True),
        ("FILL(m1, REPEAT)", False),
        ("FILL(m1, 0)", False),
        ("m1 - AVG(m1)", False),
        ("RUNNING_SUM(m1)", False),
        ("FIRST(SORT(METRICS(), MAX, DESC))", False),
        ("SUM(SORT(METRICS(), MAX, DESC, 1))", False),
        ("FIRST(REMOVE_EMPTY(METRICS()))", False),
    ],
)
def test_whether_periods_may_be_evaluated_one_by_one(text, pointwise):
    queries = QuerySet(parse_queries([metric("m1"), metric("m2"), expression("e1", text, returned=True)]))
    assert queries.pointwise is pointwise


def pointwise_expression(chance, depth):
    """Any pointwise expression that gives one series of a, b and c."""
    if depth == 0:
        return chance.choice("abc")

    def inner():
        return pointwise_expression(chance, depth - 1)

    return chance.choice(
        [
            lambda: f"({inner()} {chance.choice('+-*/')} {inner()})",
            lambda: f"({inner()} {chance.choice(('<', '>=', '==', '!='))} {chance.choice((inner(), '1'))})",
            lambda: f"{chance.choice(('MAX', 'MIN', 'AVG', 'SUM'))}([{inner()}, {inner()}, {inner()}])",
            lambda: f"IF({inner()}, {chance.choice((inner(), '2'))}, {chance.choice((inner(), '3'))})",
            lambda: f"-({inner()})",
            lambda: f"({inner()} AND {inner()} OR {inner()} + {chance.random():.3f})",
        ]
    )()


@pytest.mark.parametrize("seed", range(60))
def test_a_pointwise_expression_gives_the_same_period_by_period(seed):
    chance = random.Random(seed)
    times, density = range(600, 600 + 12 * PERIOD, PERIOD), chance.random()
    inputs = {
        name: {time: chance.choice((-2.0, 0.0, 1.0, 3.5)) for time in times if chance.random() < density}
        for name in "abc"
    }
    text = pointwise_expression(chance, 3)
    queries = QuerySet(parse_queries([*map(metric, "abc"), expression("e", text, returned=True)]))
    assert queries.pointwise
    whole = queries.points(inputs, Window(times.start, times.stop, PERIOD), DEFAULT.math)
    pieces = {}
    for time in times:
        here = {name: {time: given[time]} for name, given in inputs.items() if time in given}
        pieces |= queries.points(here, Window(time, time + PERIOD, PERIOD), DEFAULT.math)
    assert pieces == whole, text
