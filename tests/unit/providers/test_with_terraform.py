"""Real Terraform runs a provider that lives in memory, through our server, codec and plan semantics."""

from __future__ import annotations

import copy
import json

import pytest

from scaleproof.terraform.diagnostics import ApplyFailed, PlanFailed
from tests.unit.providers.conftest import MemoryProvider

TWO = """
variable "size" {
  type    = number
  default = null
}
variable "name" {
  type    = string
  default = "first"
}
variable "kinds" {
  type    = list(string)
  default = ["wheel", "wheel"]
}
resource "aws_thing" "one" {
  name   = var.name
  size   = var.size
  labels = ["b", "a"]
  policy = jsonencode({ a = 1, b = [2] })
  tags   = { own = "yes" }
  dynamic "part" {
    for_each = var.kinds
    content {
      kind   = part.value
      weight = 1.5
    }
  }
}
resource "aws_thing" "two" {
  name = "second"
  note = aws_thing.one.arn
  part {}
  dynamic "part" {
    for_each = aws_thing.one.arn == "" ? [] : [aws_thing.one.id]
    content {
      kind = part.value
    }
  }
}
output "size" {
  value = aws_thing.one.size
}
"""
ONE, OTHER = "aws_thing.one", "aws_thing.two"


@pytest.fixture(scope="module")
def planned(shared_root):
    """The plan that creates both."""
    return shared_root(TWO, MemoryProvider()).plan()


@pytest.fixture(scope="module")
def applied(shared_root):
    """A provider and a state as an apply leaves them."""
    provider = MemoryProvider()
    run = shared_root(TWO, provider)
    run.apply()
    return provider, run.state_file.read_bytes()


@pytest.fixture
def standing(applied, root, provider):
    """Makes a root that was applied before, with a provider of the test's own."""
    before, state = applied
    provider.things, provider.operations = copy.deepcopy(before.things), [*before.operations]
    return root(TWO, provider, state=state)


def test_create_plans_defaults_and_leaves_to_apply_what_only_apply_can_know(planned):
    one = planned.resource(ONE)
    assert one.values["size"] == 1
    assert one.values["tags_all"] == {"own": "yes", "team": "ml"}
    assert one.unknown["id"]
    assert one.unknown["arn"]
    assert one.unknown["part"] == [{"serial": True}, {"serial": True}]
    assert one.values["part"][0]["weight"] == 1.5


def test_an_unknown_value_travels_into_attributes_and_dynamic_blocks(planned):
    other = planned.resource(OTHER)
    assert other.unknown["note"] is True
    assert other.unknown["part"] is True


def test_apply_then_nothing_to_do_then_destroy(root, provider):
    run = root(TWO, provider)
    run.apply()
    state = run.state()
    assert state.resource(OTHER).values["note"] == "arn:first"
    assert state.resource(OTHER).values["part"][1]["kind"] == state.resource(ONE).values["id"]
    assert run.outputs() == {"size": 1}
    assert run.settled()
    run.destroy()
    assert provider.things == {}
    assert provider.operations[:2] == ["create first", "create second"]
    assert provider.operations[2:] == ["delete second", "delete first"]


def test_an_update_in_place_keeps_computed_values(standing, provider):
    one = standing.plan(size=5).resource(ONE)
    assert one.actions == ("update",)
    assert one.values["arn"] == "arn:first"
    serials = [part["serial"] for part in standing.state().resource(ONE).values["part"]]
    assert None not in serials
    assert [part["serial"] for part in one.values["part"]] == serials
    standing.apply(size=5)
    assert provider.operations[2:] == ["update first"]
    assert standing.settled(size=5)


def test_a_change_of_what_cannot_change_replaces(standing, provider):
    one = standing.plan(name="renamed").resource(ONE)
    assert one.actions == ("delete", "create")
    assert one.replace_paths == (("name",),)
    standing.apply(name="renamed")
    assert provider.operations[-4:] == ["delete second", "delete first", "create renamed", "create second"]


@pytest.mark.parametrize(
    ("kinds", "path"),
    [(["wheel", "door"], ("part", 1, "kind")), (["wheel"], ("part",)), (["wheel"] * 3, ("part",))],
)
def test_force_new_inside_blocks_replaces(standing, kinds, path):
    one = standing.plan(kinds=kinds).resource(ONE)
    assert one.actions == ("delete", "create")
    assert one.replace_paths == (path,)


