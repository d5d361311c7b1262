"""What somebody does by hand is seen by the next plan, and undone by its apply; what scaling does is not."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.apply.account import Inventory
from tests.apply.parts import ASYNC_ADDRESS as ASYNC
from tests.apply.parts import PARTS, SCALED, SMALLEST_PARTS, WAKE_UP_ALARM
from tests.apply.parts import REALTIME_ADDRESS as REALTIME
from tests.apply.stage import Step, assert_order, wanted

TARGET = {"ServiceNamespace": "sagemaker", "ScalableDimension": "sagemaker:variant:DesiredInstanceCount"}
REALTIME_TARGET = {**TARGET, "ResourceId": "endpoint/speech-realtime/variant/AllTraffic"}
ASYNC_TARGET = {**TARGET, "ResourceId": "endpoint/speech-async/variant/AllTraffic"}
OWN = {
    "step": {
        "alarm": {"metric_name": "ConcurrentRequestsPerModel", "threshold": 11},
        "steps": [{"lower_bound": 0, "adjustment": 2}],
    }
}
"""A policy beside the module's, with an alarm that can be deleted while the other endpoint's is edited."""
OWN_ALARM = "speech-realtime-burst"
ROUNDS = ("delete and edit", "tear down")


@dataclass(frozen=True)
class Round:
    """Something done by hand: what the next plan wants, and the apply of it."""

    wanted: list[str]
    repaired: Step


@dataclass(frozen=True)
class Story:
    """What stood at first, and the rounds since."""

    first: Inventory
    rounds: dict[str, Round]


@pytest.fixture(scope="module")
def story(open_stage):
    """Both kinds of endpoint, in hands that should have left them alone."""
    realtime = {**SMALLEST_PARTS["realtime"], "policies": {"burst": OWN}}
    stage = open_stage(PARTS, realtime=realtime)
    stage.put()
    stage.scale(SCALED)
    first = stage.inventory()
    rounds = {}
    for name, hands in zip(ROUNDS, ((delete, edit), (tear_down,)), strict=True):
        for by_hand in hands:
            by_hand(stage)
        rounds[name] = Round(wanted(stage.plan()), stage.apply())
    return Story(first, rounds)


def delete(stage):
    """Deletes a policy, and the alarm of another."""
    stage.connection.client("application-autoscaling").delete_scaling_policy(
        **REALTIME_TARGET, PolicyName="speech-realtime-concurrency"
    )
    stage.connection.client("cloudwatch").delete_alarms(AlarmNames=[OWN_ALARM])


def edit(stage):
    """Moves bounds, a target value, a threshold, and the endpoint to a configuration without tags."""
    scaling = stage.connection.client("application-autoscaling")
    scaling.register_scalable_target(**REALTIME_TARGET, MinCapacity=1, MaxCapacity=10)
    (policy,) = scaling.describe_scaling_policies(ServiceNamespace="sagemaker", PolicyNames=["speech-async-backlog"])[
        "ScalingPolicies"
    ]
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]
    scaling.put_scaling_policy(
        **ASYNC_TARGET,
        PolicyName=policy["PolicyName"],
        PolicyType=policy["PolicyType"],
        TargetTrackingScalingPolicyConfiguration={**tracking, "TargetValue": 50},
    )
    cloudwatch = stage.connection.client("cloudwatch")
    (alarm,) = cloudwatch.describe_alarms(AlarmNames=[WAKE_UP_ALARM])["MetricAlarms"]
    members = cloudwatch.meta.service_model.operation_model("PutMetricAlarm").input_shape.members
    kept = {key: value for key, value in alarm.items() if key in members}
    cloudwatch.put_metric_alarm(**{**kept, "Threshold": 100.0})
    sagemaker = stage.connection.client("sagemaker")
    name = sagemaker.describe_endpoint(EndpointName="speech-async")["EndpointConfigName"]
    config = sagemaker.describe_endpoint_config(EndpointConfigName=name)
    sagemaker.create_endpoint_config(
        EndpointConfigName="by-hand",
        ProductionVariants=config["ProductionVariants"],
        AsyncInferenceConfig=config["AsyncInferenceConfig"],
    )
    sagemaker.update_endpoint(
        EndpointName="speech-async", EndpointConfigName="by-hand", RetainAllVariantProperties=True
    )
    stage.await_endpoint("speech-async")
    sagemaker.delete_endpoint_config(EndpointConfigName="by-hand")


def tear_down(stage):
    """Deregisters one scalable target, and deletes the endpoint of the other."""
    stage.connection.client("application-autoscaling").deregister_scalable_target(**ASYNC_TARGET)
    stage.connection.client("sagemaker").delete_endpoint(EndpointName="speech-realtime")
    stage.await_endpoint("speech-realtime", "deleted")


def test_a_live_count_that_scaling_changed_is_no_drift(story):
    """No plan wants to change an endpoint that was only scaled, and once all is repaired a plan is empty,
    though more instances run than are configured."""
    edited, torn = story.rounds["delete and edit"], story.rounds["tear down"]
    endpoint = "module.endpoint.awscc_sagemaker_endpoint.this"
    assert f"update {REALTIME}.{endpoint}" not in edited.wanted
    assert f"update {ASYNC}.{endpoint}" not in torn.wanted
    for name in ("speech-realtime", "speech-async"):
        assert story.first.variant(name)["CurrentInstanceCount"] == SCALED
        assert edited.repaired.after.variant(name)["CurrentInstanceCount"] == SCALED
        (configured,) = edited.repaired.after.config(name)["ProductionVariants"]
        assert configured["InitialInstanceCount"] == 1
    assert edited.repaired.remaining == []


def test_what_was_deleted_is_wanted_back_and_what_was_edited_set_back_and_nothing_else(story):
    assert story.rounds["delete and edit"].wanted == [
        f"update {ASYNC}.aws_appautoscaling_policy.backlog",
        f"update {ASYNC}.aws_cloudwatch_metric_alarm.wake_up[0]",
        f"update {ASYNC}.module.endpoint.awscc_sagemaker_endpoint.this",
        # An edited policy gets other alarms.
        f"delete/create {ASYNC}.terraform_data.policy_alarms",
        f"create {REALTIME}.aws_appautoscaling_policy.concurrency",
        f"update {REALTIME}.module.endpoint.aws_appautoscaling_target.this[0]",
        f'create {REALTIME}.module.endpoint.aws_cloudwatch_metric_alarm.step["burst"]',
    ]


def test_pain_17_no_scalable_target(story):
    """What hung on a deregistered target or a deleted endpoint is wanted back, the target first."""
    for endpoint, policy in (("speech-realtime", "concurrency"), ("speech-async", "backlog")):
        assert_order(
            story.rounds["tear down"].repaired.calls,
            f"RegisterScalableTarget endpoint/{endpoint}/variant/AllTraffic",
            f"PutScalingPolicy {endpoint}-{policy}",
        )
    assert story.rounds["tear down"].wanted == [
        f"create {ASYNC}.aws_appautoscaling_policy.backlog",
        f"create {ASYNC}.aws_appautoscaling_policy.wake_up[0]",
        # It acts on a policy that is made anew.
        f"update {ASYNC}.aws_cloudwatch_metric_alarm.wake_up[0]",
        f"create {ASYNC}.module.endpoint.aws_appautoscaling_target.this[0]",
        f"create {REALTIME}.aws_appautoscaling_policy.concurrency",
        f'create {REALTIME}.module.endpoint.aws_appautoscaling_policy.step["burst"]',
        f"create {REALTIME}.module.endpoint.aws_appautoscaling_target.this[0]",
        f'update {REALTIME}.module.endpoint.aws_cloudwatch_metric_alarm.step["burst"]',
        f"create {REALTIME}.module.endpoint.awscc_sagemaker_endpoint.this",
        # What tells when the endpoint was made, and that a new one wants a new registration.
        f"delete/create {REALTIME}.module.endpoint.terraform_data.creation",
        f"delete/create {REALTIME}.module.endpoint.terraform_data.registration",
        f"delete/create {REALTIME}.terraform_data.registration",
    ]


@pytest.mark.parametrize("name", ROUNDS)
def test_an_apply_repairs_it(story, name):
    expected, repaired = story.first.portable(), story.rounds[name].repaired
    assert repaired.before.portable() != expected
    if name == "tear down":
        # The new endpoint has the initial count again: what had scaled it is gone.
        (variant,) = expected["endpoints"]["speech-realtime"]["ProductionVariants"]
        variant |= {"CurrentInstanceCount": 1, "DesiredInstanceCount": 1}
        variant["InstancePools"][0]["CurrentInstanceCount"] = 1
    assert repaired.after.portable() == expected
    assert repaired.remaining == []


def test_alarms_act_by_the_policies_that_were_made_anew(story):
    after = story.rounds["tear down"].repaired.after
    _, wake_up = after.policies("speech-async")
    assert after["alarms"][WAKE_UP_ALARM]["AlarmActions"] == [wake_up["PolicyARN"]]
    burst, _ = after.policies("speech-realtime")
    assert after["alarms"][OWN_ALARM]["AlarmActions"] == [burst["PolicyARN"]]
