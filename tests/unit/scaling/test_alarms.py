"""Alarms: AWS's tables and what was seen of real ones (tests/vectors/alarm_*.csv), times, signals, parameters."""

import itertools

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.alarms import (
    NEW,
    Alarm,
    AlarmError,
    AlarmSettings,
    AlarmStatus,
    Missing,
    Signal,
    State,
    admissible,
    arrives,
    decide,
    recent,
)
from scaleproof.scaling.assumptions import AlarmAssumptions
from scaleproof.scaling.metrics import MetricStat, Window
from scaleproof.scaling.parsing import parse_alarm

from .alarm_helpers import seconds, settings
from .vectors import Row, rows

VALUES = {"0": 0.0, "X": 100.0}
EVALUATIONS = [*rows("alarm_missing_data_tables.csv"), *rows("alarm_premature.csv")]


@pytest.mark.parametrize("row", EVALUATIONS, ids=Row.name)
def test_the_documented_states(row):
    """The row draws periods, oldest first: "0 - X" is one that does not breach, one without data, one that does."""
    alarm = settings(int(row["n"]), int(row["m"]), row["treat_missing"])
    signs = row["points"].split()
    points = {60 * place: VALUES[sign] for place, sign in enumerate(signs) if sign != "-"}
    end = 60 * len(signs)
    found = decide(alarm, Window(end - 60 * (alarm.evaluation_periods + 2), end, 60), points)
    expected = row["expected_state"]
    assert found is not State.ALARM if expected == "NOT_ALARM" else (found or "RETAIN") == expected


@pytest.mark.parametrize("row", rows("alarm_native_transitions.csv"), ids=Row.name)
def test_transitions_of_real_alarms(row):
    period, at = int(row["period_s"]), seconds(row["date"], row["query_time_utc"])
    metric = {"Namespace": "Probe", "MetricName": "Signal"}
    watched = {**metric, "Statistic": row["statistic"], "Period": period}
    if row["kind"].startswith("expression "):
        stat = {"Metric": metric, "Stat": row["statistic"], "Period": period}
        expression = {"Expression": row["kind"].removeprefix("expression "), "Period": period}
        watched = {"Metrics": [{"Id": "m1", "MetricStat": stat, "ReturnData": False}, {"Id": "e1", **expression}]}
    parameters = {"ComparisonOperator": row["comparison"], "Threshold": row["threshold"]}
    parameters |= {"EvaluationPeriods": row["n"], "DatapointsToAlarm": int(row["m"])}
    alarm = Alarm(parse_alarm({**watched, **parameters, "TreatMissingData": row["treat_missing"]}))
    published = not row["published_utc"] or seconds(row["date"], row["published_utc"]) <= at
    pairs = [pair.split("=") for pair in row["points_utc"].split(";") if pair and published]
    known = {int(seconds(row["date"], time)): float(value) for time, value in pairs}

    points = alarm.points(alarm.window(at), lambda _metric, _window: known)
    evaluation = alarm.evaluate(AlarmStatus(State(row["prior_state"])), at, points)

    assert evaluation.status.state is State(row["expected_state"])
    assert evaluation.changed
    if row["recent_datapoints"]:
        listed = tuple(None if x == "null" else float(x) for x in row["recent_datapoints"].split(";"))
        assert recent(alarm.settings, alarm.window(at), points) == listed


PICTURES = [dict(zip(range(0, 420, 60), p, strict=True)) for p in itertools.product((None, 0.0, 100.0), repeat=7)]


@pytest.mark.parametrize("missing", Missing)
@pytest.mark.parametrize(("n", "m"), [(1, 1), (3, 2), (5, 5), (5, 3)])
def test_every_pattern_of_seven_points_keeps_the_rules(n, m, missing):
    """Laws that hold for all 2187 patterns of what is missing, fine and breaching."""
    alarm = settings(n, m, missing)
    window = Window(0, 420, 60)
    for picture in PICTURES:
        points = {time: value for time, value in picture.items() if value is not None}
        state = decide(alarm, window, points)
        newest = [points[time] for time in sorted(points)][-n:]
        if len(newest) == n:
            # With N points the treatment of missing data does not matter.
            assert state is (State.ALARM if newest.count(100.0) >= m else State.OK)
        elif newest.count(100.0) >= m:
            assert state is State.ALARM
        elif state is State.ALARM:
            assert missing is Missing.BREACHING or (missing is Missing.MISSING and 0.0 not in newest)
        else:
            assert state is not State.INSUFFICIENT_DATA or (missing is Missing.MISSING and 0.0 not in newest)
            assert state is not None or (missing is Missing.IGNORE and 0.0 not in newest)
        extra = {**points, 480: 100.0, -60: 0.0}
        assert decide(alarm, window, extra) is state


