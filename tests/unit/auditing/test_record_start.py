"""Where a record begins, and what there is at its start."""

import itertools
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from scaleproof.auditing import history, reading
from scaleproof.errors import ScaleproofError
from scaleproof.scaling.alarms import Alarm, AlarmSettings, State
from scaleproof.scaling.metrics import MetricStat
from scaleproof.scaling.parsing import parse_alarm
from scaleproof.studies.assumptions import DEFAULT, alternatives
from scaleproof.times import MINUTE

from .conftest import END, START, activity, count, moment


def test_it_begins_a_cooldown_earlier_and_judges_from_the_start(api):
    case = api.case()
    assert case.start == pytest.approx(START - 600, abs=0.01)
    assert case.judged == pytest.approx(START, abs=0.01)
    assert case.notes == ()
    assert api.case(END - 0.5).judged == pytest.approx(END - 0.5, abs=0.01)


@pytest.mark.parametrize(("high", "low"), [(1, 15), (15, 1)])
def test_of_two_alarms_on_a_metric_the_one_that_looks_back_further_counts(api, high, low):
    api.policy["Alarms"].append({"AlarmName": "low", "AlarmARN": "arn"})
    api.alarm["EvaluationPeriods"] = high
    api.more = [{**api.alarm, "AlarmName": "low", "EvaluationPeriods": low}]
    api.case()
    furthest = max(history.reach(parse_alarm(alarm)) for alarm in (api.alarm, *api.more))
    assert START - 600 - min(one["StartTime"] for one in api.requests["get_metric_data"]) >= furthest


def test_without_policies_it_begins_at_the_start(api):
    api.policy["PolicyType"] = "PredictiveScaling"
    with pytest.raises(ScaleproofError, match="PredictiveScaling is not modelled"):
        api.case()
    api.policies = []
    assert api.case().start == pytest.approx(START, abs=0.01)


@pytest.mark.parametrize("period", [10, 60, 300])
def test_data_is_read_as_far_back_as_an_alarm_looks_with_any_assumption(period):
    settings = AlarmSettings(MetricStat("Own", "load", (), "Average", period), "GreaterThanThreshold", 50.0, 3)
    models = [DEFAULT.set(name, value) for name, value in alternatives()]
    alarms = [Alarm(settings, assumptions=model.alarms) for model in models]
    looks = [moment - alarm.window(moment).start for alarm in alarms for moment in range(MINUTE, 2 * MINUTE)]
    assert max(looks) < history.reach(settings) <= max(looks) + MINUTE


def test_it_begins_when_the_target_was_registered(api):
    api.target["CreationTime"] = moment(500)
    case = api.case()
    assert case.start == case.judged == pytest.approx(START + 500, abs=0.01)
    assert "when the scalable target was registered" in case.notes[0]
    api.target["CreationTime"] = datetime.fromtimestamp(int(START), UTC)
    assert api.case(int(START)).notes == (), "it begins as asked"
    api.target["CreationTime"] = datetime.fromtimestamp(round(END, 3), UTC)
    assert api.case().start == pytest.approx(END, abs=0.01)
    api.target["CreationTime"] = moment(3_601)
    with pytest.raises(ScaleproofError, match=r"the record begins at .*, after its end\. Audit a later time"):
        api.case()


def test_it_begins_when_the_alarm_was_configured(api):
    api.alarm["AlarmConfigurationUpdatedTimestamp"] = moment(1_000)
    case = api.case()
    assert case.start == case.judged == pytest.approx(START + 1_000, abs=0.01)
    assert "when alarms were configured last" in case.notes[0]


