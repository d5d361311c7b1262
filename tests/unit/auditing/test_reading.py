"""What is read of an API that answers as AWS does: where a record begins, and what is taken as given."""

import itertools
import json
import time
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from scaleproof.auditing import history, reading
from scaleproof.auditing.audit import audited
from scaleproof.endpoints import answers
from scaleproof.endpoints.checks import EndpointError
from scaleproof.endpoints.live import scope
from scaleproof.errors import FailedError, ScaleproofError
from scaleproof.scaling.alarms import Alarm, AlarmSettings, State, Transition
from scaleproof.scaling.autoscaling import Code, NotScaled, Status
from scaleproof.scaling.endpoint import Suspended
from scaleproof.scaling.metrics import MetricStat
from scaleproof.scaling.parsing import parse_alarm
from scaleproof.studies.assumptions import DEFAULT, alternatives
from scaleproof.times import MINUTE

END = time.time()
START = END - 3_600
POLICY = "arn:aws:autoscaling:us-east-1:111122223333:scalingPolicy:1:resource/sagemaker/x:policyName/step"
SCOPE = scope("speech", "AllTraffic")
CAUSE = "monitor alarm high in state ALARM triggered policy step"


def moment(seconds):
    """So many seconds after the start."""
    return datetime.fromtimestamp(START + seconds, UTC)


def activity(seconds, what, cause=CAUSE, **more):
    answer = {**SCOPE, "ActivityId": "a", "Description": what, "Cause": cause, "StatusCode": "Successful"}
    return {**answer, "StartTime": moment(seconds), "EndTime": moment(seconds + 60), **more}


def count(seconds, number, cause=CAUSE, **more):
    return activity(seconds, f"Setting desired instance count to {number}.", cause, **more)


EACH_MINUTE = {
    **SCOPE,
    "ScheduledActionName": "a",
    "ScheduledActionARN": "arn",
    "CreationTime": moment(0),
    "Schedule": "cron(* * * * ? *)",
    "ScalableTargetAction": {"MinCapacity": 4},
}


class Api:
    """All clients in one. Members of the answers can be changed."""

    def __init__(self):
        self.target = {
            **SCOPE,
            "MinCapacity": 1,
            "MaxCapacity": 9,
            "RoleARN": "arn",
            "CreationTime": moment(-100_000),
        }
        self.variants = [{"VariantName": "AllTraffic", "DesiredInstanceCount": 5}]
        self.policy = {
            **SCOPE,
            "PolicyName": "step",
            "PolicyARN": POLICY,
            "PolicyType": "StepScaling",
            "StepScalingPolicyConfiguration": {
                "AdjustmentType": "ChangeInCapacity",
                "StepAdjustments": [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}],
                "Cooldown": 600,
            },
            "Alarms": [{"AlarmName": "high", "AlarmARN": "arn"}],
            "CreationTime": moment(-90_000),
        }
        self.alarm = {
            "AlarmName": "high",
            "Namespace": "Own",
            "MetricName": "load",
            "Dimensions": [],
            "Statistic": "Average",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 50.0,
            "ComparisonOperator": "GreaterThanThreshold",
            "StateValue": "ALARM",
            "AlarmActions": [POLICY],
            "AlarmConfigurationUpdatedTimestamp": moment(-90_000),
        }
        self.policies = [self.policy]
        self.more = []
        """Further alarms."""
        self.activities = []
        self.schedules = []
        self.history = []
        self.status = "Complete"
        self.asked = []
        """Requests for data."""
        self.requests = defaultdict(list)
        """By operation."""

    def __call__(self, _service):
        return self

    def can_paginate(self, operation):
        return operation not in ("describe_endpoint", "describe_endpoint_config")

    def describe_endpoint(self, EndpointName):  # noqa: N803
        return {
            "EndpointName": EndpointName,
            "EndpointArn": f"arn:aws:sagemaker:us-east-1:111122223333:endpoint/{EndpointName}",
            "EndpointConfigName": "c",
            "EndpointStatus": "InService",
            "ProductionVariants": self.variants,
            "CreationTime": moment(-100_000),
            "LastModifiedTime": moment(-100_000),
            "ResponseMetadata": {"RequestId": "r"},
        }

    def describe_endpoint_config(self, EndpointConfigName):  # noqa: N803
        return {
            "EndpointConfigName": EndpointConfigName,
            "EndpointConfigArn": "arn:aws:sagemaker:us-east-1:111122223333:endpoint-config/c",
            "ProductionVariants": [{"VariantName": "AllTraffic", "InitialInstanceCount": 3}],
            "CreationTime": moment(-100_000),
        }

    def get_paginator(self, operation):
        return Pages(self, operation)

    def case(self, start=START, count=None):
        return history.case(reading.capture(self, "speech", None, start, END, count))


