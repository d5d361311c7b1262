"""Limits, on both sides: what is just allowed is taken, and the next is refused.

Operations run in this process, with a store of their own and without LocalStack.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from scaleproof.emulator.api import autoscaling, constraints, endpoints, policies, runtime, sagemaker
from scaleproof.emulator.engine import deployments, invocations
from scaleproof.emulator.engine.alarms import FIRST, WatchedAlarm
from scaleproof.emulator.engine.state import Job
from scaleproof.emulator.errors import AwsError
from scaleproof.service_models import service_model

from .conftest import metric_alarm, new_store, target, variant, with_endpoint

MOMENT = datetime(2026, 11, 2, 7, 30, tzinfo=UTC)


class Topic:
    """Any client of AWS; keeps what is published."""

    def __init__(self):
        self.messages = []

    def publish(self, **request):
        self.messages.append(json.loads(request["Message"]))


@pytest.fixture
def topic():
    return Topic()


@pytest.fixture
def store(topic):
    """An account with a scalable target of 1 to 10 instances."""
    made = with_endpoint(new_store(lambda _service: topic))
    deployments.complete_due(made)
    autoscaling.register_scalable_target(made, {**target(), "MinCapacity": 1, "MaxCapacity": 10})
    return made


def refusal(call):
    """The code and the message that a call is refused with."""
    with pytest.raises(AwsError) as caught:
        call()
    return f"{caught.value.code}: {caught.value.message}"


def checked(service, operation, **request):
    """A request held against the service model, as a service does before it looks at one."""
    constraints.check(service_model(service).operation_model(operation).input_shape, request)


def schedule(store, name, **members):
    request = {"Schedule": "rate(1 day)", "ScalableTargetAction": {"MinCapacity": 2}, **members}
    autoscaling.put_scheduled_action(store, {**target(), "ScheduledActionName": name, **request})


def step(store, name, *intervals, kind="ChangeInCapacity", change=1):
    adjustments = [
        {"MetricIntervalLowerBound": lower, "MetricIntervalUpperBound": upper, "ScalingAdjustment": change}
        for lower, upper in intervals
    ]
    configuration = {"AdjustmentType": kind, "StepAdjustments": adjustments}
    request = {"PolicyName": name, "PolicyType": "StepScaling"}
    policies.put_scaling_policy(store, {**target(), **request, "StepScalingPolicyConfiguration": configuration})


# https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-quotas.html


def test_two_hundred_scheduled_actions_and_no_more(store):
    for number in range(200):
        schedule(store, f"action-{number}")
    assert refusal(lambda: schedule(store, "one-more")).startswith("LimitExceededException: ")
    schedule(store, "action-0", Schedule="rate(2 days)")
    autoscaling.delete_scheduled_action(store, {**target(), "ScheduledActionName": "action-0"})
    schedule(store, "one-more")


def test_fifty_policies_and_no_more(store):
    for number in range(50):
        step(store, f"policy-{number}", (0, None))
    assert refusal(lambda: step(store, "one-more", (0, None))).startswith("LimitExceededException: ")
    step(store, "policy-0", (1, None))


def test_a_step_interval_has_something_in_it(store):
    step(store, "thin", (0, 0.001), (0.001, None))
    for upper in (0, -1):
        message = refusal(lambda upper=upper: step(store, "empty", (0, upper)))
        assert f"the lower bound 0 must be below the upper bound {upper}" in message
    assert "there is a gap" in refusal(lambda: step(store, "gap", (0, 1), (1.001, None)))


def test_an_exact_capacity_is_not_negative(store):
    """Source: ScalingAdjustment of StepAdjustment in the service model."""
    step(store, "none", (0, None), kind="ExactCapacity", change=0)
    step(store, "less", (None, 0), change=-1)
    message = refusal(lambda: step(store, "negative", (0, None), kind="ExactCapacity", change=-1))
    assert "The ScalingAdjustment of ExactCapacity must not be negative." in message


def test_a_rewrite_without_times_ends_the_old_ones(store):
    """The rest of what it leaves out stays. Source: PutScheduledAction in the service model."""
    schedule(store, "night", Timezone="Europe/Berlin", StartTime=MOMENT, EndTime=MOMENT + timedelta(days=1))
    request = {"ScheduledActionName": "night", "ScalableTargetAction": {"MaxCapacity": 4}}
    autoscaling.put_scheduled_action(store, {**target(), **request})
    (found,) = autoscaling.describe_scheduled_actions(store, {})["ScheduledActions"]
    assert (found["Schedule"], found["Timezone"]) == ("rate(1 day)", "Europe/Berlin")
    assert not {"StartTime", "EndTime"} & found.keys()


# BlueGreenUpdatePolicy, TrafficRoutingConfig and RollingUpdatePolicy of the service model.


@pytest.mark.parametrize("kind", ["ALL_AT_ONCE", "CANARY", "LINEAR", "rolling"])
def test_a_deployment_waits_from_nothing_to_an_hour(store, kind):
    def update(wait):
        half = {"Type": "CAPACITY_PERCENT", "Value": 50}
        sizes = {"CANARY": {"CanarySize": half}, "LINEAR": {"LinearStepSize": half}}
        policy = (
            {"RollingUpdatePolicy": {"MaximumBatchSize": half, "WaitIntervalInSeconds": wait}}
            if kind == "rolling"
            else {
                "BlueGreenUpdatePolicy": {
                    "TrafficRoutingConfiguration": {
                        "Type": kind,
                        "WaitIntervalInSeconds": wait,
                        **sizes.get(kind, {}),
                    }
                }
            }
        )
        request = {"EndpointName": "speech", "EndpointConfigName": "c", "DeploymentConfig": policy}
        checked("sagemaker", "UpdateEndpoint", **request)
        endpoints.update_endpoint(store, request)
        deployments.complete_due(store)

    for wait in (0, 3_600):
        update(wait)
    for wait, bound in ((-1, "greater than or equal to 0"), (3_601, "less than or equal to 3600")):
        assert f"Member must have value {bound}" in refusal(lambda wait=wait: update(wait))


# InvokeEndpointAsync and AsyncInferenceNotificationConfig of the service models.


@pytest.fixture
def job():
    return Job({"EndpointName": "speech", "RequestTTLSeconds": 60}, MOMENT.timestamp(), "1", "s3://b/1")


@pytest.mark.parametrize(("seconds", "expired"), [(59, False), (60, False), (60.001, True), (61, True)])
def test_a_request_expires_when_it_is_older_than_it_may_be(store, job, seconds, expired):
    store.time = lambda: job.received + seconds
    assert invocations.expired(store, job) is expired


@pytest.mark.parametrize(("members", "seconds"), [({}, 21_600), ({"RequestTTLSeconds": 60}, 60)])
def test_a_request_may_wait_for_as_long_as_it_says_or_for_six_hours(store, monkeypatch, members, seconds):
    jobs = []
    monkeypatch.setattr(invocations, "enqueue", lambda _store, job: jobs.append(job))
    output = {"OutputConfig": {"S3OutputPath": "s3://b/out"}}
    config = {"ProductionVariants": [variant()], "AsyncInferenceConfig": output}
    sagemaker.create_endpoint_config(store, {"EndpointConfigName": "queue", **config})
    endpoints.create_endpoint(store, {"EndpointName": "queue", "EndpointConfigName": "queue"})
    runtime.invoke_endpoint_async(store, {"EndpointName": "queue", "Body": b"audio", **members})
    for late, expired in ((seconds, False), (seconds + 1, True)):
        store.time = lambda late=late: jobs[0].received + late
        assert invocations.expired(store, jobs[0]) is expired


@pytest.mark.parametrize(
    ("member", "least", "most"),
    [("RequestTTLSeconds", 60, 21_600), ("InvocationTimeoutSeconds", 1, 3_600)],
)
def test_how_long_a_request_may_wait_and_take(member, least, most):
    def invoke(seconds):
        location = {"EndpointName": "speech", "InputLocation": "s3://b/1"}
        checked("sagemaker-runtime", "InvokeEndpointAsync", **location, **{member: seconds})

    for seconds in (least, most):
        invoke(seconds)
    for seconds in (least - 1, most + 1):
        assert "failed to satisfy constraint: Member must have value" in refusal(
            lambda seconds=seconds: invoke(seconds)
        )


@pytest.mark.parametrize(("size", "included"), [(1, True), (128 * 1024, True), (128 * 1024 + 1, False)])
@pytest.mark.parametrize("problem", [None, "ClientError: ..."])
def test_a_notification_holds_a_response_up_to_its_largest_size(store, topic, job, size, included, problem):
    arn = "arn:aws:sns:us-east-1:111122223333"
    included_in = ("SUCCESS_NOTIFICATION_TOPIC", "ERROR_NOTIFICATION_TOPIC")
    topics = {
        "SuccessTopic": f"{arn}:success",
        "ErrorTopic": f"{arn}:error",
        "IncludeInferenceResponseIn": included_in,
    }
    invocations._notify(store, replace(job, topics=topics), bytes(size), problem)
    (message,) = topic.messages
    assert message["invocationStatus"] == ("Failed" if problem else "Completed")
    assert ("responseBody" in message) is included


# The clock of alarms: scaling-semantics of AWS are in scaleproof.scaling.alarms.settings, FIRST is ours.


@pytest.mark.parametrize("fraction", [0.0, 0.1, 1 / 3, 0.9999999])
@pytest.mark.parametrize(("period", "interval"), [(10, 10), (60, 60), (300, 60)])
def test_a_new_alarm_is_evaluated_first_after_a_second_and_then_at_its_interval(fraction, period, interval):
    created = MOMENT + timedelta(seconds=fraction)
    described = {
        "ActionsEnabled": True,
        "AlarmArn": "arn",
        "AlarmConfigurationUpdatedTimestamp": created,
        "StateUpdatedTimestamp": created,
        "StateValue": "INSUFFICIENT_DATA",
    }
    watched = WatchedAlarm.from_description(metric_alarm("speech", Period=period, **described))
    assert watched
    times = [watched.due]
    for _ in range(3):
        times.append(watched.alarm.next_evaluation(times[-1]))
    first = created.timestamp() + FIRST
    assert times == pytest.approx([first + number * interval for number in range(4)], abs=1e-3)
