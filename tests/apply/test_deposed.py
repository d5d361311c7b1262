"""A state that Terraform 1.16.0 has touched, and what brings the scaling back (docs/traps.md).

That release keeps what it was to destroy as deposed objects (hashicorp/terraform issue 39076). Where the
module block has depends_on, an apply leaves the scalable targets and their policies so, though they are those
that stand.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass

import pytest

from scaleproof.terraform.plan import Plan
from tests.apply.account import Inventory
from tests.apply.stage import Stage, Step
from tests.plan.planner import ROOT, SMALLEST, configuration

pytestmark = pytest.mark.nightly

KEY = "0a1b2c3d"
TARGET = "module.endpoint.aws_appautoscaling_target.this[0]"
SCALING = ("scalable_targets", "scaling_policies")


@dataclass(frozen=True)
class Story:
    """What such an apply leaves deposed, the plan after it, two applies, and what a destroy then leaves."""

    deposed: list[str]
    plan: Plan
    first: Step
    second: Step
    left: Inventory


def depose(file, addresses):
    """Writes a state as Terraform 1.16.0 leaves it: with these objects as deposed beside their successors."""
    state = json.loads(file.read_text())
    found = []
    for resource in state["resources"]:
        for one in list(resource["instances"]):
            if resource["type"] == "terraform_data":
                one["attributes"]["store"] = None
            key = f"[{json.dumps(one['index_key'])}]" if "index_key" in one else ""
            address = f"{resource.get('module', '')}.{resource['type']}.{resource['name']}{key}"
            if address in addresses:
                found.append(address)
                resource["instances"].append(copy.deepcopy(one) | {"deposed": KEY})
    assert sorted(found) == sorted(addresses)
    file.write_text(json.dumps(state | {"serial": state["serial"] + 1, "terraform_version": "1.16.0"}))


@pytest.fixture(scope="module")
def story(cloud, scaleproof_standins, new_account, tmp_path_factory):
    directory = tmp_path_factory.mktemp("root")
    state = directory / "kept.tfstate"
    root = configuration(ROOT, directory)
    root["variable"]["before"] = {"type": "string"}
    root["resource"] = {"terraform_data": {"before": {"input": "${var.before}"}}}
    root["module"]["it"]["depends_on"] = ["terraform_data.before"]
    (directory / "main.tf.json").write_text(json.dumps(root))
    stage = Stage(
        directory,
        standins=scaleproof_standins,
        connection=cloud.connection(new_account()),
        lasting=cloud.external,
        state=state,
        **SMALLEST[ROOT] | {"realtime": None, "before": "first"},
    )
    try:
        stage.put()
        replaced = [one for one in stage.plan(before="second").changes if one.replaced]
        # The role's policy is created first by its own lifecycle, which that release keeps to.
        deposed = [one.address for one in replaced if one.type != "aws_iam_role_policy"]
        depose(state, deposed)
        return Story(deposed, stage.plan(), stage.apply(), stage.apply(), stage.destroy(refresh=False))
    finally:
        stage.close()


def test_the_target_its_policies_and_what_orders_them_are_deposed(story):
    assert {address.removeprefix("module.it.module.async[0].") for address in story.deposed} >= {
        "aws_appautoscaling_policy.backlog",
        "aws_appautoscaling_policy.wake_up[0]",
        TARGET,
        "module.endpoint.terraform_data.registration",
        "terraform_data.registration",
    }


def test_a_plan_shows_each_as_an_object_that_it_destroys_and_what_stands_as_it_is(story):
    destroyed = {one.address: one.actions for one in story.plan.changes}
    assert destroyed == {f"{address} (deposed object {KEY})": ("delete",) for address in story.deposed}
    assert story.plan.of_type("aws_appautoscaling_target")


def test_an_apply_takes_all_scaling_away_and_the_next_one_brings_it_back(story):
    before, between, after = story.first.before, story.first.after, story.second.after
    for kind in SCALING:
        assert before[kind]
        assert not between[kind]
    assert f"create module.it.module.async[0].{TARGET}" in story.first.remaining
    assert story.second.remaining == []
    assert after.portable() == before.portable()


def test_a_destroy_leaves_nothing_then(story):
    assert story.left.names == {}