class Pages:
    """All pages of the answers of one operation."""

    def __init__(self, api, operation):
        self.api, self.operation = api, operation

    def paginate(self, **request):
        self.request = request
        self.api.requests[self.operation].append(request)
        return self

    def __iter__(self):
        api = self.api
        if self.operation == "get_metric_data":
            api.asked.append(self.request)
            found = {"Id": "m0", "StatusCode": api.status, "Timestamps": [], "Values": []}
            yield {"MetricDataResults": [found]}
            return
        found = {
            "list_endpoints": ("Endpoints", []),
            "describe_scalable_targets": ("ScalableTargets", self.targets()),
            "describe_scaling_policies": ("ScalingPolicies", api.policies),
            "describe_scaling_activities": ("ScalingActivities", api.activities[::-1]),
            "describe_scheduled_actions": ("ScheduledActions", api.schedules),
            "describe_alarms": ("MetricAlarms", [api.alarm, *api.more]),
            "describe_alarm_history": ("AlarmHistoryItems", [self.item(*one) for one in api.history]),
        }
        member, items = found[self.operation]
        yield {member: items}

    def targets(self):
        return [{**self.api.target, "ResourceId": one} for one in self.request.get("ResourceIds", ())]

    @staticmethod
    def item(seconds, old, new):
        asked = moment(seconds).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
        data = {
            "oldState": {"stateValue": old},
            "newState": {"stateValue": new, "stateReasonData": {"queryDate": asked}},
        }
        # AWS writes the item some time after the evaluation.
        return {
            "AlarmName": "high",
            "Timestamp": moment(seconds + 2),
            "HistoryItemType": "StateUpdate",
            "HistoryData": json.dumps(data),
        }


@pytest.fixture
def api():
    return Api()


def test_it_begins_a_cooldown_earlier_and_judges_from_the_start(api):
    case = api.case()
    assert case.start == pytest.approx(START - 600, abs=0.01)
    assert case.judged == pytest.approx(START, abs=0.01)
    assert case.notes == ()
    assert api.case(END - 0.5).judged == pytest.approx(END - 0.5, abs=0.01)
    api.asked.clear()
    api.case()
    assert START - 600 - min(one["StartTime"] for one in api.asked) >= history.reach(parse_alarm(api.alarm))


def test_of_two_alarms_on_a_metric_the_one_that_looks_back_further_counts(api):
    api.policy["Alarms"].append({"AlarmName": "low", "AlarmARN": "arn"})
    api.more = [{**api.alarm, "AlarmName": "low", "EvaluationPeriods": 15}]
    api.case()
    assert START - 600 - min(one["StartTime"] for one in api.asked) >= history.reach(parse_alarm(api.more[0]))


def test_alarms_are_described_a_hundred_at_a_time(api):
    api.policy["Alarms"] = [{"AlarmName": f"high{number}", "AlarmARN": "arn"} for number in range(150)]
    api.case()
    assert [len(one["AlarmNames"]) for one in api.requests["describe_alarms"]] == [100, 50]


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
    api.alarm["Period"] = 10
    case = api.case(END - 86_400)
    # Of three hours from now, whatever END was, the alarm looks at the first minutes.
    oldest = time.time() - 3 * 3_600
    assert oldest < case.start < oldest + 400
    assert "CloudWatch has no older data of 10 s" in case.notes[0]


