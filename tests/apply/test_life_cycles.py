"""Nothing of a model goes that is still in use.

Each of these fails where the part of a life cycle that it is for is gone.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.apply.stage import Failure, Step, assert_order, next_second
from tests.plan.planner import IMAGE, MODEL

READS_TABLES = "arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess"
READS_QUEUES = "arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess"
KEY = "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d"


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
