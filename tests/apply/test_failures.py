"""An apply that fails half-way says why in AWS's words and loses nothing: the next one goes on from there."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from tests.apply.account import Inventory
from tests.apply.parts import MODEL_ADDRESS, PARTS, REALTIME_ADDRESS, SCALED
from tests.apply.quotas import set_quota
from tests.apply.stage import Failure, Step
from tests.plan.planner import IMAGE, PAIR

ENDPOINT = "speech-realtime"
MODEL = f"{MODEL_ADDRESS}.aws_sagemaker_model.this"
CONFIG = f'{REALTIME_ADDRESS}.module.endpoint.awscc_sagemaker_endpoint_config.this["ml.g6.2xlarge ml.g6e.2xlarge"]'
OTHER_POOLS = [PAIR[0], {"instance_type": "ml.g5.2xlarge", "max_concurrency": 12}]
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


@dataclass(frozen=True)
class Story:
    """Applies that fail, each followed by one after the cause is gone, and a destroy.

    A role that does not exist, then a name that is taken: `addresses` is what the state holds after that.
    Later, with more instances, types of which one may not be had.
    """

    missing_role: Failure
    taken_name: Failure
    addresses: list[str]
    rerun: Step
    failed_rollout: Failure
    rolled_out: Step
    left: Inventory


@contextmanager
def somebody_elses_endpoint(connection):
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


@pytest.fixture(scope="module")
def story(open_stage):
    """One endpoint, from an empty account to an empty account."""
    stage = open_stage(PARTS, **{"async": None})
    arn = f"arn:aws:iam::{stage.connection.account}:role/speech"
    missing_role = stage.fail(model={"image": IMAGE, "execution_role": {"arn": arn}})
    iam = stage.connection.client("iam")
    iam.create_role(RoleName="speech", AssumeRolePolicyDocument=json.dumps(TRUST))
    with somebody_elses_endpoint(stage.connection):
        taken_name, addresses = stage.fail(), stage.addresses()
    rerun = stage.apply()

    stage.scale(SCALED)
    set_quota(stage.connection, "ml.g5.2xlarge", 0)
    failed_rollout = stage.fail(instance_pools=OTHER_POOLS)
    set_quota(stage.connection, "ml.g5.2xlarge", 2 * SCALED)
    rolled_out = stage.apply()
    left = stage.destroy(refresh=False)
    return Story(missing_role, taken_name, addresses, rerun, failed_rollout, rolled_out, left)


def test_a_role_that_nobody_may_assume_stops_at_the_model_until_it_is_there(story):
    (problem,) = story.missing_role.error.diagnostics
    assert problem.address == MODEL
    assert "Could not assume role arn:aws:iam::" in f"{problem.summary} {problem.detail}"
    assert story.missing_role.after.names == {"log_groups": [f"/aws/sagemaker/Endpoints/{ENDPOINT}"]}
    after = story.rerun.after
    assert after.the("models")["ExecutionRoleArn"] == after.the("roles")["Arn"]
    assert after["endpoints"][ENDPOINT]["EndpointStatus"] == "InService"


def test_a_name_that_is_taken_is_told_by_aws_and_the_next_apply_makes_the_rest(story):
    """What was made until then is in the state."""
    (endpoint,) = story.rerun.after["endpoints"].values()
    (problem,) = story.taken_name.error.diagnostics
    assert problem.address == f"{REALTIME_ADDRESS}.module.endpoint.awscc_sagemaker_endpoint.this"
    assert f'Cannot create already existing endpoint "{endpoint["EndpointArn"]}".' in problem.detail
    assert "AlreadyExists" in problem.detail
    assert [address for address in story.addresses if ".terraform_data." not in address] == [
        MODEL,
        f"{REALTIME_ADDRESS}.module.endpoint.aws_cloudwatch_log_group.this[0]",
        CONFIG,
    ]
    for kind in ("models", "endpoint_configs"):
        (ours,) = story.taken_name.after[kind].keys() - {"somebody-elses"}
        assert ours in story.rerun.after[kind]
    assert story.rerun.calls == [
        f"CreateResource Endpoint {ENDPOINT}",
        f"RegisterScalableTarget endpoint/{ENDPOINT}/variant/AllTraffic",
        f"PutScalingPolicy {ENDPOINT}-concurrency",
    ]
    assert story.rerun.remaining == []


def test_a_quota_that_does_not_suffice_is_named_and_the_endpoint_serves_as_it_did(story):
    (problem,) = story.failed_rollout.error.diagnostics
    assert "'ml.g5.2xlarge for endpoint usage' is 0 Instances" in problem.detail
    assert "ServiceLimitExceeded" in problem.detail
    after = story.failed_rollout.after
    assert after["endpoints"][ENDPOINT]["EndpointStatus"] == "InService"
    assert after.pools(ENDPOINT) == [(1, "ml.g6.2xlarge"), (2, "ml.g6e.2xlarge")]
    assert after.variant(ENDPOINT)["CurrentInstanceCount"] == SCALED


def test_the_next_apply_rolls_out_and_scales_again(story):
    after = story.rolled_out.after
    assert after.pools(ENDPOINT) == [(1, "ml.g6.2xlarge"), (2, "ml.g5.2xlarge")]
    assert after.variant(ENDPOINT)["CurrentInstanceCount"] == SCALED
    assert len(after["endpoint_configs"]) == 1
    (policy,) = after.policies(ENDPOINT)
    assert len(after.alarms(policy)) == 2
    assert story.rolled_out.remaining == []
    assert story.left.names == {"roles": ["speech"]}  # which is not Terraform's


@pytest.mark.nightly
def test_a_destroy_after_a_failed_apply_spares_what_is_somebody_elses(open_stage):
    stage = open_stage(PARTS, **{"async": None})
    with somebody_elses_endpoint(stage.connection):
        before = stage.inventory()
        stage.fail()
        assert stage.destroy() == before
    assert stage.inventory().names == {}