def test_what_only_looks_different_is_no_change(standing, provider):
    (thing,) = [thing for thing in provider.things.values() if thing["name"] == "first"]
    thing["policy"] = json.dumps({"b": [2], "a": 1}, indent=2)
    thing["labels"] = ["a", "b"]
    assert standing.settled()


def test_what_was_changed_or_removed_elsewhere_is_planned_back(standing, provider):
    first, second = sorted(provider.things, key=lambda key: provider.things[key]["name"])
    provider.things[first]["size"] = 7
    del provider.things[second]
    plan = standing.plan()
    assert plan.resource(ONE).actions == ("update",)
    assert plan.resource(OTHER).actions == ("create",)


def test_core_catches_a_stand_in_that_does_not_return_what_it_planned(root, provider):
    provider.spoil = {"size": 4}
    with pytest.raises(ApplyFailed) as caught:
        root(TWO, provider).apply()
    assert caught.value.diagnostics[0].summary == "Provider produced inconsistent result after apply"
    assert ".size: was cty.NumberIntVal(1), but now cty.NumberIntVal(4)" in caught.value.diagnostics[0].detail


def test_a_failed_create_is_tainted_and_a_failed_update_keeps_the_state(root, provider):
    run = root(TWO, provider)
    provider.fail = "quota exceeded"
    with pytest.raises(ApplyFailed) as caught:
        run.apply()
    assert (caught.value.diagnostics[0].summary, caught.value.diagnostics[0].detail) == (
        "creating Thing",
        "quota exceeded",
    )
    provider.fail = ""
    assert run.plan().resource(ONE).actions == ("delete", "create")
    run.apply()
    provider.fail = "throttled"
    with pytest.raises(ApplyFailed):
        run.apply(size=3)
    provider.fail = ""
    assert run.plan(size=3).resource(ONE).actions == ("update",)


def test_a_bad_value_is_refused_at_plan_at_its_place(root, provider):
    with pytest.raises(PlanFailed) as caught:
        root('resource "aws_thing" "one" {\n  name = "n"\n  size = 12\n}', provider).plan()
    found = caught.value.diagnostics[0]
    assert found.detail == "Attribute size value must be between 0 and 9, got: 12"
    assert found.address == ONE


def test_a_failure_to_configure_is_the_providers_own_message(root, provider):
    text = 'provider "aws" {\n  region = "nowhere"\n}\nresource "aws_thing" "one" {\n  name = "n"\n}'
    with pytest.raises(PlanFailed, match="invalid AWS Region: nowhere"):
        root(text, provider).plan()


def test_a_fault_of_the_stand_in_is_named_as_one(root, provider):
    provider.plan = lambda *_: 1 / 0
    with pytest.raises(PlanFailed) as caught:
        root(TWO, provider).plan()
    assert "The stand-in for the provider aws failed" in caught.value.diagnostics[0].summary
    assert "ZeroDivisionError" in caught.value.diagnostics[0].detail


def test_a_data_source_is_read_at_plan_or_when_its_input_is_known(root, provider):
    run = root(
        """
        resource "aws_thing" "one" {
          name = "first"
          size = 3
        }
        data "aws_thing" "found" {
          name       = "first"
          depends_on = [aws_thing.one]
        }
        output "size" {
          value = data.aws_thing.found.size
        }
        """,
        provider,
    )
    run.apply()
    assert run.outputs() == {"size": 3}
    assert run.settled()


def test_import_reads_what_exists(root, provider):
    thing = {
        **provider.schema.resources["aws_thing"].empty(),
        "id": "i0",
        "arn": "a",
        "name": "old",
        "size": 1,
    }
    provider.things["i0"] = {**thing, "tags_all": {"team": "ml"}}
    run = root(
        'import {\n  to = aws_thing.one\n  id = "i0"\n}\nresource "aws_thing" "one" {\n  name = "old"\n}',
        provider,
    )
    assert not [change for change in run.plan().changes if change.actions != ("no-op",)]
    run.apply()
    assert provider.operations == []


def test_a_product_of_decimals_is_no_change(root, provider):
    """48 * 0.6 is not quite 28.8 to Terraform, and an API knows floats only."""
    run = root(TWO.replace("weight = 1.5", "weight = 48 * 0.6"), provider)
    run.apply()
    assert run.state().resource(ONE).values["part"][0]["weight"] == pytest.approx(28.8)
    assert run.settled()
