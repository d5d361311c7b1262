"""A change of the data capture, by what the endpoint does and not by what its configuration says.

docs/traps.md, "A change of data capture has no effect". Source: DataCaptureConfig is one of the properties
that RetainAllVariantProperties retains, and to exclude it is not supported (VariantProperty).
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from scaleproof.terraform.plan import Plan
from tests.apply.account import Inventory
from tests.apply.parts import PARTS, REALTIME_ADDRESS, SCALED, SMALLEST_PARTS
from tests.apply.stage import Step

pytestmark = pytest.mark.nightly

ENDPOINT = "speech-realtime"
THE_ENDPOINT = f"{REALTIME_ADDRESS}.module.endpoint.awscc_sagemaker_endpoint.this"


def capturing(share):
    """The variables with which the endpoint is to capture so many percent, or nothing."""
    capture = {"destination_s3_uri": "s3://acme-captured/", "initial_sampling_percentage": share}
    capacity = {**SMALLEST_PARTS["realtime"]["capacity"], "initial": SCALED}
    return {"realtime": {**SMALLEST_PARTS["realtime"], "capacity": capacity, "data_capture": share and capture}}


@dataclass(frozen=True)
class Story:
    """A capture, another one, that one by hand, and none, which takes another endpoint."""

    plans: dict[str, Plan]
    changed: Step
    by_hand: Inventory
    remaining: list[str]
    removed: Step
    replaced: Step


@pytest.fixture(scope="module")
def story(open_stage):
    stage = open_stage(PARTS, **{"async": None}, **capturing(50))
    plans = {"created": stage.plan()}
    stage.put()
    stage.scale(SCALED + 1)
    plans["changed"] = stage.plan(**capturing(10))
    changed = stage.apply(**capturing(10))
    plans["later"] = stage.plan()
    stage.connection.client("sagemaker").update_endpoint(
        EndpointName=ENDPOINT,
        EndpointConfigName=changed.after["endpoints"][ENDPOINT]["EndpointConfigName"],
        RetainAllVariantProperties=False,
    )
    stage.await_endpoint(ENDPOINT)
    by_hand, remaining = stage.inventory(), stage.remaining()
    removed = stage.apply(**capturing(None))
    replaced = stage.apply(replacing=THE_ENDPOINT)
    return Story(plans, changed, by_hand, remaining, removed, replaced)


def share(inventory):
    """How many percent the endpoint captures."""
    found = inventory["endpoints"][ENDPOINT].get("DataCaptureConfig")
    return found and int(found["CurrentSamplingPercentage"])


def test_a_new_configuration_alone_changes_no_capture(story):
    after = story.changed.after
    assert after.config(ENDPOINT)["DataCaptureConfig"]["InitialSamplingPercentage"] == 10
    assert share(after) == 50
    assert "DataCaptureConfig" not in story.removed.after.config(ENDPOINT)
    assert share(story.removed.after) == 10


def test_the_plan_of_a_change_says_so_and_no_other(story):
    (warning,) = story.plans["changed"].warnings
    assert f"describe-endpoint --endpoint-name {ENDPOINT}" in warning.detail
    assert story.plans["created"].warnings == story.plans["later"].warnings == ()


def test_an_update_that_retains_nothing_changes_it_and_the_count(story):
    """`capacity.initial`, which the new configuration brought, is the count afterwards."""
    assert share(story.by_hand) == 10
    assert story.changed.after.variant(ENDPOINT)["CurrentInstanceCount"] == SCALED + 1
    assert story.by_hand.variant(ENDPOINT)["CurrentInstanceCount"] == SCALED
    assert story.remaining == []


def test_so_does_a_replacement(story):
    assert share(story.replaced.after) is None
    assert story.replaced.remaining == []
