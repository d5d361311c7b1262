"""What is read of an API that answers as AWS does, and what is refused."""

from dataclasses import replace

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from scaleproof.auditing import history, reading
from scaleproof.auditing.audit import audited
from scaleproof.endpoints import EndpointError
from scaleproof.errors import FailedError, ScaleproofError
from scaleproof.scaling.alarms import State, Transition
from scaleproof.scaling.autoscaling import Code, NotScaled, Status
from scaleproof.scaling.endpoint import Suspended

from .conftest import END, POLICY, SCOPE, START, activity, count, moment

EACH_MINUTE = {
    **SCOPE,
    "ScheduledActionName": "a",
    "ScheduledActionARN": "arn",
    "CreationTime": moment(0),
    "Schedule": "cron(* * * * ? *)",
    "ScalableTargetAction": {"MinCapacity": 4},
}


def test_alarms_are_described_a_hundred_at_a_time(api):
    api.policy["Alarms"] = [{"AlarmName": f"high{number}", "AlarmARN": "arn"} for number in range(150)]
    api.case()
    assert [len(one["AlarmNames"]) for one in api.requests["describe_alarms"]] == [100, 50]


def test_a_change_by_bounds_is_given_unless_a_schedule_moved_them(api):
    by = "minimum capacity was set to 4"
    api.activities = [
        count(100, 4, by),
        activity(200, "Setting min capacity to 4 and max capacity to 9", "scheduled action name d"),
        count(200.4, 4, by),
        count(300, 2, "maximum capacity was set to 2"),
    ]
    case = api.case()
    assert [(round(time - START), low, high) for time, low, high in case.moved] == [(100, 4, None), (300, None, 2)]
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
    capture = reading.capture(api, "speech", START, END)
    (later,) = capture.answers_to("DescribeScalableTargets")
    (target,) = later.content["ScalableTargets"]
    suspended = {"ScalableTargets": [{**target, "SuspendedState": {"ScheduledScalingSuspended": True}}]}
    earlier = replace(later, requested_at=START - 60, content=suspended)
    case = history.case(replace(capture, answers=(earlier, *capture.answers)))
    assert case.suspensions == ((case.start, Suspended(scheduled=True)), (later.requested_at, Suspended()))


def test_a_schedule_is_read(api):
    api.schedules = [{**EACH_MINUTE, "Timezone": "Europe/Berlin", "StartTime": moment(0)}]
    (action,) = api.case().target.schedules
    assert (action.name, action.timezone, action.min, action.max) == ("a", "Europe/Berlin", 4, None)
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


def test_an_alarm_for_scaling_in_of_a_policy_that_does_not_is_left_out(api):
    load = {"Namespace": "Own", "MetricName": "load", "Statistic": "Average"}
    tracking = {"TargetValue": 50.0, "CustomizedMetricSpecification": load, "DisableScaleIn": True}
    api.policy |= {
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": tracking,
        "Alarms": [{"AlarmName": name, "AlarmARN": "arn"} for name in ("high", "low")],
    }
    del api.policy["StepScalingPolicyConfiguration"]
    api.alarm["EvaluationPeriods"] = 3
    api.more = [{**api.alarm, "AlarmName": "low", "ComparisonOperator": "LessThanThreshold", "Threshold": 45.0}]
    case = api.case()
    assert list(case.alarms) == ["high"]
    assert audited(case).agrees
    del tracking["DisableScaleIn"]
    assert list(api.case().alarms) == ["high", "low"]


def test_a_metric_that_cloudwatch_does_not_give(api):
    api.status = "Forbidden"
    with pytest.raises(FailedError, match=r"does not return load: Forbidden\. Allow cloudwatch:GetMetricData"):
        api.case()


def test_what_an_audit_does_not_need_may_be_newer_than_the_model(api):
    api.variants[0]["RoutingConfig"] = {"RoutingStrategy": "BY_THE_MOON"}
    assert api.case().count == 5


def test_an_endpoint_with_two_variants(api):
    api.variants.append({"VariantName": "B", "DesiredInstanceCount": 1})
    with pytest.raises(EndpointError, match=r"speech has 2 variants: AllTraffic, B\. Name an endpoint that has one\."):
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
