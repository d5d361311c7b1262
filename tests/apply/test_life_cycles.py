"""What hangs on a registration goes and comes with it, and nothing goes that is still in use.

Each of these fails where the part of a life cycle that it is for is gone (tests/mutants/lifecycles.txt).
Calls that could come first by chance are held up.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.apply.parts import PARTS
from tests.apply.stage import Failure, Step, assert_order, next_second
from tests.plan.planner import IMAGE, MODEL

TARGET = "endpoint/speech-realtime/variant/AllTraffic"
G6 = {"instance_type": "ml.g6.2xlarge", "max_concurrency": 12}
UNEQUAL = [G6, {"instance_type": "ml.g6e.2xlarge", "max_concurrency": 16}]
OTHER_TYPES = [G6, {"instance_type": "ml.g5.2xlarge", "max_concurrency": 16}]
EQUAL = [G6, {"instance_type": "ml.g5.2xlarge", "max_concurrency": 12}]
POLICIES = ("burst", "concurrency", "cpu", "guard")
"""The module's own two for unequal pools, and one of either type of the caller's own."""
REALTIME = {
    "capacity": {"min": 1, "max": 4},
    "policies": {
        "burst": {
            "step": {
                "alarm": {"metric_name": "Invocations", "statistic": "Sum", "threshold": 100},
                "steps": [{"adjustment": 1, "lower_bound": 0}],
            }
        },
        "cpu": {
            "target_tracking": {
                "custom_metric": {"metric_name": "CPUUtilization", "namespace": "/aws/sagemaker/Endpoints"},
                "target_value": 60,
            }
        },
    },
    "schedules": {"night": {"schedule": "cron(0 20 ? * * *)", "max": 2}},
}
READS_TABLES = "arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess"
READS_QUEUES = "arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess"
KEY = "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d"


@dataclass(frozen=True)
class Registered:
    """Other instance types, which register anew; then pools that are equal, which do not."""

    types: Step
    equal: Step


@pytest.fixture(scope="module")
def registered(open_stage):
    """A real-time endpoint with every kind of policy and a schedule."""
    stage = open_stage(PARTS, **{"async": None, "realtime": REALTIME, "instance_pools": UNEQUAL})
    stage.put()
    types = stage.apply(instance_pools=OTHER_TYPES)
    late = {"fault": "throttling", "operation": "DeleteScalingPolicy", "times": 1}
    with stage.suffering(late):
        return Registered(types, stage.apply(instance_pools=EQUAL))


@pytest.mark.parametrize("policy", POLICIES)
def test_a_policy_leaves_the_old_registration_and_joins_the_new_one(registered, policy):
    """Deregistering deletes the policies of a target.

    Source: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DeregisterScalableTarget.html
    """
    assert_order(
        registered.types.calls,
        f"DeleteScalingPolicy speech-realtime-{policy}",
        f"DeregisterScalableTarget {TARGET}",
        f"RegisterScalableTarget {TARGET}",
        f"PutScalingPolicy speech-realtime-{policy}",
    )


def test_a_schedule_leaves_the_old_registration_and_joins_the_new_one(registered):
    assert_order(
        registered.types.calls,
        f"DeleteScheduledAction {TARGET}",
        f"DeregisterScalableTarget {TARGET}",
        f"RegisterScalableTarget {TARGET}",
        f"PutScheduledAction {TARGET}",
    )


def test_all_that_scaled_scales_after_a_new_registration(registered):
    change = registered.types
    assert change.after.counts == change.before.counts
    assert change.remaining == []


def test_the_guard_has_left_the_predefined_metric_before_the_policy_returns_to_it(registered):
    """AWS takes one policy for a predefined metric (hashicorp/terraform-provider-aws issue 41179)."""
    calls = registered.equal.calls
    gone = max(place for place, call in enumerate(calls) if call == "DeleteScalingPolicy speech-realtime-guard")
    assert gone < calls.index("PutScalingPolicy speech-realtime-concurrency")
    assert registered.equal.remaining == []


@dataclass(frozen=True)
class Modelled:
    """A model with a role of its own: refused its permissions, made, given a key and another managed policy,
    with another image and without that policy, and with a role elsewhere.
    """

    refused: Failure
    unattached: Failure
    access: Step
    image: Step
    path: Step


@pytest.fixture(scope="module")
def modelled(open_stage):
    """The model alone: nothing that uses it says in which order it is replaced."""
    stage = open_stage(MODEL)
    with stage.suffering({"fault": "throttling", "service": "iam", "operation": "PutRolePolicy"}):
        refused = stage.fail()
    with stage.suffering({"fault": "throttling", "service": "iam", "operation": "AttachRolePolicy"}):
        unattached = stage.fail(role_policy_arns={"reads": READS_TABLES})
    stage.put()
    access = stage.apply(access={"kms_key_arns": [KEY]}, role_policy_arns={"reads": READS_QUEUES})
    image = stage.apply(image=IMAGE.replace(":1.4", ":1.5"), role_policy_arns={})
    next_second()
    path = stage.apply(role_path="/speech/", role_policy_arns={"reads": READS_TABLES})
    return Modelled(refused, unattached, access, image, path)


def test_a_model_waits_for_the_permissions_of_its_role(modelled):
    """SageMaker reads model data and image with the role while it creates the model."""
    assert len(modelled.refused.after["roles"]) == 1
    assert modelled.refused.after["models"] == {}
    (role,) = modelled.unattached.after["roles"].values()
    assert role["InlinePolicies"]
    assert modelled.unattached.after["models"] == {}


def test_a_role_is_never_without_permissions(modelled):
    """The old ones go when the new ones are there, though the model stays."""
    change = modelled.access
    old, new = change.before.model_policy(), change.after.model_policy()
    assert_order(change.calls, f"PutRolePolicy {new}", f"DeleteRolePolicy {old}")
    assert_order(change.calls, f"AttachRolePolicy {READS_QUEUES}", f"DetachRolePolicy {READS_TABLES}")
    assert change.after.the("roles")["AttachedPolicies"] == [READS_QUEUES]
    assert change.after["models"] == change.before["models"]
    assert change.remaining == []


def test_a_model_goes_when_the_next_one_is_there(modelled):
    change = modelled.image
    old, new = (inventory.the("models")["ModelName"] for inventory in (change.before, change.after))
    assert_order(change.calls, f"CreateModel {new}", f"DeleteModel {old}")
    assert_order(change.calls, f"CreateModel {new}", f"DetachRolePolicy {READS_QUEUES}")


def test_a_role_elsewhere_is_another_role_and_another_model(modelled):
    """The old ones go when the new ones are there: an endpoint runs the old model that long."""
    change = modelled.path
    old, new = (inventory.the("roles") for inventory in (change.before, change.after))
    assert (old["Path"], new["Path"]) == ("/", "/speech/")
    assert change.after.the("models")["ExecutionRoleArn"] == new["Arn"]
    was, becomes = (inventory.the("models")["ModelName"] for inventory in (change.before, change.after))
    assert_order(
        change.calls,
        f"CreateRole {new['RoleName']}",
        f"CreateModel {becomes}",
        f"DeleteModel {was}",
        f"DeleteRole {old['RoleName']}",
    )
    assert new["AttachedPolicies"] == [READS_TABLES]
    assert change.remaining == []