def test_data_is_gone_when_the_last_answer_is_read(api):
    api.alarm["Period"] = 10
    capture = reading.capture(api, "speech", None, END - 7_200, END)
    assert history.case(capture).notes == ()
    *others, last = capture.answers
    case = history.case(replace(capture, answers=(*others, replace(last, requested_at=END + 3_600))))
    assert "CloudWatch has no older data of 10 s" in case.notes[0]


def test_alarms_whose_data_is_gone_at_the_same_time_give_one_beginning(api):
    api.alarm["Period"] = 10
    api.policy["Alarms"].append({"AlarmName": "low", "AlarmARN": "arn"})
    api.more = [{**api.alarm, "AlarmName": "low", "ComparisonOperator": "LessThanThreshold"}]
    case = api.case(END - 86_400)
    assert case.alarms.keys() == {"high", "low"}
    assert len(case.notes) == 1
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
    capture = reading.capture(api, "speech", None, START, END)
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
    case = history.case(reading.capture(api, "speech", None, start, end))
    assert (case.count, case.alarms["high"].state) == (0, State.ALARM)
    assert [activity.start for activity in case.activities] == times[1:3]
    assert [transition.time for transition in case.transitions] == times[1:3]


def test_a_change_by_bounds_is_given_unless_a_schedule_moved_them(api):
    by = "minimum capacity was set to 4"
    api.activities = [
        count(100, 4, by),
        activity(200, "Setting min capacity to 4 and max capacity to 9", "scheduled action name d"),
        count(200.4, 4, by),
        count(300, 2, "maximum capacity was set to 2"),
    ]
    case = api.case()
    assert [(round(time - START), low, high) for time, low, high in case.moved] == [
        (100, 4, None),
        (300, None, 2),
    ]
    assert [one.alarm for one in case.changes] == [None] * 3


@pytest.mark.parametrize(("later", "given"), [(5, False), (5.01, True)])
def test_how_soon_a_change_follows_from_a_schedule(api, later, given):
    whole = int(START) - START
    day = activity(whole, "Setting min capacity to 4 and max capacity to 9", "scheduled action name d")
    api.activities = [day, count(whole + later, 4, "minimum capacity was set to 4")]
    assert bool(api.case().moved) is given


def test_bounds_that_are_refused_and_tried_again_are_set_once(api):
    """Also those at one moment, of which the API lists the later one first."""
    by = "minimum capacity was set to 4"
    busy = "Failed to set desired instance count to 4. Reason: Cannot update in-progress endpoint x."
    refused = {"StatusCode": "Failed", "StatusMessage": busy}
    api.activities = [
        count(30, 3, "minimum capacity was set to 3", **refused),
        count(40, 3, "minimum capacity was set to 3"),
        activity(100, "Setting min capacity to 4 and max capacity to 9", "scheduled action name d"),
        count(100, 4, by, **refused),
        count(160, 4, by),
    ]
    moved = api.case().moved
    assert [(round(time - START), low) for time, low, _ in moved] == [(30, 3)]


def test_activities_and_states(api):
    reasons = [{"Code": "AlreadyAtMaxCapacity", "MaxCapacity": 9}]
    busy = "Failed to set desired instance count to 6. Reason: Cannot update in-progress endpoint x."
    api.activities = [
        count(100, 6),
        count(200, 7, StatusCode="Failed", StatusMessage=busy, EndTime=moment(200)),
        activity(300, "Attempting to scale due to alarm triggered", NotScaledReasons=reasons),
        activity(310, "Attempting to scale", NotScaledReasons=[{"Code": "TargetServicePutResourceAsUnscalable"}]),
        {name: one for name, one in count(400, 8, StatusCode="InProgress").items() if name != "EndTime"},
    ]
    api.history = [(-900, "ALARM", "OK"), (-800, "OK", "ALARM"), (-700, "ALARM", "OK")]
    api.history += [(90, "OK", "ALARM"), (95, "ALARM", "ALARM")]
    case = api.case()

    def at(seconds):
        return pytest.approx(START + seconds, abs=1.01)

    assert [(one.start, one.desired, one.end, one.status, one.alarm, one.refused) for one in case.changes] == [
        (at(100), 6, at(160), Status.SUCCESSFUL, "high", False),
        (at(200), 7, at(200), Status.FAILED, "high", True),
        (at(400), 8, None, Status.IN_PROGRESS, "high", False),
    ]
    assert [(one.start, one.alarm, one.not_scaled) for one in case.activities if one.not_scaled] == [
        (at(300), "high", (NotScaled(Code.AT_MAX, max=9),))
    ]
    assert case.transitions == (Transition(at(90), "high", State.OK, State.ALARM),)
    assert case.alarms["high"].state is State.OK
    assert case.notes[-1] == "TargetServicePutResourceAsUnscalable is not modelled, and is ignored."
    (request,) = api.requests["describe_scaling_activities"]
    assert request["IncludeNotScaledActivities"] is True


