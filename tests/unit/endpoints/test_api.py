"""What is read of an API, page by page, and what cannot be read."""

import boto3
import pytest

from scaleproof.endpoints import EndpointError, from_api
from scaleproof.endpoints.live import documents_of
from scaleproof.endpoints.render import AlarmRow, EndpointRow, PolicyRow, PoolRow, ScheduleRow, rows
from scaleproof.errors import FailedError
from scaleproof.scaling.target_tracking import CONCURRENCY

from .conftest import ALARM, ONE_TYPE, SCHEDULE, STEPPING, TARGET, VARIANT, WAKE_UP

HALF = {"DynamicScalingInSuspended": False, "DynamicScalingOutSuspended": True, "ScheduledScalingSuspended": True}
STANDING = {"AlarmArn": "arn:alarm", "StateValue": "OK"}


class Api:
    """Services that answer from a dictionary, by operation; a list of answers is that many pages.

    What is not in it, and whatever changes anything, fails.
    """

    def __init__(self, answers):
        self.answers = answers

    def __call__(self, _service):
        return self

    def __getattr__(self, operation):
        return lambda **_request: self.answers[operation]

    def get_paginator(self, operation):
        pages = self.answers[operation]

        class Paginator:
            def paginate(self, **_request):
                return iter(pages)

        return Paginator()


def api(**answers):
    step = {"PolicyName": "wake-up", "PolicyARN": "arn:wake-up", "PolicyType": "StepScaling"}
    return Api(
        {
            "list_endpoints": [
                {"Endpoints": [{"EndpointName": "speech-b"}]},
                {"Endpoints": [{"EndpointName": "speech-a"}]},
            ],
            "describe_endpoint": {
                "EndpointConfigName": "speech-1",
                "EndpointStatus": "InService",
                "ProductionVariants": [
                    {
                        "VariantName": "Live",
                        "DesiredInstanceCount": 5,
                        "CurrentInstanceCount": 3,
                        "InstancePools": [{"InstanceType": "ml.g6.2xlarge", "CurrentInstanceCount": 3}],
                    }
                ],
            },
            "describe_endpoint_config": {
                "ProductionVariants": [VARIANT],
                "AsyncInferenceConfig": {"ClientConfig": {"MaxConcurrentInvocationsPerInstance": 8}},
            },
            "describe_scalable_targets": [
                {"ScalableTargets": []},
                {"ScalableTargets": [{**TARGET, "SuspendedState": HALF}]},
            ],
            "describe_scaling_policies": [{"ScalingPolicies": [{**step, "StepScalingPolicyConfiguration": STEPPING}]}],
            "describe_scheduled_actions": [
                {"ScheduledActions": [SCHEDULE]},
                {"ScheduledActions": [{**SCHEDULE, "ScheduledActionName": "evening"}]},
            ],
            "describe_alarms": [{"MetricAlarms": [{**ALARM, **STANDING}]}],
            **answers,
        }
    )


def test_the_api_tells_all_there_is_page_by_page():
    first, second = from_api(api())
    shown = rows(documents_of(api(), ["speech-a"]))
    assert (first.name, second.name) == ("speech-a", "speech-b")
    assert first.max_concurrent_invocations == 8
    assert first.target
    assert first.target.policies == (WAKE_UP,)
    step = PolicyRow("wake-up", "StepScaling", "HasBacklogWithoutCapacity", None, 300, 300, True, "ChangeInCapacity +2")
    assert shown == [
        EndpointRow(
            name="speech-a",
            variant="Live",
            kind="async",
            status="InService",
            pools=[PoolRow("ml.g6.2xlarge", 1, None, 3), PoolRow("ml.g6e.2xlarge", 2, None, 0)],
            initial=5,  # what is desired, whatever runs at the moment
            min=2,
            max=7,
            suspended="scaling out, scheduled actions",
            policies=[step],
            schedules=[
                ScheduleRow(name, "cron(30 7 ? * MON-FRI *)", "Europe/Berlin", 3, 6) for name in ("morning", "evening")
            ],
            alarms=[AlarmRow("wake-up", "HasBacklogWithoutCapacity", ">= 1 in 2 of 3 x 60 s", "OK")],
        )
    ]


def test_an_endpoint_of_one_type_without_scaling():
    bare = {
        "describe_endpoint_config": {"ProductionVariants": [{**ONE_TYPE, "InitialInstanceCount": 2}]},
        "describe_scalable_targets": [{"ScalableTargets": []}],
        "describe_scaling_policies": [{"ScalingPolicies": []}],
        "describe_scheduled_actions": [{"ScheduledActions": []}],
        "describe_alarms": [{"MetricAlarms": []}],
    }
    (found,) = rows(documents_of(api(**bare), ["speech"]))
    assert (found.kind, found.initial, found.min, found.max) == ("realtime", 5, None, None)
    assert (found.policies, found.schedules, found.alarms) == ([], [], [])
    assert (found.pools, found.suspended) == ([PoolRow("ml.g6.2xlarge", 1, None, 3)], "")


def test_only_what_is_named_is_described():
    assert [one.name for one in from_api(api(), ["speech-b"])] == ["speech-b"]
    assert from_api(api(), []) == []
    assert from_api(api(list_endpoints=[{"Endpoints": []}])) == []


@pytest.mark.parametrize("change", [{"ActionsEnabled": False}, {"AlarmActions": ["arn:another"]}])
def test_an_alarm_that_does_not_act_on_the_policy_is_not_its_own(change):
    (found,) = from_api(api(describe_alarms=[{"MetricAlarms": [{**ALARM, **STANDING, **change}]}]), ["speech"])
    assert found.target
    assert found.target.policies[0].alarms == {}


def test_each_alarm_of_target_tracking_has_its_own_state():
    name, states = "TargetTracking-endpoint/speech/variant/Live-Alarm{}-1", {"High": "ALARM", "Low": "OK"}
    metric = {"PredefinedMetricSpecification": {"PredefinedMetricType": CONCURRENCY.type}}
    policy = {
        "PolicyName": "follow",
        "PolicyARN": "arn:it",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 9.0, **metric},
        "Alarms": [{"AlarmName": name.format(end), "AlarmARN": f"arn:{end}"} for end in states],
    }
    alarms = [
        {**ALARM, "AlarmName": name.format(end), "AlarmArn": f"arn:{end}", "StateValue": value}
        for end, value in states.items()
    ]
    made = {"describe_scaling_policies": [{"ScalingPolicies": [policy]}], "describe_alarms": [{"MetricAlarms": alarms}]}
    (found,) = rows(documents_of(api(**made), ["speech"]))
    assert found.policies == [PolicyRow("follow", "TargetTrackingScaling", CONCURRENCY.type, 9.0, 300, 300, True)]
    assert found.alarms == [
        AlarmRow(f"follow: Alarm{end}", "ConcurrentRequestsPerModel", condition, states[end])
        for end, condition in (("High", "> 9 in 3 of 3 x 10 s"), ("Low", "< 8.1 in 90 of 90 x 10 s"))
    ]


def test_an_endpoint_that_is_not_there(connection):
    with pytest.raises(EndpointError, match=r"There is no endpoint nowhere\. There are no endpoints"):
        from_api(connection.client, ["nowhere"])


def test_without_credentials(monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    session = boto3.Session(region_name="us-east-1")
    with pytest.raises(FailedError, match=r"The API cannot be read: Unable to locate credentials"):
        from_api(session.client)
