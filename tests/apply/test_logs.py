"""The log group of an endpoint is there before the endpoint, changes by itself, and goes after it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from scaleproof.localstack.control import recorded
from tests.apply.account import Inventory
from tests.apply.stage import Failure, Step, assert_order, sentences
from tests.plan.planner import IMAGE, REALTIME, ROOT, SMALLEST

GROUP = "/aws/sagemaker/Endpoints/speech"
KEY = "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d"


@pytest.fixture(scope="module")
def open_endpoint(open_stage):
    """Opens a real-time endpoint, whose model is there."""

    def opened(path=REALTIME, **variables):
        stage = open_stage(path, **variables)
        stage.connection.client("sagemaker").create_model(
            ModelName=SMALLEST[REALTIME]["model_name"], PrimaryContainer={"Image": IMAGE}
        )
        return stage

    return opened


@dataclass(frozen=True)
class Story:
    """Refused its log group, made, with another retention and a key, refused its end, and gone."""

    refused: Failure
    made: Inventory
    changed: Step
    kept: Inventory
    left: Inventory


@pytest.fixture(scope="module")
def story(open_endpoint):
    stage = open_endpoint()
    with stage.suffering({"fault": "throttling", "service": "logs", "operation": "CreateLogGroup"}):
        refused = stage.fail()
    stage.put()
    made = stage.inventory()
    changed = stage.apply(log_group={"kms_key_id": KEY, "retention_in_days": 7})
    with stage.suffering({"fault": "throttling", "service": "cloudcontrol", "operation": "DeleteResource"}):
        assert not stage.attempt(destroy=True)
    return Story(refused, made, changed, stage.inventory(), stage.destroy())


def test_no_endpoint_starts_before_its_log_group(story):
    """SageMaker would make the group itself, without retention."""
    assert story.refused.after["log_groups"] == {}
    assert story.refused.after["endpoints"] == {}


def test_logs_are_kept_for_as_long_as_the_module_says(story):
    group = story.made.the("log_groups")
    assert (group["logGroupName"], group["retentionInDays"], group["kmsKeyId"]) == (GROUP, 30, None)
    group = story.changed.after.the("log_groups")
    assert (group["logGroupName"], group["retentionInDays"], group["kmsKeyId"]) == (GROUP, 7, KEY)


def test_a_change_of_the_log_group_deploys_nothing(story):
    assert story.changed.calls == [f"PutRetentionPolicy {GROUP}", f"AssociateKmsKey {GROUP}"]
    assert story.changed.remaining == []


def test_the_log_group_goes_after_the_endpoint_which_still_writes_to_it(story):
    assert list(story.kept["endpoints"]) == ["speech"]
    assert list(story.kept["log_groups"]) == [GROUP]
    assert story.left["log_groups"] == {}


def test_a_log_group_that_is_there_already_is_told_by_aws_before_there_is_an_endpoint(open_endpoint):
    """SageMaker made it for an endpoint that stood here before (docs/adopting.md)."""
    stage = open_endpoint()
    stage.connection.client("logs").create_log_group(logGroupName=GROUP)
    failure = stage.fail()
    assert "ResourceAlreadyExistsException" in str(failure.error)
    assert failure.after["endpoints"] == {}


@pytest.mark.nightly
def test_the_log_group_goes_after_the_right_to_create_it(open_stage):
    """Whoever may create the group does so with a line after its end: terraform-aws-eks issue 1019."""
    stage = open_stage(ROOT, **{"async": None})
    stage.put()
    with recorded(stage.connection) as calls:
        stage.destroy()
    assert_order(
        sentences(calls),
        "DeleteResource Endpoint speech-realtime",
        "DeleteRolePolicy sagemaker-endpoints",
        f"DeleteLogGroup {GROUP}-realtime",
    )


@pytest.mark.nightly
def test_logs_that_are_not_to_go_stay(open_endpoint):
    stage = open_endpoint(log_group={"skip_destroy": True})
    stage.put()
    left = stage.destroy()
    assert left["endpoints"] == {}
    assert list(left["log_groups"]) == [GROUP]


@pytest.mark.nightly
def test_a_log_group_that_is_left_to_sagemaker_is_not_touched(open_endpoint):
    stage = open_endpoint(log_group={"create": False})
    stage.connection.client("logs").create_log_group(logGroupName=GROUP)
    stage.put()
    left = stage.destroy()
    assert left["endpoints"] == {}
    assert left.the("log_groups")["retentionInDays"] is None