@pytest.mark.parametrize(
    ("comparison", "expected"),
    [
        ("GreaterThanThreshold", "OK OK ALARM"),
        ("GreaterThanOrEqualToThreshold", "OK ALARM ALARM"),
        ("LessThanThreshold", "ALARM OK OK"),
        ("LessThanOrEqualToThreshold", "ALARM ALARM OK"),
    ],
)
def test_comparisons_at_the_threshold(comparison, expected):
    alarm = settings(1, comparison=comparison)
    states = [decide(alarm, Window(0, 60, 60), {0: value}) for value in (49.9, 50.0, 50.1)]
    assert " ".join(map(str, states)) == expected


# Times.


@pytest.mark.parametrize(("start", "end", "period"), [(0, 60, 0), (60, 0, 60), (0, 90, 60)])
def test_what_is_no_window(start, end, period):
    with pytest.raises(ScaleproofError, match="is not a whole number of periods"):
        Window(start, end, period)


@pytest.mark.parametrize("row", rows("alarm_window_end.csv"), ids=Row.name)
def test_the_newest_period_of_real_evaluations(row):
    window = Alarm(settings(period=int(row["period_s"]))).window(seconds(row["query_time_utc"]))
    assert window.times[-1] == seconds(row["newest_period_start_utc"])


@pytest.mark.parametrize(
    ("period", "n", "interval", "periods"),
    [
        (10, 3, 10, 9),
        (20, 30, 10, 33),
        (30, 1, 10, 3),
        (60, 3, 60, 5),
        (60, 15, 60, 17),
        (300, 1, 60, 3),
        (60, 1440, 60, 1442),
        (3_600, 25, 3_600, 27),
    ],
)
def test_the_interval_between_evaluations_and_the_periods_that_are_retrieved(period, n, interval, periods):
    alarm = Alarm(settings(n, period=period))
    assert (alarm.interval, len(alarm.window(100_000.0).times)) == (interval, periods)


def test_the_range_slides_by_the_minute_and_over_more_than_a_day_by_the_hour():
    """Source: alarm-evaluation.html; minutes 1-5 at the end of minute 5, 2-6 at the end of minute 6."""
    alarm = Alarm(settings(1, period=300), assumptions=AlarmAssumptions(extra_periods=0))
    assert alarm.window(5 * 60 + 15) == Window(0, 300, 300)
    assert alarm.window(6 * 60 + 15) == Window(60, 360, 300)
    hourly = Alarm(settings(30, period=3_600), phase=125.0)
    assert hourly.next_evaluation(400_000.0) == 112 * 3_600 + 125
    assert hourly.window(112 * 3_600 + 125).end == 112 * 3_600


def test_expressions_see_data_up_to_the_evaluation():
    queries = [{"Id": "e1", "Expression": "TIME_SERIES(0)", "Period": 10}]
    parameters = {"ComparisonOperator": "GreaterThanThreshold", "Threshold": 5, "EvaluationPeriods": 1}
    assert Alarm(parse_alarm({**parameters, "Metrics": queries})).window(78.195).end == 70
    assert Alarm(settings(1, period=10)).window(78.195).end == 60
    assert Alarm(settings(1, period=10), assumptions=AlarmAssumptions(metric_cutoff=0)).window(78.195).end == 70


@pytest.mark.parametrize("phase", [0.0, 4.36, 9.999, 59.08])
@pytest.mark.parametrize("start", [0.0, 1_789_348_465.123])
def test_evaluations_keep_their_phase_and_never_repeat_a_moment(phase, start):
    alarm = Alarm(settings(period=10 if phase < 10 else 60), phase)
    at = alarm.next_evaluation(start)
    assert start < at <= start + alarm.interval + 1e-6
    for _ in range(2_000):
        following = alarm.next_evaluation(at)
        assert following - at == pytest.approx(alarm.interval, abs=1e-5)
        assert (following - phase + 1e-6) % alarm.interval < 2e-6
        at = following


def reaction(period, n, phase, lag=0.0):
    """Seconds from a step at the start of a minute to the alarm; data is readable `lag` after its period."""
    alarm = Alarm(settings(n, period=period), phase)
    step, known, at = 6_000, dict[int, float](), 0.0
    while True:
        at = alarm.next_evaluation(at)
        while (start := len(known) * period) + period + lag <= at:
            known[start] = 100.0 if start >= step else 0.0
        if alarm.evaluate(NEW, at, known).status.state is State.ALARM:
            return at - step


