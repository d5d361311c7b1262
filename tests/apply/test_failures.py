"""An apply that fails half-way says why in AWS's words and loses nothing: the next one goes on from there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from scaleproof.cloud.connection import Connection
from tests.apply.account import Inventory
from tests.apply.conftest import OpenStage
from tests.apply.parts import MODEL_ADDRESS, PARTS, REALTIME_ADDRESS
from tests.apply.quotas import set_quota
from tests.apply.stage import Failure, Step
from tests.plan.planner import IMAGE, PAIR

ENDPOINT = "speech-realtime"
MODEL = f"{MODEL_ADDRESS}.aws_sagemaker_model.this"
CONFIG = f"{REALTIME_ADDRESS}.module.endpoint.awscc_sagemaker_endpoint_config.this"
OTHER_POOLS = [PAIR[0], {"instance_type": "ml.g5.2xlarge", "max_concurrency": 12}]
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
SCALED = 3


@dataclass(frozen=True)
class HalfWay:
    """A role that does not exist, then a name that is taken, the apply after both, and a destroy.

    `addresses`: what the state holds after the second failure.
    """

    missing_role: Failure
    taken_name: Failure
    addresses: list[str]
    rerun: Step
    left: Inventory


@dataclass(frozen=True)
class FailedRollout:
    """A failed change, the apply after the cause was gone, and a destroy."""

    failure: Failure
    rerun: Step
    left: Inventory


@contextmanager
def somebody_elses_endpoint(connection: Connection) -> Iterator[None]:
    """An endpoint of the name that ours is to have, which Terraform does not know."""
    client = connection.client("sagemaker")
    client.create_model(ModelName="somebody-elses", PrimaryContainer={"Image": IMAGE})
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": "somebody-elses",
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    client.create_endpoint_config(EndpointConfigName="somebody-elses", ProductionVariants=[variant])
    client.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName="somebody-elses")
    client.get_waiter("endpoint_in_service").wait(EndpointName=ENDPOINT)
    yield
    client.delete_endpoint(EndpointName=ENDPOINT)
    client.get_waiter("endpoint_deleted").wait(EndpointName=ENDPOINT)
    client.delete_endpoint_config(EndpointConfigName="somebody-elses")
    client.delete_model(ModelName="somebody-elses")


def kept(addresses: list[str]) -> list[str]:
    """Without the resources that only remember a value."""
    return [address for address in addresses if ".terraform_data." not in address]


@pytest.fixture(scope="module")
def half_way(open_stage: OpenStage) -> HalfWay:
    """At the first apply the execution role does not exist; at the second the endpoint's name is taken."""
    stage = open_stage(PARTS, **{"async": None})
    arn = f"arn:aws:iam::{stage.connection.account}:role/speech"
    missing_role = stage.fail(model={"image": IMAGE, "execution_role": {"arn": arn}})
    iam = stage.connection.client("iam")
    iam.create_role(RoleName="speech", AssumeRolePolicyDocument=json.dumps(TRUST))
    with somebody_elses_endpoint(stage.connection):
        taken_name, addresses = stage.fail(), stage.addresses()
    rerun = stage.apply()
    left = stage.destroy()
    iam.delete_role(RoleName="speech")
    return HalfWay(missing_role, taken_name, addresses, rerun, left)


@pytest.fixture(scope="module")
def failed_rollout(open_stage: OpenStage) -> FailedRollout:
    """There is no quota for one of the instance types when they change."""
    stage = open_stage(PARTS, **{"async": None})
    stage.put()
    stage.scale(SCALED)
    set_quota(stage.connection, "ml.g5.2xlarge", 0)
    failure = stage.fail(instance_pools=OTHER_POOLS)
    set_quota(stage.connection, "ml.g5.2xlarge", 2 * SCALED)
    return FailedRollout(failure, stage.apply(), stage.destroy())


