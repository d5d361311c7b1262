"""What metric math refuses, and that each message names what is wrong."""

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.metric_math import MetricMathError, QuerySet
from scaleproof.scaling.parsing import parse_queries

from .metric_math_helpers import one


def refusal(expression):
    with pytest.raises(MetricMathError) as caught:
        one(expression, m1=[1], m2=[None])
    assert isinstance(caught.value, ScaleproofError)
    return str(caught.value)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        # The three that AWS was seen to refuse: radkawar/stackd captures, alarm_query_admission.json.
        ("AVG(m1)", "AVG(m1) is a number, but the result of an expression must be a time series"),
        ("STACKD_UNRESOLVED(m1)", "There is no function STACKD_UNRESOLVED."),
        ("m_missing+1", "No query has the id 'm_missing'. There are m1, m2."),
        ("AVERAGE(m1)", "There is no function AVERAGE. Did you mean AVG?"),
        ("avg(m1)", "There is no function avg. Functions are upper case: AVG."),
        ("metrics()", "Functions are upper case: METRICS."),
        ("SEARCH('{AWS/SageMaker} x', 'Sum')", "The function SEARCH is not supported"),
        ("ANOMALY_DETECTION_BAND(m1)", "The function ANOMALY_DETECTION_BAND is not supported"),
        ("INSIGHT_RULE_METRIC('rule', 'Sum')", "The function INSIGHT_RULE_METRIC is not supported"),
        ("SERVICE_QUOTA(m1)", "The function SERVICE_QUOTA is not supported"),
        ("LAMBDA('f')", "The function LAMBDA is not supported"),
        ("DB_PERF_INSIGHTS('RDS')", "The function DB_PERF_INSIGHTS is not supported"),
        ("RATE(m1)", "RATE is not supported: no expression that AWS publishes for scaling uses it."),
        ("m1/PERIOD(m1)", "The function PERIOD is not supported"),
        ('SELECT AVG(CPUUtilization) FROM "AWS/EC2"', "is a Metrics Insights query"),
    ],
)
def test_names_that_are_not_known_here(expression, message):
    assert message in refusal(expression)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
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
        ("FOO + m1", "FOO is no word of metric math."),
        ("m1" + "+m1" * 300, "nested more than 200 levels deep"),
        ("-" * 300 + "m1", "nested more than 200 levels deep"),
    ],
)
def test_text_that_is_no_expression(expression, message):
    assert message in refusal(expression)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("METRICS() + [m1]", "+ does not combine an array of time series with an array of time series."),
        ("METRICS() > 1", "> does not combine an array of time series with a number."),
        ("m1 AND METRICS()", "AND does not combine a time series with an array"),
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
        ("FILL(m1)", "FILL(TS) is not possible."),
        ("FILL(m1, DESC)", "FILL(TS, ASC or DESC) is not possible."),
        ("SORT(METRICS(), REPEAT, ASC)", "SORT(TS[], REPEAT or LINEAR, ASC or DESC) is not possible."),
        ("SORT(METRICS(), AVG, DESC, 0)", "SORT takes a whole number from 1 on as its limit, not 0."),
        ("SORT(METRICS(), AVG, DESC, 1.5)", "SORT takes a whole number from 1 on as its limit, not 1.5."),
        ("METRICS(m1)", 'METRICS takes nothing or one string, as in METRICS("errors").'),
        ("METRICS('a', 'b')", "METRICS takes nothing or one string"),
    ],
)
def test_types_that_do_not_fit(expression, message):
    assert message in refusal(expression)


def test_the_expression_at_fault_is_named():
    with pytest.raises(MetricMathError, match=r"^Expression signal: There is no function AVERAGE\. Did you mean"):
        QuerySet(parse_queries([{"Id": "signal", "Expression": "AVERAGE(METRICS())"}]))
    with pytest.raises(MetricMathError, match=r"^Expression signal: 'm1 \+' ends too early\."):
        QuerySet(parse_queries([{"Id": "signal", "Expression": "m1 +"}]))