def test_it_begins_where_there_is_data(api):
    """Alarms whose data is gone at the same time give one beginning."""
    api.alarm["Period"] = 10
    api.policy["Alarms"].append({"AlarmName": "low", "AlarmARN": "arn"})
    api.more = [{**api.alarm, "AlarmName": "low", "ComparisonOperator": "LessThanThreshold"}]
    case = api.case(END - 86_400)
    assert case.alarms.keys() == {"high", "low"}
    # Of three hours from now, whatever END was, the alarm looks at the first minutes.
    oldest = time.time() - 3 * 3_600
    assert oldest < case.start < oldest + 400
    (note,) = case.notes
    assert "CloudWatch has no older data of 10 s" in note


def test_data_is_gone_when_the_last_answer_is_read(api):
    api.alarm["Period"] = 10
    capture = reading.capture(api, "speech", END - 7_200, END)
    assert history.case(capture).notes == ()
    *others, last = capture.answers
    case = history.case(replace(capture, answers=(*others, replace(last, requested_at=END + 3_600))))
    assert "CloudWatch has no older data of 10 s" in case.notes[0]


def test_a_change_under_way_ends_first(api):
    api.activities = [count(-620, 4, EndTime=moment(200))]
    case = api.case()
    assert case.start == pytest.approx(START + 200, abs=0.01)
    assert case.count == 4


def test_instances_at_the_start(api):
    assert api.case().count == 5, "nothing happened: as many as now"
    api.activities = [count(100, 6)]
    case = api.case()
    assert case.count == 3, "the initial count"
    assert "name another one with --instances" in case.notes[0]
    assert api.case(count=7).count == 7
    api.activities[:0] = [count(-6_000, 4), count(-5_000, 2), count(-4_000, 8, StatusCode="Failed")]
    assert api.case().count == 2, "that of the last change; what failed counts for nothing"


def test_bounds_at_the_start(api):
    assert (api.case().target.min, api.case().target.max) == (1, 9)
    night = activity(200, "Setting min capacity to 0 and max capacity to 2", "scheduled action name n")
    api.activities = [night]
    case = api.case()
    assert "what the bounds were at the start" in case.notes[0]
    assert [(round(one.start - START), one.bounds) for one in case.activities] == [(200, (0, 2))]
    api.activities[:0] = [
        activity(seconds, f"Setting min capacity to {low}", "scheduled action name d")
        for seconds, low in ((-9_500, 6), (-9_000, 4))
    ]
    case = api.case()
    assert (case.target.min, case.target.max, case.notes) == (4, 9, ())
    api.activities, api.target["CreationTime"] = [night], moment(200)  # it sets them when the case begins
    case = api.case()
    assert (case.target.min, case.target.max, case.activities[0].bounds) == (1, 9, (0, 2))


@pytest.mark.parametrize(("late", "least", "instances"), [(0, 1, 5), (1, 6, 4)])
def test_what_is_answered_when_the_case_begins_holds_then(api, late, least, instances):
    """Whatever set the bounds and the count before it."""
    api.activities = [activity(-9_500, "Setting min capacity to 6", "scheduled action name d"), count(-6_000, 4)]
    capture = reading.capture(api, "speech", START, END)
    begin = history.case(capture).start
    answers = tuple(replace(answer, requested_at=begin + late) for answer in capture.answers)
    case = history.case(replace(capture, answers=answers))
    assert (case.target.min, case.count) == (least, instances)


def test_what_happens_as_it_begins_or_ends_is_part_of_it(api):
    """Count and state at the start are those before it."""
    start, end = int(START), int(END)
    times = [start - 601, start - 600, end, end + 1]  # a cooldown before the start
    api.activities = [count(time - START, number, EndTime=moment(time - START)) for number, time in enumerate(times)]
    pairs = itertools.pairwise(("ALARM", "OK", "ALARM", "OK"))
    api.history = [(time - START, *pair) for time, pair in zip(times[1:], pairs, strict=True)]
    case = history.case(reading.capture(api, "speech", start, end))
    assert (case.count, case.alarms["high"].state) == (0, State.ALARM)
    assert [activity.start for activity in case.activities] == times[1:3]
    assert [transition.time for transition in case.transitions] == times[1:3]
