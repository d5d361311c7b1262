"""Real Terraform with a provider in memory, through the server, the codec and the SDK's planning."""

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
    """The plan that creates both things."""
    return shared_root(TWO, MemoryProvider()).plan()


@pytest.fixture(scope="module")
def applied(shared_root):
    """The provider and the state after an apply."""
    provider = MemoryProvider()
    run = shared_root(TWO, provider)
    run.apply()
    return provider, run.state_file.read_bytes()


@pytest.fixture
def existing(applied, root, provider):
    """A root that was applied before, with a copy of the provider for the test."""
    before, state = applied
    provider.things, provider.operations = copy.deepcopy(before.things), [*before.operations]
    return root(TWO, provider, state=state)


def test_a_create_plans_defaults_and_unknown_values(planned):
    one = planned.resource(ONE)
    assert one.values["size"] == 1
    assert one.values["tags_all"] == {"own": "yes", "team": "ml"}
    assert one.unknown["id"]
    assert one.unknown["arn"]
    assert one.unknown["part"] == [{"serial": True}, {"serial": True}]
    assert one.values["part"][0]["weight"] == 1.5


def test_unknown_values_reach_attributes_and_dynamic_blocks(planned):
    other = planned.resource(OTHER)
    assert other.unknown["note"] is True
    assert other.unknown["part"] is True


def test_apply_then_an_empty_plan_then_destroy(root, provider):
    run = root(TWO, provider)
    run.apply()
    state = run.state()
    assert state.resource(OTHER).values["note"] == "arn:first"
    assert state.resource(OTHER).values["part"][1]["kind"] == state.resource(ONE).values["id"]
    assert run.state().outputs == {"size": 1}
    assert run.plan().empty
    run.destroy()
    assert provider.things == {}
    assert provider.operations[:2] == ["create first", "create second"]
    assert provider.operations[2:] == ["delete second", "delete first"]


def test_an_update_in_place_keeps_computed_values(existing, provider):
    one = existing.plan(size=5).resource(ONE)
    assert one.actions == ("update",)
    assert one.values["arn"] == "arn:first"
    serials = [part["serial"] for part in existing.state().resource(ONE).values["part"]]
    assert None not in serials
    assert [part["serial"] for part in one.values["part"]] == serials
    existing.apply(size=5)
    assert provider.operations[2:] == ["update first"]
    assert existing.plan(size=5).empty


def test_a_force_new_attribute_replaces(existing, provider):
    one = existing.plan(name="renamed").resource(ONE)
    assert one.actions == ("delete", "create")
    assert one.replace_paths == (("name",),)
    existing.apply(name="renamed")
    assert provider.operations[-4:] == ["delete second", "delete first", "create renamed", "create second"]


@pytest.mark.parametrize(
    ("kinds", "path"),
    [(["wheel", "door"], ("part", 1, "kind")), (["wheel"], ("part",)), (["wheel"] * 3, ("part",))],
)
def test_force_new_inside_blocks_replaces(existing, kinds, path):
    one = existing.plan(kinds=kinds).resource(ONE)
    assert one.actions == ("delete", "create")
    assert one.replace_paths == (path,)


def test_equivalent_values_are_no_change(existing, provider):
    (thing,) = [thing for thing in provider.things.values() if thing["name"] == "first"]
    thing["policy"] = json.dumps({"b": [2], "a": 1}, indent=2)
    thing["labels"] = ["a", "b"]
    assert existing.plan().empty


def test_drift_is_planned_back(existing, provider):
    first, second = sorted(provider.things, key=lambda key: provider.things[key]["name"])
    provider.things[first]["size"] = 7
    del provider.things[second]
    plan = existing.plan()
    assert plan.resource(ONE).actions == ("update",)
    assert plan.resource(OTHER).actions == ("create",)


def test_core_reports_an_api_that_returns_other_values(root, provider):
    provider.spoil = {"size": 4}
    with pytest.raises(ApplyFailed) as caught:
        root(TWO, provider).apply()
    assert caught.value.diagnostics[0].summary == "Provider produced inconsistent result after apply"
    assert ".size: was cty.NumberIntVal(1), but now cty.NumberIntVal(4)" in caught.value.diagnostics[0].detail


def test_a_failed_create_is_tainted_and_a_failed_update_keeps_what_was_planned(root, provider):
    """helper/schema/resource.go of terraform-plugin-sdk: only a refresh shows that nothing has changed."""
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
    run.arguments = ("-refresh=false",)
    assert run.plan(size=3).empty
    run.arguments = ()
    assert run.plan(size=3).resource(ONE).actions == ("update",)


def test_a_defect_of_the_stand_in_says_so(root, provider):
    provider.plan = lambda *_: 1 / 0
    with pytest.raises(PlanFailed) as caught:
        root(TWO, provider).plan()
    assert "The stand-in for the provider aws failed" in caught.value.diagnostics[0].summary
    assert "ZeroDivisionError" in caught.value.diagnostics[0].detail


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
    """To Terraform, 48 * 0.6 is not exactly 28.8. An API only has floats."""
    run = root(TWO.replace("weight = 1.5", "weight = 48 * 0.6"), provider)
    run.apply()
    assert run.state().resource(ONE).values["part"][0]["weight"] == pytest.approx(28.8)
    assert run.plan().empty
