"""What no API would have in its documents is refused, with the member and what was expected."""

import math

import pytest

from scaleproof.endpoints import EndpointError
from scaleproof.endpoints.documents import Document, Documents, PolicyDocuments, endpoint

VARIANT = {"VariantName": "Live", "InstanceType": "ml.g6.2xlarge"}
METRIC = {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}
TRACKING = {"PredefinedMetricSpecification": METRIC, "TargetValue": 3.0}


def read(**wrong):
    """Reads documents that are right but for members of one of them."""

    def with_wrong(name, right):
        return {**right, **wrong.get(name, {})}

    member = "TargetTrackingScalingPolicyConfiguration"
    policy = {
        "PolicyName": "follow",
        "PolicyType": "TargetTrackingScaling",
        member: with_wrong("tracking", TRACKING),
    }
    action = {"ScheduledActionName": "night", "Schedule": "rate(1 day)"}
    endpoint(
        Documents(
            name=wrong.get("name", "speech"),
            variant=Document("it", with_wrong("variant", VARIANT)),
            client=Document("it", {"MaxConcurrentInvocationsPerInstance": wrong.get("invocations")}),
            target=Document("it", with_wrong("target", {"MinCapacity": 1, "MaxCapacity": 5})),
            policies=(PolicyDocuments(Document("it", with_wrong("policy", policy))),),
            schedules=(Document("it", with_wrong("schedule", action)),),
        )
    )


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": "../speech"}, "it: EndpointName is '../speech'; expected is pattern "),
        ({"name": "../(sensitive value)"}, "it: EndpointName is '../x'; expected is pattern "),
        ({"name": "x" * 64}, "expected is max 63."),
        ({"invocations": 1001}, "it: MaxConcurrentInvocationsPerInstance is 1001; expected is max 1000."),
        (
            {"variant": {"InitialInstanceCount": 10**9}},
            "InitialInstanceCount is 1000000000; expected is",
        ),
        (
            {"variant": {"InitialInstanceCount": 1.5}},
            "Count is 1.5; expected is a value of type integer.",
        ),
        (
            {"target": {"MinCapacity": -5, "MaxCapacity": -1}},
            "MinCapacity is -5; expected is a number from 0",
        ),
        ({"target": {"MaxCapacity": math.inf}}, "it: MaxCapacity is inf; expected is a value of type integer."),
        (
            {"target": {"MaxCapacity": 10**9}},
            "is 1000000000; expected is a number from 0 to 10000.",
        ),
        ({"target": {"MaxCapacity": True}}, "it: MaxCapacity is True; expected is a value of type integer."),
        ({"target": {"MaxCapacity": None}}, "it has no MaxCapacity."),
        ({"target": {"MinCapacity": 6}}, "it: MinCapacity is 6; expected is at most MaxCapacity, 5."),
        ({"target": {"SuspendedState": 3}}, "it: SuspendedState is 3; expected is a value of type structure."),
        ({"policy": {"PolicyName": None}}, "it has no PolicyName."),
        (
            {"policy": {"PolicyType": "Guessing"}},
            "PolicyType is 'Guessing'; expected is enum ['StepScaling',",
        ),
        (
            {"tracking": {"TargetValue": math.nan}},
            "TargetValue is nan; expected is a number from 8.51592e",
        ),
        (
            {"tracking": {"ScaleInCooldown": "(sensitive value)"}},
            "is '(sensitive value)'; expected is a value of type integer.",
        ),
        ({"tracking": {"TargetValue": -1}}, "TargetTrackingScalingPolicyConfiguration.TargetValue is -1;"),
        ({"tracking": {"TargetValue": 10**400}}, "expected is a number from 8.51592e-109 to 1.17427e+108."),
        ({"tracking": {"ScaleInCooldown": 1e12}}, "ScaleInCooldown is 1000000000000.0; expected is a number"),
        ({"tracking": {"PredefinedMetricSpecification": {}}}, "it has no TargetTrackingScalingPolicyConfigu"),
        ({"schedule": {"Schedule": None}}, "it has no Schedule."),
        (
            {"schedule": {"StartTime": "9999-12-31T23:59:59-23:59"}},
            "StartTime is '9999-12-31T23:59:59-23:59'",
        ),
        (
            {"schedule": {"EndTime": "0001-01-01T00:00:00+23:59"}},
            "expected is between the years 1971 and 2099",
        ),
        (
            {"schedule": {"ScalableTargetAction": {"MinCapacity": 3, "MaxCapacity": 2}}},
            "it: MinCapacity is 3; expected is at most MaxCapacity, 2.",
        ),
    ],
)
def test_it_is_refused(wrong, said):
    with pytest.raises(EndpointError) as raised:
        read(**wrong)
    assert said in str(raised.value)


@pytest.mark.parametrize("name", ["(sensitive value)", "speech-(sensitive value)-realtime"])
def test_a_name_may_be_sensitive_in_part(name):
    read(name=name)


def test_a_type_that_no_model_has_yet_is_read():
    read(variant={"InstanceType": "ml.g9.2xlarge"})