@pytest.mark.parametrize(
    ("members", "acting"),
    [
        ({}, (State.ALARM,)),
        ({"ActionsEnabled": False}, ()),
        ({"AlarmActions": [], "OKActions": [POLICY]}, (State.OK,)),
        ({"AlarmActions": ["arn:aws:sns:us-east-1:111122223333:topic"]}, ()),
    ],
)
def test_the_states_that_invoke_the_policy(api, members, acting):
    api.alarm |= members
    assert api.case().alarms["high"].acting == acting


def test_what_is_suspended(api):
    api.target["SuspendedState"] = {
        "DynamicScalingInSuspended": False,
        "DynamicScalingOutSuspended": True,
        "ScheduledScalingSuspended": True,
    }
    ((_, suspended),) = api.case().suspensions
    assert suspended == Suspended(scale_out=True, scheduled=True)


def test_what_is_suspended_no_more(api):
    capture = reading.capture(api, "speech", None, START, END)
    (later,) = capture.answers_to("DescribeScalableTargets")
    (target,) = later.content["ScalableTargets"]
    suspended = {"ScalableTargets": [{**target, "SuspendedState": {"ScheduledScalingSuspended": True}}]}
    earlier = replace(later, requested_at=START - 60, content=suspended)
    case = history.case(replace(capture, answers=(earlier, *capture.answers)))
    assert case.suspensions == ((case.start, Suspended(scheduled=True)), (later.requested_at, Suspended()))


def test_a_schedule_is_read(api):
    api.schedules = [
        {
            **SCOPE,
            "ScheduledActionName": "day",
            "ScheduledActionARN": "arn",
            "CreationTime": moment(0),
            "Schedule": "cron(0 8 * * ? *)",
            "Timezone": "Europe/Berlin",
            "StartTime": moment(0),
            "ScalableTargetAction": {"MinCapacity": 4},
        }
    ]
    (action,) = api.case().target.schedules
    assert (action.name, action.timezone, action.min, action.max) == ("day", "Europe/Berlin", 4, None)
    assert action.start == moment(0)


def test_the_concurrency_of_all_types_is_read_beside_that_of_one(api):
    typed = {"EndpointName": "speech", "InstanceType": "ml.g6.2xlarge", "VariantName": "AllTraffic"}
    api.alarm |= {
        "Namespace": "AWS/SageMaker",
        "MetricName": "ConcurrentRequestsPerModel",
        "Dimensions": [{"Name": name, "Value": value} for name, value in typed.items()],
    }
    whole = {name: value for name, value in typed.items() if name != "InstanceType"}
    assert [dict(metric.dimensions) for metric in api.case().data] == [typed, whole]


def test_activities_of_alarms_that_are_gone(api):
    api.activities = [count(100, 6, "monitor alarm old in state ALARM triggered policy step")]
    with pytest.raises(ScaleproofError, match="activities name alarms that are gone: old"):
        api.case()


def test_a_policy_without_an_alarm_is_left_out(api):
    api.policy["Alarms"] = []
    api.alarm["AlarmName"] = "other"
    case = api.case()
    assert (case.target.policies, case.alarms) == ((), {})
    assert case.notes == ("Policy step has no alarm any more, and is left out.",)
    assert audited(case).agrees