@pytest.mark.parametrize(("period", "n", "fast", "slow"), [(60, 3, 190, 250), (10, 3, 40, 50), (20, 3, 70, 90)])
def test_how_long_a_step_takes_to_be_seen(period, n, fast, slow):
    """The periods, the cut-off and the phase: 180 s + 10..70 s at 60 s, 30 s + 10..20 s at 10 s."""
    every = Alarm(settings(n, period=period)).interval
    seen = [reaction(period, n, every * phase / 20) for phase in range(20)]
    assert fast <= min(seen)
    assert max(seen) <= slow
    assert max(seen) - min(seen) >= every * 0.9


def test_late_data_delays_the_alarm_by_as_much():
    assert reaction(10, 3, 5.0, lag=30.0) - reaction(10, 3, 5.0) == 20.0


# Signals.


def signals(alarm, points, end):
    """The times of a new alarm's signals, negative for repeats; a point is readable once its period is over."""
    status, at, found = NEW, 0.0, []
    while (at := alarm.next_evaluation(at)) <= end:
        known = {time: value for time, value in points.items() if time + alarm.settings.period <= at}
        status, _, signal = alarm.evaluate(status, at, known)
        found += [-at if signal.repeated else at] if signal else []
    return found


LONG = dict.fromkeys(range(20, 200, 10), 100.0)
ONCE_A_MINUTE = {"assumptions": AlarmAssumptions(repeat_high_resolution=60.0)}


@pytest.mark.parametrize(
    ("period", "options", "points", "end", "expected"),
    [
        (60, {"phase": 30.0}, {60: 100.0, 120: 100.0, 180: 0.0}, 400.0, [150, -210]),
        (10, {}, LONG, 100.0, [40, -50, -60, -70, -80, -90, -100]),
        (10, ONCE_A_MINUTE, LONG, 100.0, [40, -100]),
        # A state that ends and returns signals at once.
        (10, ONCE_A_MINUTE, {0: 100.0, 10: 0.0, 20: 100.0}, 40.0, [20, 40]),
        # Only states with actions send signals.
        (60, {}, {0: 0.0}, 400.0, []),
        (60, {"acting": (State.OK,), "phase": 10.0}, {0: 0.0}, 70.0, [70]),
        (60, {"acting": tuple(State)}, {}, 400.0, []),
    ],
)
def test_when_signals_are_sent(period, options, points, end, expected):
    assert signals(Alarm(settings(1, period=period), **options), points, end) == expected


def test_what_a_signal_and_its_repeat_carry():
    """Data from before the creation counts; a repeat leaves when the state began."""
    alarm = Alarm(settings())
    first = alarm.evaluate(NEW, 195.0, {0: 100.0, 60: 100.0, 120: 100.0})
    assert first == (AlarmStatus(State.ALARM, 195.0, 195.0), True, (195.0, State.ALARM, (100.0,) * 3, False))
    again = alarm.evaluate(first.status, 255.0, {60: 100.0, 120: 100.0, 180: 99.0})
    assert again.status == (State.ALARM, 195.0, 255.0)
    assert again.signal == (255.0, State.ALARM, (100.0, 100.0, 99.0), True)
    assert arrives(again.signal, AlarmAssumptions(action_delay=0.25)) == 255.25


def test_an_alarm_that_is_found_in_its_state_goes_on_signalling():
    evaluation = Alarm(settings(1)).evaluate(AlarmStatus(State.ALARM, since=10.0), 70.0, {0: 100.0})
    assert evaluation.signal
    assert evaluation.signal.repeated


def test_evaluations_a_little_early_still_repeat():
    alarm, points = Alarm(settings(1)), {0: 100.0}
    first = alarm.evaluate(NEW, 70.020, points)
    assert alarm.evaluate(first.status, 129.990, points).signal is not None
    assert alarm.evaluate(first.status, 80.0, points).signal is None


@pytest.mark.parametrize("before", State)
def test_ignored_missing_data_keeps_every_state(before):
    status = AlarmStatus(before, 10.0, 10.0)
    assert Alarm(settings(missing="ignore"), acting=()).evaluate(status, 600.0, {}) == (status, False, None)


ADMITTED = [
    (float(row["query_age_s"]), (100.0,) if row["recent_datapoints"] == "present" else (), row["expected"])
    for row in rows("alarm_signal_admission.csv")
]


@pytest.mark.parametrize(
    ("age", "points", "expected"), [*ADMITTED, (10.0, (100.0,), "accepted"), (10.1, (100.0,), "refused")]
)
def test_signals_that_scaling_accepts(age, points, expected):
    signal = Signal(1_000.0, State.ALARM, points, repeated=False)
    assert admissible(signal, 1_000.0 + age) is (expected == "accepted")


def test_an_alarm_that_missing_data_breaches_is_not_acted_on():
    signal = Alarm(settings(1, missing="breaching")).evaluate(NEW, 70.0, {}).signal
    assert not admissible(signal, 70.2)


# Parameters of PutMetricAlarm.

