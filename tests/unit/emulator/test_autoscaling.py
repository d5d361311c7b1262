"""Scalable targets, activities and tags."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from botocore.exceptions import ClientError

from scaleproof.localstack import control

from .conftest import put_policy, refused, target, tracking
from .test_endpoint_configs import ASYNC
from .test_endpoints import only_variant

Configure = Callable[..., str]


@pytest.fixture
def queue(sagemaker, configure):
    """The name of an asynchronous endpoint with one instance."""
    configure("queue-1", members={"AsyncInferenceConfig": ASYNC}, InitialInstanceCount=1)
    sagemaker.create_endpoint(EndpointName="queue", EndpointConfigName="queue-1")
    return "queue"


def only_target(autoscaling):
    (found,) = autoscaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    return dict(found)


def test_a_target_is_described_as_it_was_registered(autoscaling, registered, account):
    found = only_target(autoscaling)
    assert found["ScalableTargetARN"] == registered
    assert (found["MinCapacity"], found["MaxCapacity"]) == (1, 10)
    assert found["ResourceId"] == "endpoint/speech/variant/AllTraffic"
    assert set(found["SuspendedState"].values()) == {False}
    role = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
    assert found["RoleARN"].startswith(f"arn:aws:iam::{account}:role/aws-service-role/")
    assert found["RoleARN"].endswith(role)
    for filtered in (
        {"ResourceIds": [found["ResourceId"]]},
        {"ScalableDimension": found["ScalableDimension"]},
    ):
        answer = autoscaling.describe_scalable_targets(ServiceNamespace="sagemaker", **filtered)
        assert len(answer["ScalableTargets"]) == 1
    refused(
        lambda: autoscaling.describe_scalable_targets(ServiceNamespace="sagemaker", NextToken="next"),
        "InvalidNextTokenException",
        "'next' is invalid",
    )
    other = autoscaling.describe_scalable_targets(ServiceNamespace="sagemaker", ResourceIds=["endpoint/x/variant/y"])
    assert other["ScalableTargets"] == []


@pytest.mark.parametrize(
    ("bounds", "count", "cause"),
    [
        ((3, 5), 3, "minimum capacity was set to 3"),
        ((1, 1), 1, "maximum capacity was set to 1"),
        ((1, 10), 2, None),
    ],
)
def test_bounds_move_the_capacity_at_once(sagemaker, autoscaling, endpoint, bounds, count, cause):
    autoscaling.register_scalable_target(**target(), MinCapacity=bounds[0], MaxCapacity=bounds[1])
    assert only_variant(sagemaker)["DesiredInstanceCount"] == count
    activities = autoscaling.describe_scaling_activities(**target())["ScalingActivities"]
    assert [activity["Cause"] for activity in activities] == ([cause] if cause else [])
    if cause:
        assert activities[0]["StatusCode"] == "Successful"
        assert activities[0]["Description"] == f"Setting desired instance count to {count}."


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
        found = only_target(autoscaling)
        assert {name: found[name] for name in bounds} == bounds
        assert found["SuspendedState"] == suspended


def test_an_asynchronous_endpoint_scales_to_zero(sagemaker, autoscaling, queue):
    autoscaling.register_scalable_target(**target(queue), MinCapacity=0, MaxCapacity=0)
    found = only_variant(sagemaker, queue)
    assert (found["CurrentInstanceCount"], found["DesiredInstanceCount"]) == (0, 0)
    assert sagemaker.describe_endpoint(EndpointName=queue)["EndpointStatus"] == "InService"


def test_deregistering_removes_everything_that_hangs_on_the_target(autoscaling, cloudwatch, registered):
    put_policy(autoscaling, "concurrency", tracking())
    autoscaling.put_scheduled_action(
        **target(),
        ScheduledActionName="morning",
        Schedule="cron(30 7 ? * MON-FRI *)",
        ScalableTargetAction={"MinCapacity": 6},
    )
    autoscaling.deregister_scalable_target(**target())
    everything = {"ServiceNamespace": "sagemaker"}
    assert autoscaling.describe_scalable_targets(**everything)["ScalableTargets"] == []
    assert autoscaling.describe_scaling_policies(**everything)["ScalingPolicies"] == []
    assert autoscaling.describe_scheduled_actions(**everything)["ScheduledActions"] == []
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []
    message = refused(lambda: autoscaling.deregister_scalable_target(**target()), "ObjectNotFoundException")
    assert message == (
        "No scalable target found for service namespace: sagemaker, resource ID: "
        "endpoint/speech/variant/AllTraffic, scalable dimension: sagemaker:variant:DesiredInstanceCount"
    )


def test_tags_of_a_target(autoscaling, endpoint):
    bounds = {"MinCapacity": 1, "MaxCapacity": 2}
    arn = autoscaling.register_scalable_target(**target(), **bounds, Tags={"a": "1"})["ScalableTargetARN"]
    refused(
        lambda: autoscaling.register_scalable_target(**target(), **bounds, Tags={"a": "2"}),
        "ValidationException",
        "The scalable target that you tried to tag already exists.",
    )
    autoscaling.tag_resource(ResourceARN=arn, Tags={"b": "2"})
    autoscaling.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert autoscaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"b": "2"}
    other = arn[:-1] + ("0" if arn[-1] != "0" else "1")
    refused(lambda: autoscaling.list_tags_for_resource(ResourceARN=other), "ResourceNotFoundException", other)


def test_values_outside_the_service_model_are_refused_together(autoscaling):
    message = refused(
        lambda: autoscaling.register_scalable_target(
            ServiceNamespace="sage",
            ResourceId="endpoint/speech/variant/AllTraffic",
            ScalableDimension="count",
        ),
        "ValidationException",
    )
    assert message.startswith("2 validation errors detected: Value 'sage' at 'serviceNamespace' failed to satisfy")
    assert "; Value 'count' at 'scalableDimension' failed to satisfy constraint: " in message
    assert "Member must satisfy enum value set: [ecs:service:DesiredCount, " in message


def test_what_is_not_emulated_says_so(autoscaling):
    refused(
        lambda: autoscaling.describe_scalable_targets(ServiceNamespace="ecs"),
        "InternalFailure",
        "of namespace sagemaker is emulated",
    )


def test_a_change_of_a_target_is_refused_while_another_one_is_pending(autoscaling, connection, registered):
    """One after the other they are taken, and reading always is."""
    put = partial(
        autoscaling.put_scaling_policy,
        **target(),
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=tracking(),
    )
    action = partial(
        autoscaling.put_scheduled_action,
        **target(),
        Schedule="rate(1 day)",
        ScalableTargetAction={"MinCapacity": 1},
    )

    def outcome(call):
        try:
            call()
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "done"

    calls = [partial(put, PolicyName="tracking"), partial(action, ScheduledActionName="night")]
    # Long enough for both to be there at the same time on a busy machine.
    with control.injected(connection, {"fault": "pending", "seconds": 5}), ThreadPoolExecutor(3) as threads:
        together = list(threads.map(outcome, [*calls, lambda: only_target(autoscaling)]))
    with control.injected(connection, {"fault": "pending", "seconds": 0.1}):
        alone = [outcome(call) for call in calls]
    assert sorted(together[:2]) == ["ConcurrentUpdateException", "done"]
    assert together[2] == "done"
    assert alone == ["done", "done"]
    with ThreadPoolExecutor(2) as threads:  # nobody asks for it
        assert list(threads.map(outcome, calls)) == ["done", "done"]


def test_changes_of_two_targets_go_on_at_the_same_time(autoscaling, connection, registered, queue):
    def register(endpoint):
        return str(
            autoscaling.register_scalable_target(**target(endpoint), MinCapacity=1, MaxCapacity=2)["ScalableTargetARN"]
        )

    with control.injected(connection, {"fault": "pending", "seconds": 0.3}), ThreadPoolExecutor(2) as threads:
        speech, other = threads.map(register, ["speech", queue])
    assert speech == registered != other
