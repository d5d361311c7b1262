"""Scalable targets, scaling policies with their alarms, scheduled actions, activities and tags."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from botocore.exceptions import ClientError

from scaleproof.emulator.engine.alarms import FIRST, WatchedAlarm
from scaleproof.localstack import control

from .conftest import (
    ASYNC,
    G6,
    G6E,
    STEPS,
    metric_alarm,
    only_variant,
    put_policy,
    refused,
    series,
    target,
    tracking,
)  # fmt: skip

ALL = {"ServiceNamespace": "sagemaker"}
SCOPE = (
    " for service namespace: sagemaker, resource ID: endpoint/speech/variant/AllTraffic, "
    "scalable dimension: sagemaker:variant:DesiredInstanceCount"
)
NOTHING = "ObjectNotFoundException"


@pytest.fixture
def queue(sagemaker, configure):
    """The name of an asynchronous endpoint with one instance."""
    configure("queue-1", members={"AsyncInferenceConfig": ASYNC}, InitialInstanceCount=1)
    sagemaker.create_endpoint(EndpointName="queue", EndpointConfigName="queue-1")
    return "queue"


def only(describe, **members):
    """The one row that a Describe call gives."""
    answer = describe(**ALL, **members)
    (rows,) = (value for value in answer.values() if isinstance(value, list))
    (row,) = rows
    return row


def test_a_target_is_described_as_it_was_registered(autoscaling, registered, account):
    describe = autoscaling.describe_scalable_targets
    row = only(describe)
    assert {name: row[name] for name in target()} == target()
    assert (row["ScalableTargetARN"], row["MinCapacity"], row["MaxCapacity"]) == (registered, 1, 10)
    assert set(row["SuspendedState"].values()) == {False}
    assert row["RoleARN"].startswith(f"arn:aws:iam::{account}:role/aws-service-role/")
    assert row["RoleARN"].endswith("AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint")
    for members in ({"ResourceIds": [row["ResourceId"]]}, {"ScalableDimension": row["ScalableDimension"]}):
        assert only(describe, **members) == row
    assert describe(**ALL, ResourceIds=["endpoint/x/variant/y"])["ScalableTargets"] == []
    refused(lambda: describe(**ALL, NextToken="next"), "InvalidNextTokenException", "'next' is invalid")


@pytest.mark.parametrize(
    ("bounds", "count", "cause"),
    [((3, 5), 3, "minimum capacity was set to 3"), ((1, 1), 1, "maximum capacity was set to 1"), ((1, 10), 2, None)],
)
def test_bounds_move_the_capacity_at_once(sagemaker, autoscaling, activities, endpoint, bounds, count, cause):
    autoscaling.register_scalable_target(**target(), MinCapacity=bounds[0], MaxCapacity=bounds[1])
    assert only_variant(sagemaker)["DesiredInstanceCount"] == count
    expected = [(cause, "Successful", f"Setting desired instance count to {count}.")] if cause else []
    assert [(row["Cause"], row["StatusCode"], row["Description"]) for row in activities(**target())] == expected


def test_registering_again_changes_only_what_is_given(autoscaling, registered):
    """RegisterScalableTarget, API reference: parameters that are not specified are not changed."""
    parts = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")
    bounds, suspended = {"MinCapacity": 1, "MaxCapacity": 10}, dict.fromkeys(parts, False)
    steps = [({"MaxCapacity": 4}, {}), ({"MinCapacity": 2}, {}), *(({}, {part: True}) for part in parts)]
    for new_bounds, newly_suspended in [*steps, ({}, {parts[0]: False}), ({}, {})]:
        members = {"SuspendedState": newly_suspended} if newly_suspended else {}
        again = autoscaling.register_scalable_target(**target(), **new_bounds, **members)
        assert again["ScalableTargetARN"] == registered
        bounds |= new_bounds
        suspended |= newly_suspended
        row = only(autoscaling.describe_scalable_targets)
        assert {name: row[name] for name in bounds} == bounds
        assert row["SuspendedState"] == suspended


def test_an_asynchronous_endpoint_scales_to_zero(sagemaker, autoscaling, queue):
    autoscaling.register_scalable_target(**target(queue), MinCapacity=0, MaxCapacity=0)
    variant = only_variant(sagemaker, queue)
    assert (variant["CurrentInstanceCount"], variant["DesiredInstanceCount"]) == (0, 0)
    assert sagemaker.describe_endpoint(EndpointName=queue)["EndpointStatus"] == "InService"


def test_deregistering_removes_everything_that_hangs_on_the_target(autoscaling, cloudwatch, registered):
    put_policy(autoscaling, "concurrency", tracking())
    schedule = {"Schedule": "cron(30 7 ? * MON-FRI *)", "ScalableTargetAction": {"MinCapacity": 6}}
    autoscaling.put_scheduled_action(**target(), ScheduledActionName="morning", **schedule)
    autoscaling.deregister_scalable_target(**target())
    assert autoscaling.describe_scalable_targets(**ALL)["ScalableTargets"] == []
    assert autoscaling.describe_scaling_policies(**ALL)["ScalingPolicies"] == []
    assert autoscaling.describe_scheduled_actions(**ALL)["ScheduledActions"] == []
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []
    message = refused(lambda: autoscaling.deregister_scalable_target(**target()), NOTHING)
    assert message == f"No scalable target found{SCOPE}"


def test_tags_of_a_target(autoscaling, endpoint):
    register = partial(autoscaling.register_scalable_target, **target(), MinCapacity=1, MaxCapacity=2)
    arn = register(Tags={"a": "1"})["ScalableTargetARN"]
    exists = "The scalable target that you tried to tag already exists."
    refused(lambda: register(Tags={"a": "2"}), "ValidationException", exists)
    autoscaling.tag_resource(ResourceARN=arn, Tags={"b": "2"})
    autoscaling.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert autoscaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"b": "2"}
    other = arn[:-1] + ("0" if arn[-1] != "0" else "1")
    refused(lambda: autoscaling.list_tags_for_resource(ResourceARN=other), "ResourceNotFoundException", other)


def test_values_outside_the_service_model_are_refused_together(autoscaling):
    request = {**target(), "ServiceNamespace": "sage", "ScalableDimension": "count"}
    message = refused(lambda: autoscaling.register_scalable_target(**request), "ValidationException")
    assert message.startswith("2 validation errors detected: Value 'sage' at 'serviceNamespace' failed to satisfy")
    assert "; Value 'count' at 'scalableDimension' failed to satisfy constraint: " in message
    assert "Member must satisfy enum value set: [ecs:service:DesiredCount, " in message


def test_what_is_not_emulated_says_so(autoscaling):
    call = partial(autoscaling.describe_scalable_targets, ServiceNamespace="ecs")
    refused(call, "InternalFailure", "of namespace sagemaker is emulated")


def test_a_change_of_a_target_is_refused_while_another_one_is_pending(autoscaling, connection, registered, queue):
    """One after the other they are taken, those of another target as well, and reading always is."""

    def outcome(call):
        try:
            call()
        except ClientError as error:
            return error.response["Error"]["Code"]
        return "done"

    schedule = {"Schedule": "rate(1 day)", "ScalableTargetAction": {"MinCapacity": 1}}
    register = partial(autoscaling.register_scalable_target, **target(queue), MinCapacity=1, MaxCapacity=2)
    calls = [
        partial(put_policy, autoscaling, "tracking", tracking()),
        partial(autoscaling.put_scheduled_action, **target(), ScheduledActionName="night", **schedule),
    ]
    # Long enough for both to be there at the same time on a busy machine.
    with control.injected(connection, {"fault": "pending", "seconds": 3}), ThreadPoolExecutor(4) as threads:
        read = partial(autoscaling.describe_scalable_targets, **ALL)
        together = list(threads.map(outcome, [*calls, register, read]))
    with control.injected(connection, {"fault": "pending", "seconds": 0.1}):
        alone = [outcome(call) for call in calls]
    assert sorted(together[:2]) == ["ConcurrentUpdateException", "done"]
    assert together[2:] == alone == ["done", "done"]
    with ThreadPoolExecutor(2) as threads:  # nobody asks for it
        assert list(threads.map(outcome, calls)) == ["done", "done"]


def test_target_tracking_creates_its_alarms(autoscaling, cloudwatch, registered, account):
    configuration = tracking(9.0, ScaleInCooldown=300, ScaleOutCooldown=60)
    answer = put_policy(autoscaling, "concurrency", configuration)
    alarms = {alarm["AlarmArn"]: alarm for alarm in cloudwatch.describe_alarms()["MetricAlarms"]}
    for made, name, threshold in zip(answer["Alarms"], ("High", "Low"), (9.0, 8.1), strict=True):
        assert made["AlarmName"].startswith(f"TargetTracking-endpoint/speech/variant/AllTraffic-Alarm{name}-")
        alarm = alarms.pop(made["AlarmARN"])
        assert (alarm["Threshold"], alarm["AlarmActions"]) == (threshold, [answer["PolicyARN"]])
    assert alarms == {}
    policy = only(autoscaling.describe_scaling_policies)
    assert policy["TargetTrackingScalingPolicyConfiguration"] == configuration
    assert policy["Alarms"] == answer["Alarms"]
    assert policy["PolicyARN"].startswith(f"arn:aws:autoscaling:us-east-1:{account}:scalingPolicy:")
    assert policy["PolicyARN"].endswith(":resource/sagemaker/endpoint/speech/variant/AllTraffic:policyName/concurrency")


def weighted():
    place = {"EndpointName": "speech", "VariantName": "AllTraffic"}
    pools = [
        series(name, "Maximum", "ConcurrentRequestsPerModel", **place, InstanceType=kind)
        for name, kind in (("c1", G6), ("c2", G6E))
    ]
    hottest = {"Id": "hottest", "Expression": "MAX([FILL(c1,0)/12,FILL(c2,0)/16])", "ReturnData": True}
    return {"TargetValue": 0.75, "CustomizedMetricSpecification": {"Metrics": [*pools, hottest]}}


def test_one_policy_per_metric_but_several_metrics(autoscaling, cloudwatch, registered):
    put_policy(autoscaling, "concurrency", tracking())
    again = partial(put_policy, autoscaling, "again", tracking(3.0))
    one = "Only one TargetTrackingScaling policy for a given metric specification is allowed."
    refused(again, "ValidationException", one)
    before = {alarm["AlarmName"] for alarm in cloudwatch.describe_alarms()["MetricAlarms"]}
    put_policy(autoscaling, "weighted", weighted())
    for alarm in cloudwatch.describe_alarms()["MetricAlarms"]:
        if alarm["AlarmName"] not in before:  # a weighted metric is watched by the minute
            queries = {query["Id"]: query for query in alarm["Metrics"]}
            assert queries["c1"]["MetricStat"]["Period"] == 60
            assert queries["hottest"]["Expression"] == "MAX([FILL(c1,0)/12,FILL(c2,0)/16])"


def test_a_rewrite_replaces_the_alarms_and_keeps_the_policy(autoscaling, cloudwatch, registered):
    first = put_policy(autoscaling, "concurrency", tracking())
    before = only(autoscaling.describe_scaling_policies)
    second = put_policy(autoscaling, "concurrency", tracking(5.0, DisableScaleIn=True))
    after = only(autoscaling.describe_scaling_policies)
    assert second["PolicyARN"] == first["PolicyARN"]
    assert after["CreationTime"] == before["CreationTime"]
    (alarm,) = cloudwatch.describe_alarms()["MetricAlarms"]
    assert [alarm["AlarmName"]] == [made["AlarmName"] for made in second["Alarms"]]
    assert alarm["AlarmName"] not in {made["AlarmName"] for made in first["Alarms"]}
    assert alarm["Threshold"] == 5.0
    steps = partial(put_policy, autoscaling, "concurrency", STEPS)
    refused(steps, "ValidationException", "cannot be changed from TargetTrackingScaling to StepScaling")


def test_deleting_a_policy_deletes_its_alarms(autoscaling, cloudwatch, registered):
    put_policy(autoscaling, "concurrency", tracking())
    delete = partial(autoscaling.delete_scaling_policy, **target(), PolicyName="concurrency")
    delete()
    assert autoscaling.describe_scaling_policies(**ALL)["ScalingPolicies"] == []
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []
    assert refused(delete, NOTHING) == f"No scaling policy found{SCOPE}, policy name: concurrency"


def test_a_policy_needs_a_target(autoscaling, endpoint):
    message = refused(lambda: put_policy(autoscaling, "wake-up", STEPS), NOTHING)
    assert message == f"No scalable target registered{SCOPE}"


def test_a_step_policy_has_the_alarms_that_point_at_it(autoscaling, cloudwatch, registered):
    answer = put_policy(autoscaling, "wake-up", STEPS)
    assert (answer["Alarms"], cloudwatch.describe_alarms()["MetricAlarms"]) == ([], [])
    policy = only(autoscaling.describe_scaling_policies, PolicyNames=["wake-up"])
    assert (policy["StepScalingPolicyConfiguration"], policy["Alarms"]) == (STEPS, [])
    topic = "arn:aws:sns:us-east-1:111122223333:alerts"
    for name, action in (("backlog without capacity", answer["PolicyARN"]), ("of others", topic)):
        cloudwatch.put_metric_alarm(**metric_alarm(name, AlarmActions=[action]))
    policy = only(autoscaling.describe_scaling_policies)
    assert [alarm["AlarmName"] for alarm in policy["Alarms"]] == ["backlog without capacity"]
    autoscaling.delete_scaling_policy(**target(), PolicyName="wake-up")
    assert len(cloudwatch.describe_alarms()["MetricAlarms"]) == 2, "an alarm of the user's is the user's"


def test_scheduled_actions(autoscaling, registered):
    """A rewrite keeps what it leaves out, except the times. Source: PutScheduledAction in the service model."""
    named = {**target(), "ScheduledActionName": "morning"}
    start = datetime(2027, 11, 2, tzinfo=UTC)
    request = {
        **named,
        "Schedule": "cron(30 7 ? * MON-FRI *)",
        "Timezone": "Europe/Berlin",
        "ScalableTargetAction": {"MinCapacity": 6},
        "StartTime": start,
        "EndTime": start + timedelta(days=1),
    }
    autoscaling.put_scheduled_action(**request)
    before = only(autoscaling.describe_scheduled_actions)
    assert {key: before[key] for key in request} == request
    bounds = {"MinCapacity": 2, "MaxCapacity": 4}
    autoscaling.put_scheduled_action(**named, ScalableTargetAction=bounds)
    after = only(autoscaling.describe_scheduled_actions, ScheduledActionNames=["morning"])
    for time in ("StartTime", "EndTime"):
        del before[time]
    assert after == {**before, "ScalableTargetAction": bounds}
    autoscaling.delete_scheduled_action(**named)
    message = refused(lambda: autoscaling.delete_scheduled_action(**named), NOTHING)
    assert message == f"No scheduled action found{SCOPE}, scheduled action name: morning"


# The clock of alarms: scaling-semantics of AWS are in scaleproof.scaling.alarms.settings, FIRST is ours.


@pytest.mark.parametrize("fraction", [0.0, 0.1, 1 / 3, 0.9999999])
@pytest.mark.parametrize(("period", "interval"), [(10, 10), (60, 60), (300, 60)])
def test_a_new_alarm_is_evaluated_first_after_a_second_and_then_at_its_interval(fraction, period, interval):
    created = datetime(2026, 11, 2, 7, 30, tzinfo=UTC) + timedelta(seconds=fraction)
    stamps = {"AlarmConfigurationUpdatedTimestamp": created, "StateUpdatedTimestamp": created}
    described = metric_alarm("speech", Period=period, StateValue="INSUFFICIENT_DATA", **stamps)
    watched = WatchedAlarm.from_description(described)
    times = [watched.due]
    for _ in range(3):
        times.append(watched.alarm.next_evaluation(times[-1]))
    first = created.timestamp() + FIRST
    assert times == pytest.approx([first + number * interval for number in range(4)], abs=1e-3)