def test_a_metric_that_cloudwatch_does_not_give(api):
    api.status = "Forbidden"
    with pytest.raises(FailedError, match=r"does not return load: Forbidden\. Allow cloudwatch:GetMetricData"):
        api.case()


def test_what_an_audit_does_not_need_may_be_newer_than_the_model(api):
    api.variants[0]["RoutingConfig"] = {"RoutingStrategy": "BY_THE_MOON"}
    assert api.case().count == 5


def test_more_activities_than_anybody_waits_for(api):
    api.activities = [count(1 + number / 10, 4 + number % 2) for number in range(10_001)]
    with pytest.raises(ScaleproofError, match=r"more than 10,000 activities from start to end\. Audit a short"):
        api.case()
    api.activities.pop()
    assert len(api.case().activities) == 10_000
    api.activities = [count(number - 700_000, 4 + number % 2) for number in range(10_001)]
    assert api.case().activities == ()


@pytest.mark.parametrize(
    ("actions", "most", "refused"), [(1, 10_000, False), (200, 10_000, True), (1, 70, False), (1, 69, True)]
)
def test_schedules_that_run_more_often_than_anybody_waits_for(api, actions, most, refused, monkeypatch):
    """In seventy minutes, as the case begins a cooldown before the start. The last one is at the end."""
    monkeypatch.setattr(history, "MOST_ACTIVITIES", most)
    api.schedules = [{**EACH_MINUTE, "ScheduledActionName": f"a{number}"} for number in range(actions)]
    end = END // 60 * 60
    capture = reading.capture(api, "speech", None, end - 3_600, end)
    if not refused:
        assert len(history.case(capture).target.schedules) == actions
        return
    with pytest.raises(ScaleproofError, match=rf"schedules that run more than {most:,} times from start to end\."):
        history.case(capture)


def test_an_endpoint_with_two_scaled_variants(api):
    api.variants.append({"VariantName": "B", "DesiredInstanceCount": 1})
    with pytest.raises(EndpointError, match=r"has the scaled variants AllTraffic, B\. Choose one with --var"):
        api.case()
    with pytest.raises(EndpointError, match=r"speech has no variant C with a scalable target\. It has AllTraffic, B\."):
        reading.capture(api, "speech", "C", START, END)
    assert reading.capture(api, "speech", "B", START, END).variant == "B"


def test_numbers_that_nothing_can_have(api):
    with pytest.raises(ScaleproofError, match=r"DesiredInstanceCount is 1000000000"):
        api.case(count=10**9)
    api.target |= {"MinCapacity": 5, "MaxCapacity": 4}
    with pytest.raises(ScaleproofError, match=r"DescribeScalableTargets.*MinCapacity is 5; expected is at most MaxC"):
        api.case()
    api.target |= {"MaxCapacity": 9}
    api.schedules = [{**EACH_MINUTE, "ScalableTargetAction": {"MinCapacity": 5, "MaxCapacity": 4}}]
    with pytest.raises(ScaleproofError, match="the schedule a: MinCapacity is 5; expected is at most MaxCapacity, 4"):
        api.case()


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ClientError({"Error": {"Code": "ValidationException", "Message": "no"}}, "x"), EndpointError),
        (ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "x"), FailedError),
        (EndpointConnectionError(endpoint_url="http://x"), FailedError),
    ],
)
def test_an_api_that_refuses(api, error, kind, monkeypatch):
    def refuse(**_):
        raise error

    monkeypatch.setattr(api, "describe_endpoint", refuse)
    with pytest.raises(kind):
        api.case()


def test_endless_pages_are_refused(monkeypatch):
    monkeypatch.setattr(answers, "MOST_PAGES", 3)
    monkeypatch.setattr(Pages, "__iter__", lambda _: itertools.repeat({"ScalableTargets": []}))
    with pytest.raises(FailedError, match="DescribeScalableTargets answered more than 3 pages"):
        reading.capture(Api(), "speech", None, START, END)
