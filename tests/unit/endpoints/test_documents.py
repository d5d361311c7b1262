"""Each value of the API's documents is read to where it belongs."""

from contextlib import nullcontext
from datetime import UTC, datetime

import pytest

from scaleproof.endpoints import EndpointError
from scaleproof.endpoints.documents import Document, Documents, PolicyDocuments, endpoint, unknown
from scaleproof.endpoints.render import PolicyRow, rows
from scaleproof.scaling.endpoint import Kind, Pool, ScalableTarget, ScheduledAction, Suspended
from scaleproof.scaling.parsing import CONFIGURATIONS, TRACKING
from scaleproof.scaling.step_scaling import StepScaling
from scaleproof.translation.values import UNKNOWN

from .conftest import ALARM, ONE_TYPE, SCHEDULE, STEPPING, TARGET, VARIANT, WAKE_UP


def document(content):
    return Document("here", content)


def documents(variant=VARIANT, **members):
    return Documents(**{"name": "speech", "variant": document(variant), "client": document({}), **members})


@pytest.mark.parametrize(("given", "read"), [(None, None), (UNKNOWN, None), (450, 450.0)])
def test_how_long_instances_are_looked_for(given, read):
    """Terraform calls unknown what the configuration leaves out."""
    variant = {**VARIANT, "VariantInstanceProvisionTimeoutInSeconds": given}
    assert endpoint(documents(variant)).provision_timeout == read


@pytest.mark.usefixtures("elsewhere")
def test_all_of_an_endpoint():
    policy = PolicyDocuments(
        document({"PolicyName": "wake-up", "PolicyType": "StepScaling", "StepScalingPolicyConfiguration": STEPPING}),
        (document(ALARM),),
    )
    found = endpoint(
        documents(
            client=document({"MaxConcurrentInvocationsPerInstance": 5}),
            target=document(TARGET),
            policies=(policy,),
            schedules=(document(SCHEDULE),),
            limits={"ml.g6.2xlarge": 12.0},
        )
    )
    assert (found.name, found.variant, found.kind) == ("speech", "Live", Kind.ASYNC)
    assert found.pools == (Pool("ml.g6.2xlarge", 1, 12.0), Pool("ml.g6e.2xlarge", 2, None))
    assert (found.initial, found.max_concurrent_invocations) == (4, 5)
    assert found.target == ScalableTarget(
        min=2,
        max=7,
        policies=(WAKE_UP,),
        schedules=(
            ScheduledAction(
                name="morning",
                schedule="cron(30 7 ? * MON-FRI *)",
                timezone="Europe/Berlin",
                min=3,
                max=6,
                start=datetime(2026, 12, 1, tzinfo=UTC),
                end=datetime(2027, 12, 1, 1, tzinfo=UTC),
            ),
        ),
        suspended=Suspended(),
    )


@pytest.mark.parametrize(
    ("member", "suspended"),
    [
        ("DynamicScalingInSuspended", Suspended(scale_in=True)),
        ("DynamicScalingOutSuspended", Suspended(scale_out=True)),
        ("ScheduledScalingSuspended", Suspended(scheduled=True)),
    ],
)
def test_each_part_can_be_suspended(member, suspended):
    found = endpoint(documents(target=document({**TARGET, "SuspendedState": {member: True}}))).target
    assert found
    assert found.suspended == suspended


def test_a_real_time_endpoint():
    found = endpoint(documents(client=None))
    assert (found.kind, found.max_concurrent_invocations) == (Kind.REALTIME, None)


@pytest.mark.parametrize(
    ("types", "said"),
    [
        ({"InstanceType": UNKNOWN, "InstancePools": UNKNOWN}, "the instance types"),
        ({"InstanceType": UNKNOWN}, "the instance types"),
        ({"InstancePools": UNKNOWN}, "the instance types"),
        ({"InstanceType": "ml.g6.2xlarge", "InstancePools": UNKNOWN}, None),
        ({}, "names no instance type"),
    ],
)
def test_types_of_instances_that_are_not_known(types, said):
    """Terraform calls the one of the two that is not configured unknown."""
    with pytest.raises(EndpointError, match=said) if said else nullcontext():
        assert endpoint(documents({"VariantName": "Live", **types})).pools == (Pool("ml.g6.2xlarge", 1, None),)


@pytest.mark.parametrize("time", [None, UNKNOWN])
def test_a_schedule_without_a_time_has_no_bound(time):
    schedules = (document({**SCHEDULE, "StartTime": time, "EndTime": time}),)
    (schedule,) = endpoint(documents(target=document(TARGET), schedules=schedules)).target.schedules
    assert (schedule.start, schedule.end) == (None, None)


@pytest.mark.parametrize(
    ("variant", "target", "count", "initial"),
    [
        (VARIANT, None, 6, 6),
        (VARIANT, TARGET, 6, 4),
        (VARIANT, TARGET, None, 4),
        (ONE_TYPE, TARGET, None, 2),
        (ONE_TYPE, {"MinCapacity": 0, "MaxCapacity": 7}, None, 1),
        (ONE_TYPE, None, None, 1),
    ],
    ids=["what is there", "scaling made it", "configured", "the minimum", "never made empty", "nothing scales it"],
)
def test_how_many_instances_there_are_at_first(variant, target, count, initial):
    members = {"target": document(target) if target else None, "count": count}
    assert endpoint(documents(variant, **members)).initial == initial


def test_a_policy_without_a_type_scales_by_steps():
    """PutScalingPolicy, PolicyType: StepScaling where it is left out.

    Source: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScalingPolicy.html
    """
    policy = PolicyDocuments(document({"PolicyName": "it", "StepScalingPolicyConfiguration": STEPPING}))
    found = endpoint(documents(target=document(TARGET), policies=(policy,))).target
    assert found
    assert [type(one) for one in found.policies] == [StepScaling]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({"PolicyType": "PredictiveScaling"}, "(not modelled)"),
        ({"PolicyType": "TargetTrackingScaling", CONFIGURATIONS[TRACKING]: UNKNOWN}, "(known after apply)"),
    ],
)
def test_a_policy_without_numbers_is_shown(content, text):
    policy = PolicyDocuments(document({"PolicyName": "it", **content}))
    (row,) = rows([documents(target=document(TARGET), policies=(policy,))])
    assert row.policies == [PolicyRow("it", content["PolicyType"], text, text, text, text, True)]
    assert [alarm.watches for alarm in row.alarms] == ([text, text] if text == "(known after apply)" else [])


def test_six_of_many_unknown_values_are_named():
    assert "sensitive: a, b, c, d, e, f and 2 more." in str(unknown("abcdefgh"))
    assert "sensitive: a, b, c, d, e, f." in str(unknown("abcdef"))