WAKE_UP = {
    "AlarmName": "asr-wake-up",
    "Namespace": "AWS/SageMaker",
    "MetricName": "HasBacklogWithoutCapacity",
    "Dimensions": [{"Name": "EndpointName", "Value": "asr"}],
    "Statistic": "Average",
    "Period": 60,
    "EvaluationPeriods": 2,
    "DatapointsToAlarm": 2,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    "Threshold": 1,
    "TreatMissingData": "missing",
}
"""The alarm of https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-autoscale.html."""
MATH = [{"Id": "e1", "Expression": "TIME_SERIES(1)"}]
ON_MATH = {"Namespace": None, "MetricName": None, "Statistic": None, "Metrics": MATH}


def test_an_alarm_on_a_metric():
    metric = MetricStat("AWS/SageMaker", "HasBacklogWithoutCapacity", (("EndpointName", "asr"),), "Average", 60)
    assert parse_alarm(WAKE_UP) == AlarmSettings(metric, "GreaterThanOrEqualToThreshold", 1.0, 2, 2, Missing.MISSING)
    assert parse_alarm({**WAKE_UP, "EvaluationWindow": {"SlidingWindow": {}}}) == parse_alarm(WAKE_UP)


@pytest.mark.parametrize(
    ("change", "name", "value"),
    [
        ({"Unit": "Count"}, "source.unit", "Count"),
        ({"Namespace": "Acme"}, "source.namespace", "Acme"),
        ({"Statistic": "Sum"}, "source.statistic", "Sum"),
        ({"Statistic": None, "ExtendedStatistic": "p90"}, "source.statistic", "p90"),
        ({"Period": 120}, "source.period", 120),
        ({"DatapointsToAlarm": None}, "m", 2),
        ({"TreatMissingData": None}, "missing", "missing"),
        ({"EvaluationPeriods": 1_440}, "evaluation_periods", 1_440),
        ({"Period": 3_600, "EvaluationPeriods": 168}, "evaluation_periods", 168),
        # Alarms on DynamoDB ignore missing data whatever they say: API_PutMetricAlarm.html, TreatMissingData.
        ({"Namespace": "AWS/DynamoDB", "TreatMissingData": "breaching"}, "missing", "ignore"),
        (ON_MATH, "missing", "missing"),
        (ON_MATH, "period", 60),
    ],
)
def test_what_is_read_and_what_is_left_out(change, name, value):
    found = parse_alarm({**WAKE_UP, **change})
    for part in name.split("."):
        found = getattr(found, part)
    assert found == value


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Period": 15}, "The Period is 10, 20, 30 or a multiple of 60 s, not 15 s."),
        ({"Period": 90}, "not 90 s"),
        ({"Period": 1}, "not 1 s"),
        ({"EvaluationPeriods": 0}, "EvaluationPeriods is 0 at a Period of 60 s."),
        ({"EvaluationPeriods": 1_441}, "all periods together are at most 86400 s long"),
        ({"Period": 3_600, "EvaluationPeriods": 169}, "at most 604800 s long"),
        ({"DatapointsToAlarm": 3}, r"DatapointsToAlarm is 1 to EvaluationPeriods \(2\), not 3."),
        ({"DatapointsToAlarm": 0}, "not 0"),
        ({"ComparisonOperator": "GreaterThanUpperThreshold"}, "ComparisonOperator GreaterThanUpperThreshold is not"),
        ({"TreatMissingData": "drop"}, "TreatMissingData is 'drop'. It is one of missing, ignore, breaching, notBr"),
        ({"Threshold": None}, "The alarm has no Threshold."),
        ({"Period": None}, "The alarm has no Period."),
        ({"MetricName": None}, "The alarm has no MetricName."),
        ({"Statistic": None}, "either a Statistic or an ExtendedStatistic"),
        ({"ExtendedStatistic": "p90"}, "either a Statistic or an ExtendedStatistic"),
        ({"Metrics": MATH}, "either a MetricName or Metrics, not both"),
        ({"ThresholdMetricId": "ad1"}, "ThresholdMetricId: alarms with anomaly detection are not supported."),
        ({"EvaluationCriteria": {"PromQLCriteria": {}}}, "EvaluationCriteria: alarms with PromQL are not"),
        ({"WarmUpConfiguration": {"WarmUpPeriodDurationInMinutes": 5}}, "WarmUpConfiguration: alarms with a warm-up"),
        ({"EvaluationWindow": {"WallClockWindow": {}}}, "EvaluationWindow: only sliding windows are supported"),
    ],
)
def test_alarms_that_are_refused(change, message):
    with pytest.raises(AlarmError, match=message) as caught:
        parse_alarm({**WAKE_UP, **change})
    assert isinstance(caught.value, ScaleproofError)
