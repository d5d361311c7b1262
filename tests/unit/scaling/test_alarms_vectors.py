"""Alarms against AWS's tables and what was seen of real ones (tests/vectors/alarm_*.csv)."""

import pytest

from scaleproof.scaling.alarms import (
    Alarm,
    AlarmSettings,
    AlarmStatus,
    Missing,
    Signal,
    State,
    admissible,
    decide,
    filled,
    recent,
    significant,
)
from scaleproof.scaling.metrics import MetricStat, Window
from scaleproof.scaling.parsing import parse_alarm

from .alarm_helpers import drawn, drawn_window, metric, seconds, settings
from .vectors import Row, rows


@pytest.mark.parametrize("row", rows("alarm_missing_data_tables.csv"), ids=Row.name)
def test_the_tables_of_missing_data(row):
    alarm = settings(int(row["n"]), int(row["m"]), row["treat_missing"])
    window, points = drawn_window(row["points"], 5), drawn(row["points"])
    expected = None if row["expected_state"] == "RETAIN" else State(row["expected_state"])
    assert decide(alarm, window, points) is expected
    assert filled(alarm, window, points) == int(row["missing_filled"])


@pytest.mark.parametrize("row", rows("alarm_premature.csv"), ids=Row.name)
def test_premature_alarms(row):
    alarm = settings(int(row["n"]), int(row["m"]), row["treat_missing"])
    state = decide(alarm, drawn_window(row["points"], alarm.evaluation_periods + 2), drawn(row["points"]))
    if row["expected_state"] == "NOT_ALARM":
        assert state is not State.ALARM
    else:
        assert state is State(row["expected_state"])


def alarm_of(row):
    """The alarm of a native transition; the metric m1 is what its expression is over."""
    period = int(row["period_s"])
    parameters = {
        "ComparisonOperator": row["comparison"],
        "Threshold": float(row["threshold"]),
        "EvaluationPeriods": int(row["n"]),
        "DatapointsToAlarm": int(row["m"]),
        "TreatMissingData": row["treat_missing"],
    }
    identity = {"Namespace": "Probe", "MetricName": "Signal"}
    if row["kind"].startswith("expression "):
        stat = {"Metric": identity, "Stat": row["statistic"], "Period": period}
        text = row["kind"].removeprefix("expression ")
        parameters["Metrics"] = [
            {"Id": "m1", "MetricStat": stat, "ReturnData": False},
            {"Id": "e1", "Expression": text, "Period": period, "ReturnData": True},
        ]
    else:
        parameters |= identity | {"Statistic": row["statistic"], "Period": period}
    return Alarm(parse_alarm(parameters))


@pytest.mark.parametrize("row", rows("alarm_native_transitions.csv"), ids=Row.name)
def test_transitions_of_real_alarms(row):
    at = seconds(row["date"], row["query_time_utc"])
    published = seconds(row["date"], row["published_utc"]) if row["published_utc"] else at
    pairs = (pair.split("=") for pair in row["points_utc"].split(";") if pair)
    known = {int(seconds(row["date"], time)): float(value) for time, value in pairs if published <= at}
    alarm = alarm_of(row)

    points = alarm.points(alarm.window(at), lambda _metric, _window: known)
    evaluation = alarm.evaluate(AlarmStatus(State(row["prior_state"])), at, points)

    assert evaluation.status.state is State(row["expected_state"])
    assert evaluation.changed
    if row["recent_datapoints"]:
        listed = tuple(None if x == "null" else float(x) for x in row["recent_datapoints"].split(";"))
        assert recent(alarm.settings, alarm.window(at), points) == listed


@pytest.mark.parametrize("row", rows("alarm_window_end.csv"), ids=Row.name)
def test_the_newest_period_of_real_evaluations(row):
    assert row["kind"].startswith("scalar")
    alarm = Alarm(settings(period=int(row["period_s"])))
    window = alarm.window(seconds(row["query_time_utc"]))
    assert window.times[-1] == seconds(row["newest_period_start_utc"])


@pytest.mark.parametrize("row", rows("alarm_low_sample_percentile.csv"), ids=Row.name)
def test_percentiles_of_few_samples(row):
    samples = int(row["samples"])
    source = metric(10, f"p{float(row['p']) * 100:g}")
    ignored = row["evaluate_low_sample"] == "ignore"
    alarm = AlarmSettings(source, "GreaterThanThreshold", 5, 1, 1, Missing.IGNORE, ignored)
    state = decide(alarm, Window(0, 70, 10), {60: 10.0}, {60: samples})
    assert state is (None if row["expected"] == "RETAIN" else State.ALARM)


@pytest.mark.parametrize("missing", Missing)
def test_too_few_samples_keep_the_state_however_missing_data_is_treated(missing):
    alarm = AlarmSettings(metric(10, "p90"), "GreaterThanThreshold", 5, 2, 2, missing, True)
    window, points = Window(0, 80, 10), {60: 10.0, 70: 10.0}
    assert decide(alarm, window, points, {60: 100, 70: 99}) is None
    assert decide(alarm, window, points, {60: 100}) is None
    assert decide(alarm, window, points, {60: 100, 70: 100}) is State.ALARM
    assert decide(alarm, window, {60: 0.0, 70: 10.0}, {60: 100, 70: 99}) is State.OK


@pytest.mark.parametrize("row", rows("alarm_signal_admission.csv"), ids=Row.name)
def test_signals_that_scaling_accepts(row):
    points = (100.0,) if row["recent_datapoints"] == "present" else ()
    signal = Signal(1_000.0, State.ALARM, points, repeated=False)
    assert admissible(signal, 1_000.0 + float(row["query_age_s"])) is (row["expected"] == "accepted")


@pytest.mark.parametrize(
    ("statistic", "enough"),
    [
        ("p50", 20),
        ("p99", 1_000),
        ("p99.9", 10_000),
        ("p10", 100),
        ("p0.1", 10_000),
        ("p100", 0),
        ("tm99", 0),
    ],
)
def test_how_many_samples_a_percentile_needs(statistic, enough):
    source = MetricStat("N", "m", (), statistic, 10)
    assert significant(source, enough)
    assert not enough or not significant(source, enough - 1)
