"""Scaling policies and the alarms that target tracking keeps."""

from collections.abc import Callable
from typing import Any

import pytest

from .conftest import metric_alarm, put_policy, refused, target, tracking

Put = Callable[..., Any]
STEPS = {
    "AdjustmentType": "ChangeInCapacity",
    "Cooldown": 300,
    "MetricAggregationType": "Average",
    "StepAdjustments": [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}],
}


@pytest.fixture
def put(autoscaling, registered):
    """Puts a target-tracking policy."""

    def make(name="concurrency", configuration=None):
        return put_policy(autoscaling, name, configuration or tracking())

    return make


def custom(*queries):
    return {"TargetValue": 0.75, "CustomizedMetricSpecification": {"Metrics": list(queries)}}


def series(identifier, kind):
    dimensions = {"EndpointName": "speech", "VariantName": "AllTraffic", "InstanceType": kind}
    metric = {
        "MetricName": "ConcurrentRequestsPerModel",
        "Namespace": "AWS/SageMaker",
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
    }
    return {"Id": identifier, "MetricStat": {"Metric": metric, "Stat": "Maximum"}, "ReturnData": False}


HOTTEST = {"Id": "hottest", "Expression": "MAX([FILL(c1,0)/12,FILL(c2,0)/16])", "ReturnData": True}
WEIGHTED = custom(series("c1", "ml.g6.2xlarge"), series("c2", "ml.g6e.2xlarge"), HOTTEST)


def test_target_tracking_creates_its_alarms(autoscaling, cloudwatch, put, account):
    configuration = tracking(9.0, ScaleInCooldown=300, ScaleOutCooldown=60)
    answer = put(configuration=configuration)
    high, low = answer["Alarms"]
    assert high["AlarmName"].startswith("TargetTracking-endpoint/speech/variant/AllTraffic-AlarmHigh-")
    assert low["AlarmName"].startswith("TargetTracking-endpoint/speech/variant/AllTraffic-AlarmLow-")
    alarms = {alarm["AlarmArn"]: alarm for alarm in cloudwatch.describe_alarms()["MetricAlarms"]}
    assert alarms.keys() == {high["AlarmARN"], low["AlarmARN"]}
    assert (alarms[high["AlarmARN"]]["Threshold"], alarms[low["AlarmARN"]]["Threshold"]) == (9.0, 8.1)
    assert all(alarm["AlarmActions"] == [answer["PolicyARN"]] for alarm in alarms.values())
    (policy,) = autoscaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"]
    assert policy["TargetTrackingScalingPolicyConfiguration"] == configuration
    assert policy["Alarms"] == answer["Alarms"]
    assert policy["PolicyARN"].startswith(f"arn:aws:autoscaling:us-east-1:{account}:scalingPolicy:")
    assert policy["PolicyARN"].endswith(":resource/sagemaker/endpoint/speech/variant/AllTraffic:policyName/concurrency")


def test_a_weighted_metric_is_watched_by_the_minute(cloudwatch, put):
    put(configuration=WEIGHTED)
    for alarm in cloudwatch.describe_alarms()["MetricAlarms"]:
        queries = {query["Id"]: query for query in alarm["Metrics"]}
        assert queries.keys() == {"c1", "c2", "hottest"}
        assert queries["c1"]["MetricStat"]["Period"] == 60
        assert queries["hottest"]["Expression"] == HOTTEST["Expression"]


def test_a_rewrite_replaces_the_alarms_and_keeps_the_policy(autoscaling, cloudwatch, put):
    first = put()
    (before,) = autoscaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"]
    second = put(configuration=tracking(5.0, DisableScaleIn=True))
    (after,) = autoscaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"]
    assert second["PolicyARN"] == first["PolicyARN"]
    assert after["CreationTime"] == before["CreationTime"]
    (alarm,) = cloudwatch.describe_alarms()["MetricAlarms"]
    assert [alarm["AlarmName"]] == [found["AlarmName"] for found in second["Alarms"]]
    assert alarm["AlarmName"] not in {found["AlarmName"] for found in first["Alarms"]}
    assert alarm["Threshold"] == 5.0


