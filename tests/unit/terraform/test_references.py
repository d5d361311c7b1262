"""References from an argument to resources, through modules of any shape."""

import pytest

from scaleproof.terraform.references import Address, referenced_resources


def references(*names):
    return {"references": list(names)}


def plan(root):
    alarm = {"type": "aws_alarm", "name": "a", "expressions": {"actions": references("module.m.out")}}
    return {"configuration": {"root_module": {"resources": [alarm], **root}}}


POLICY = Address((("m", ""),), "aws_policy.p", "")


def test_through_inputs_and_outputs():
    inner = {"outputs": {"out": {"expression": references("aws_policy.p.arn", "var.given")}}}
    call = {"expressions": {"given": references("aws_topic.t[0].arn")}, "module": inner}
    found = referenced_resources(plan({"module_calls": {"m": call}}), "aws_alarm.a", "actions")
    assert found == [POLICY, Address((), "aws_topic.t", "[0]")]


def test_a_circle_of_two_names_twice_each():
    """Each step doubled the way."""
    inner = {"outputs": {"out": {"expression": references("var.y", "var.y.z", "aws_policy.p")}}}
    call = {"expressions": {"y": references("module.m.out", "module.m.out.z")}, "module": inner}
    found = referenced_resources(plan({"module_calls": {"m": call}}), "aws_alarm.a", "actions")
    assert found == [POLICY]


@pytest.mark.parametrize("width", [1, 12])
def test_modules_in_which_every_input_is_every_input_of_the_caller(width):
    depth, names = 14, [f"v{number}" for number in range(width)]
    module = {"outputs": {"out": {"expression": references(*(f"var.{name}" for name in names))}}}
    for _ in range(depth):
        inputs = {name: references(*(f"var.{other}" for other in names)) for name in names}
        outputs = {"out": {"expression": references("module.m.out")}}
        module = {"module_calls": {"m": {"expressions": inputs, "module": module}}, "outputs": outputs}
    inputs = {name: references("aws_policy.p") for name in names}
    root = {"module_calls": {"m": {"expressions": inputs, "module": module}}}
    assert referenced_resources(plan(root), "aws_alarm.a", "actions") == [Address((), "aws_policy.p", "")]


def test_a_reference_with_a_key_is_to_that_instance_alone():
    place = Address.parse('module.it[0].aws_appautoscaling_policy.step["a"]')
    for key, fits in (('["a"]', True), ('["b"]', False), ("", True)):
        assert Address((("it", ""),), "aws_appautoscaling_policy.step", key).matches(place) is fits
    for module, fits in (("[0]", True), ("[1]", False), ("", True)):
        assert Address((("it", module),), "aws_appautoscaling_policy.step", "").matches(place) is fits
    assert not Address((("other", ""),), "aws_appautoscaling_policy.step", "").matches(place)
    assert not Address((("it", ""),), "aws_appautoscaling_policy.guard", "").matches(place)
