"""Credentials that expire while an endpoint is made: docs/traps.md, done as it is written.

awscc takes the identifier of what it makes from the answers to its polls. If one was answered, the endpoint
is in the state, tainted; if none was, it is in no state. Source: hashicorp/terraform-provider-awscc,
internal/generic/resource.go, Create.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.apply.parts import PARTS, REALTIME_ADDRESS
from tests.apply.stage import Failure, Step, planned_actions

pytestmark = pytest.mark.nightly

ENDPOINT = "speech-realtime"
MODULE = f"{REALTIME_ADDRESS}.module.endpoint"
ADDRESSES = {
    "endpoint": f"{MODULE}.awscc_sagemaker_endpoint.this",
    "configuration": f'{MODULE}.awscc_sagemaker_endpoint_config.this["ml.g6.2xlarge ml.g6e.2xlarge"]',
}


@dataclass(frozen=True)
class Story:
    """A creation whose polls are refused, what the next plan wants, the command and the apply after it."""

    failure: Failure
    planned: list[str]
    addresses: list[str]
    out: Step


def made(stage, answered):
    """An apply whose credentials expire after so many polls were answered, while the endpoint is Creating."""
    expired = {
        "fault": "expired",
        "service": "cloudcontrol",
        "operation": "GetResourceRequestStatus",
        "after": answered,
    }
    with stage.suffering({"fault": "lasting"}, expired):
        return stage.fail()


def settled(stage, failure, command, *arguments):
    planned, addresses = planned_actions(stage.plan()), stage.addresses()
    stage.terraform(command, *arguments)
    return Story(failure, planned, addresses, stage.apply())


@pytest.fixture(scope="module")
def stage(open_stage):
    """A model and a real-time endpoint."""
    return open_stage(PARTS, **{"async": None})


@pytest.fixture(scope="module")
def tainted(stage):
    """The configuration and one poll of the endpoint are answered."""
    failure = made(stage, 2)
    stage.await_endpoint(ENDPOINT)
    return settled(stage, failure, "untaint", ADDRESSES["endpoint"])


@pytest.fixture(scope="module")
def lost(open_stage):
    """No poll of the endpoint is answered."""
    stage = open_stage(PARTS, **{"async": None})
    failure = made(stage, 1)
    stage.await_endpoint(ENDPOINT)
    arn = stage.inventory()["endpoints"][ENDPOINT]["EndpointArn"]
    return settled(stage, failure, "import", ADDRESSES["endpoint"], arn)


@pytest.fixture(scope="module")
def lost_configuration(open_stage):
    """No poll at all is answered: the configuration is in no state, and there is no endpoint yet."""
    stage = open_stage(PARTS, **{"async": None})
    failure = made(stage, 0)
    arn = failure.after.the("endpoint_configs")["EndpointConfigArn"]
    return settled(stage, failure, "import", ADDRESSES["configuration"], arn)


def assert_kept(story, kind):
    """Asserts that what was made is still there, scales, and is all that there is to do."""
    before, after = story.failure.after, story.out.after
    (name,) = before[kind]
    assert before[kind][name]["CreationTime"] == after[kind][name]["CreationTime"]
    assert after[kind].keys() == before[kind].keys()
    assert [one["PolicyName"] for one in after.policies(ENDPOINT)] == ["speech-realtime-concurrency"]
    assert story.out.remaining == []


def is_in_state(story, kind):
    return ADDRESSES[kind] in story.addresses


def test_an_endpoint_that_a_poll_has_named_is_tainted_and_untaint_keeps_it(tainted):
    (problem,) = tainted.failure.error.diagnostics
    assert "ExpiredTokenException" in str(problem)
    assert tainted.failure.after["endpoints"][ENDPOINT]["EndpointStatus"] == "Creating"
    assert f"delete/create {ADDRESSES['endpoint']}" in tainted.planned
    assert_kept(tainted, "endpoints")


def test_an_endpoint_that_no_poll_has_named_is_in_no_state_and_import_brings_it_back(lost):
    assert not is_in_state(lost, "endpoint")
    assert f"create {ADDRESSES['endpoint']}" in lost.planned
    assert_kept(lost, "endpoints")
    assert not any(call.startswith("CreateResource") for call in lost.out.calls)


def test_so_does_a_configuration(lost_configuration):
    assert not is_in_state(lost_configuration, "configuration")
    assert_kept(lost_configuration, "endpoint_configs")


def test_nothing_is_left(stage, tainted):
    left = stage.destroy()
    assert left.names == {}
