"""Each example, applied with a model package of the Marketplace in place of an image."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from tests.apply.account import Inventory
from tests.apply.conftest import OpenStage
from tests.apply.stage import EXAMPLES, INVENTORIES, PACKAGE, PACKAGED, Step

FOR_IMAGES = ("AuthorizeImagePull", "PullImage")


@dataclass(frozen=True)
class Story:
    """An example as applied with a package, and what its destroy left."""

    example: str
    applied: Step
    left: Inventory


@pytest.fixture(scope="module", params=[example for example in EXAMPLES if example not in PACKAGED])
def story(request: pytest.FixtureRequest, open_stage: OpenStage) -> Story:
    """The example of a test, applied and destroyed."""
    stage = open_stage(f"examples/{request.param}", region="us-east-1", model_package_arn=PACKAGE)
    return Story(request.param, stage.apply(), stage.destroy())


def with_package(inventory: Any) -> Any:
    """What is to stand with the package, from the inventory of the example with an image."""
    (model,) = inventory["models"].values()
    del model["PrimaryContainer"]["Image"]
    model["PrimaryContainer"]["ModelPackageName"] = PACKAGE
    model["EnableNetworkIsolation"] = True
    for endpoint in inventory["endpoints"].values():
        # Deployment guardrails are not to be had for packages of the Marketplace.
        endpoint.pop("LastDeploymentConfig", None)
    (role,) = inventory["roles"].values()
    (policy,) = role["InlinePolicies"].values()
    policy["Statement"] = [one for one in policy["Statement"] if one["Sid"] not in FOR_IMAGES]
    return inventory


def test_the_model_is_the_package_cut_off_from_every_network(story: Story) -> None:
    model = story.applied.after.the("models")
    assert model["PrimaryContainer"]["ModelPackageName"] == PACKAGE
    assert "Image" not in model["PrimaryContainer"]
    assert model["EnableNetworkIsolation"] is True


def test_all_else_stands_as_with_an_image(story: Story) -> None:
    expected = json.loads((INVENTORIES / f"{story.example}.json").read_text())
    assert story.applied.after.portable() == with_package(expected)


def test_a_second_plan_is_empty(story: Story) -> None:
    assert story.applied.remaining == []


def test_nothing_is_left_after_a_destroy(story: Story) -> None:
    assert story.left.names == {}