def test_a_role_that_nobody_may_assume_stops_at_the_model(half_way: HalfWay) -> None:
    (problem,) = half_way.missing_role.error.diagnostics
    assert problem.address == MODEL
    assert "Could not assume role arn:aws:iam::" in f"{problem.summary} {problem.detail}"
    assert half_way.missing_role.after.names == {}


def test_the_role_is_used_once_it_is_there(half_way: HalfWay) -> None:
    role = half_way.rerun.after.the("roles")
    assert half_way.rerun.after.the("models")["ExecutionRoleArn"] == role["Arn"]
    assert half_way.rerun.after["endpoints"][ENDPOINT]["EndpointStatus"] == "InService"


def test_the_error_is_that_of_aws(half_way: HalfWay) -> None:
    (endpoint,) = half_way.rerun.after["endpoints"].values()
    (problem,) = half_way.taken_name.error.diagnostics
    assert problem.address == f"{REALTIME_ADDRESS}.module.endpoint.awscc_sagemaker_endpoint.this"
    assert f'Cannot create already existing endpoint "{endpoint["EndpointArn"]}".' in problem.detail
    assert "AlreadyExists" in problem.detail


def test_what_was_made_until_the_error_is_in_the_state(half_way: HalfWay) -> None:
    assert kept(half_way.addresses) == [MODEL, CONFIG]
    for kind in ("models", "endpoint_configs"):
        (ours,) = half_way.taken_name.after[kind].keys() - {"somebody-elses"}
        assert ours in half_way.rerun.after[kind]


def test_the_next_apply_makes_only_the_rest(half_way: HalfWay) -> None:
    assert half_way.rerun.calls == [
        f"CreateResource Endpoint {ENDPOINT}",
        f"RegisterScalableTarget endpoint/{ENDPOINT}/variant/AllTraffic",
        f"PutScalingPolicy {ENDPOINT}-concurrency",
    ]


def test_a_quota_that_does_not_suffice_is_named(failed_rollout: FailedRollout) -> None:
    (problem,) = failed_rollout.failure.error.diagnostics
    assert "'ml.g5.2xlarge for endpoint usage' is 0 Instances" in problem.detail
    assert "ServiceLimitExceeded" in problem.detail


def test_a_failed_rollout_leaves_the_endpoint_serving_as_it_did(failed_rollout: FailedRollout) -> None:
    after = failed_rollout.failure.after
    assert after["endpoints"][ENDPOINT]["EndpointStatus"] == "InService"
    assert after.pools(ENDPOINT) == [(1, "ml.g6.2xlarge"), (2, "ml.g6e.2xlarge")]
    assert after.variant(ENDPOINT)["CurrentInstanceCount"] == SCALED


def test_the_next_apply_rolls_out_and_scales_again(failed_rollout: FailedRollout) -> None:
    after = failed_rollout.rerun.after
    assert after.pools(ENDPOINT) == [(1, "ml.g6.2xlarge"), (2, "ml.g5.2xlarge")]
    assert after.variant(ENDPOINT)["CurrentInstanceCount"] == SCALED
    assert len(after["endpoint_configs"]) == 1
    (policy,) = after.policies(ENDPOINT)
    assert len(after.alarms(policy)) == 2


@pytest.mark.parametrize("story", ["half_way", "failed_rollout"])
def test_a_plan_after_the_next_apply_is_empty(request: pytest.FixtureRequest, story: str) -> None:
    assert request.getfixturevalue(story).rerun.remaining == []


@pytest.mark.parametrize(("story", "expected"), [("half_way", {"roles": ["speech"]}), ("failed_rollout", {})])
def test_nothing_of_terraforms_is_left_after_a_destroy(
    request: pytest.FixtureRequest, story: str, expected: dict[str, list[str]]
) -> None:
    assert request.getfixturevalue(story).left.names == expected


def test_a_destroy_after_a_failed_apply_spares_what_is_somebody_elses(open_stage: OpenStage) -> None:
    stage = open_stage(PARTS, **{"async": None})
    with somebody_elses_endpoint(stage.connection):
        before = stage.inventory()
        stage.fail()
        assert stage.destroy() == before
    assert stage.inventory().names == {}
