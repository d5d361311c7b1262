"""What awscc does that no plan shows: seen in the real provider's calls, and the same of its stand-in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from scaleproof.localstack.control import ApiCall, recorded
from scaleproof.providers.session import StandIns
from tests.apply.conftest import OpenStage
from tests.apply.parts import PARTS, REALTIME_ADDRESS
from tests.apply.stage import Failure, Step, sentences

ENDPOINT = "speech-realtime"
CONFIG = f"{REALTIME_ADDRESS}.module.endpoint.awscc_sagemaker_endpoint_config.this"
TAGS = [{"Stage": "test"}, {"Stage": "live"}]
SCALED = 3
"""Instances that run at the time of the changes; the endpoint starts with one."""


@dataclass(frozen=True)
class Story:
    """Other tags twice, then a configuration that is to be replaced by itself."""

    tagged: list[Step]
    replaced: Failure
    calls: list[ApiCall]
    remaining: list[str]


@pytest.fixture(scope="module")
def standins(believing: StandIns | None) -> StandIns | None:
    """Providers that believe what they planned."""
    return believing


@pytest.fixture(scope="module")
def story(open_stage: OpenStage) -> Story:
    """A real-time endpoint, scaled out."""
    stage = open_stage(PARTS, **{"async": None})
    stage.put()
    stage.scale(SCALED)
    tagged = [stage.apply(tags=tags) for tags in TAGS]
    with recorded(stage.connection) as calls:
        replaced = stage.fail(replacing=CONFIG)
    return Story(tagged, replaced, calls, stage.remaining())


def patches(calls: Sequence[ApiCall]) -> dict[str, list[dict[str, Any]]]:
    """By type, the JSON patch of its UpdateResource."""
    return {
        call.params["TypeName"].rsplit("::", 1)[1]: json.loads(call.params["PatchDocument"])
        for call in calls
        if call.operation == "UpdateResource"
    }


@pytest.mark.parametrize("change", [0, 1])
def test_a_change_of_tags_alone_sends_the_flag_of_the_endpoint_again(story: Story, change: int) -> None:
    """RetainAllVariantProperties is write-only: awscc takes it for unset before each update, and adds it."""
    step = story.tagged[change]
    sent = patches(step.made)
    assert {operation["path"] for operation in sent["EndpointConfig"]} == {"/Tags"}
    flag, tags = sorted(sent["Endpoint"], key=lambda operation: str(operation["path"]))
    assert flag == {"op": "add", "path": "/RetainAllVariantProperties", "value": True}
    assert tags["path"] == "/Tags"
    given = {tag["Key"]: tag["Value"] for tag in tags["value"]}
    assert given == {"Team": "speech", **TAGS[change]}


@pytest.mark.parametrize("change", [0, 1])
def test_a_change_of_tags_alone_is_no_deployment(story: Story, change: int) -> None:
    step = story.tagged[change]
    assert step.after.variant(ENDPOINT) == step.before.variant(ENDPOINT)
    assert step.after.variant(ENDPOINT)["CurrentInstanceCount"] == SCALED
    assert step.after["endpoint_configs"].keys() == step.before["endpoint_configs"].keys()
    assert step.after["endpoints"][ENDPOINT]["Tags"] == {"Team": "speech", **TAGS[change]}
    assert step.remaining == []


def test_a_configuration_is_not_replaced_by_one_of_its_name(story: Story) -> None:
    """Its name says what is in it, and the new one is made before the old one goes."""
    (problem,) = story.replaced.error.diagnostics
    assert problem.address == CONFIG
    assert "Cannot create already existing endpoint configuration" in problem.detail
    assert "ErrorCode: AlreadyExists" in problem.detail
    (name,) = story.replaced.after["endpoint_configs"]
    assert sentences(story.calls) == [f"CreateResource EndpointConfig {name}"]


def test_a_replacement_that_fails_changes_nothing(story: Story) -> None:
    after, before = story.replaced.after, story.tagged[-1].after
    for kind in ("endpoints", "endpoint_configs", "scalable_targets", "scaling_policies"):
        assert after[kind] == before[kind]
    assert story.remaining == []