def test_deleting_a_policy_deletes_its_alarms(autoscaling, cloudwatch, put):
    put()
    autoscaling.delete_scaling_policy(**target(), PolicyName="concurrency")
    assert autoscaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"] == []
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []
    message = refused(
        lambda: autoscaling.delete_scaling_policy(**target(), PolicyName="concurrency"),
        "ObjectNotFoundException",
    )
    assert message.startswith("No scaling policy found for service namespace: sagemaker, resource ID: ")
    assert message.endswith(", policy name: concurrency")


def test_a_policy_needs_a_target(autoscaling, endpoint):
    message = refused(lambda: put_policy(autoscaling, "wake-up", STEPS), "ObjectNotFoundException")
    assert message == (
        "No scalable target registered for service namespace: sagemaker, resource ID: "
        "endpoint/speech/variant/AllTraffic, scalable dimension: sagemaker:variant:DesiredInstanceCount"
    )


def test_one_policy_per_metric_but_several_metrics(put):
    put()
    refused(
        lambda: put("again", tracking(3.0)),
        "ValidationException",
        "Only one TargetTrackingScaling policy for a given metric specification is allowed.",
    )
    put("weighted", WEIGHTED)


def test_a_step_policy_has_the_alarms_that_point_at_it(autoscaling, cloudwatch, registered):
    answer = put_policy(autoscaling, "wake-up", STEPS)
    assert answer["Alarms"] == []
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []
    wanted = {**target(), "PolicyNames": ["wake-up"]}
    (policy,) = autoscaling.describe_scaling_policies(**wanted)["ScalingPolicies"]
    assert (policy["StepScalingPolicyConfiguration"], policy["Alarms"]) == (STEPS, [])
    for name, action in (
        ("backlog without capacity", answer["PolicyARN"]),
        ("of others", "arn:aws:sns:us-east-1:111122223333:alerts"),
    ):
        cloudwatch.put_metric_alarm(**metric_alarm(name, AlarmActions=[action]))
    (policy,) = autoscaling.describe_scaling_policies(**wanted)["ScalingPolicies"]
    assert [found["AlarmName"] for found in policy["Alarms"]] == ["backlog without capacity"]
    autoscaling.delete_scaling_policy(**target(), PolicyName="wake-up")
    assert len(cloudwatch.describe_alarms()["MetricAlarms"]) == 2, "an alarm of the user's is the user's"


def test_the_type_must_stay(autoscaling, put):
    put()
    change = "cannot be changed from TargetTrackingScaling to StepScaling"
    refused(lambda: put_policy(autoscaling, "concurrency", STEPS), "ValidationException", change)


def test_scheduled_actions(autoscaling, registered):
    request = {
        **target(),
        "ScheduledActionName": "morning",
        "Schedule": "cron(30 7 ? * MON-FRI *)",
        "Timezone": "Europe/Berlin",
        "ScalableTargetAction": {"MinCapacity": 6},
    }
    autoscaling.put_scheduled_action(**request)
    (before,) = autoscaling.describe_scheduled_actions(ServiceNamespace="sagemaker")["ScheduledActions"]
    assert {key: before[key] for key in request} == request
    autoscaling.put_scheduled_action(
        **target(), ScheduledActionName="morning", ScalableTargetAction={"MinCapacity": 2, "MaxCapacity": 4}
    )
    (after,) = autoscaling.describe_scheduled_actions(**target(), ScheduledActionNames=["morning"])["ScheduledActions"]
    assert after["ScheduledActionARN"] == before["ScheduledActionARN"]
    assert after["Schedule"] == request["Schedule"]
    assert after["ScalableTargetAction"] == {"MinCapacity": 2, "MaxCapacity": 4}
    autoscaling.delete_scheduled_action(**target(), ScheduledActionName="morning")
    refused(
        lambda: autoscaling.delete_scheduled_action(**target(), ScheduledActionName="morning"),
        "ObjectNotFoundException",
        "No scheduled action found for service namespace: sagemaker",
    )
