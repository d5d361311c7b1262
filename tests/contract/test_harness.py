"""The generator reaches every input, and the judges find what they are there to find."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scaleproof.terraform.plan import is_data
from scaleproof.translation.values import UNKNOWN
from tests.contract import messages, requests, rules, values
from tests.contract.generation import Case, cases, places
from tests.contract.handing import own_places
from tests.contract.judging import broken, draw
from tests.contract.requests import Request
from tests.contract.types import ELEMENT, Type, inputs, parse
from tests.plan.batches import Batches, Refusal
from tests.plan.planner import ENDPOINT, MODEL, REPOSITORY, SMALLEST

MODULES = sorted(SMALLEST)
LEAVES = ("string", "number", "bool")


def test_types_are_read() -> None:
    kind = parse('object({ a = optional(list(string), ["x", "y"]), b = map(object({ c = number })) })')
    assert kind.attributes["a"] == Type("list", Type("string"), optional=True)
    assert kind.attributes["b"].element == Type("object", attributes={"c": Type("number")})
    assert [path for path, _ in kind.paths()] == [
        (),
        ("a",),
        ("a", ELEMENT),
        ("b",),
        ("b", ELEMENT),
        ("b", ELEMENT, "c"),
    ]


@pytest.mark.parametrize("module", MODULES)
def test_every_attribute_of_every_input_has_values(module: str) -> None:
    """A new input fails here until tests/contract/values.py says what to try for it."""
    for name, kind in inputs(REPOSITORY / module).items():
        for path, inner in kind.paths((name,)):
            if inner.kind in LEAVES:
                assert values.of(path).good
            elif inner.kind == "map":
                assert values.keys_of(path).good


def test_no_values_are_left_of_inputs_that_are_gone() -> None:
    paths = {path for module in MODULES for path in _paths(REPOSITORY / module)}
    used = {
        next(".".join(path[start:]) for start in range(len(path)) if ".".join(path[start:]) in values.VALUES)
        for path, kind in paths
        if kind in LEAVES
    }
    assert set(values.VALUES) == used


@pytest.mark.parametrize("module", MODULES)
def test_every_attribute_of_every_input_can_be_drawn(module: str) -> None:
    directory = REPOSITORY / module
    for path in places(directory):
        (case,) = draw(cases(directory, module, touching=[path]), 1, seed=1)
        assert case.touched == (".".join(path),)
        assert list(_at(case.inputs, path)), f"{'.'.join(path)} is not in {case.inputs}"


def test_what_a_module_only_hands_on_is_told_from_what_it_has_a_hand_in(tmp_path: Path) -> None:
    def variable(name: str, kind: str = "object({ a = string, b = string })") -> str:
        return f'variable "{name}" {{\n  type = {kind}\n}}\n'

    further = tmp_path / "further"
    further.mkdir()
    (further / "main.tf").write_text("".join(map(variable, ("handed", "read", "other", "nested"))))
    (tmp_path / "main.tf").write_text(
        "".join(map(variable, ("handed", "read", "nested", "kept")))
        + variable("other", "object({ a = string, b = number })")
        + """
        module "further" {
          source = "./further"
          handed = var.handed
          read   = var.read
          other  = var.other
          nested = { a = var.nested.a, b = "" }
        }
        locals {
          b    = local.it.b
          it   = var.read
          kept = var.kept
        }
        """
    )
    assert {".".join(path) for path in own_places(tmp_path)} == {
        "read",
        "read.b",
        *("nested", "nested.a", "nested.b", "kept", "kept.a", "kept.b", "other", "other.a", "other.b"),
    }


def test_the_same_seed_draws_the_same_cases() -> None:
    strategy = cases(REPOSITORY / MODEL, MODEL)
    assert draw(strategy, 40, seed=7) == draw(strategy, 40, seed=7)
    assert draw(strategy, 40, seed=7) != draw(strategy, 40, seed=8)


def test_a_batch_tells_its_cases_apart(batches: Callable[[str], Batches]) -> None:
    good: dict[str, Any] = SMALLEST[ENDPOINT]
    judged = batches(ENDPOINT).judge(
        [
            good,
            {**good, "provision_timeout": 1},
            {**good, "capacity": {"min": "x", "max": 1}},
            {**good, "name": "other"},
            {**good, "instance_pools": [{"instance_type": "ml.g99.huge"}]},
        ]
    )
    assert [verdict.accepted for verdict in judged] == [True, False, False, True, False]
    assert judged[1].refusals == (
        Refusal("rule", "Set provision_timeout to a whole number of seconds from 300 to 3600."),
    )
    assert judged[2].refusals[0].kind == "type"
    assert "capacity" in judged[2].refusals[0].text
    assert judged[4].refusals[0].kind == "other"
    assert "ml.g99.huge" in judged[4].refusals[0].text
    names = {
        found.values["endpoint_name"]
        for verdict in judged
        for found in verdict.resources
        if found.type == "awscc_sagemaker_endpoint" and not is_data(found.address)
    }
    assert names == {"speech", "other"}


def test_planned_resources_become_the_calls_of_an_apply(batches: Callable[[str], Batches]) -> None:
    (verdict,) = batches(ENDPOINT).judge([SMALLEST[ENDPOINT]])
    calls = {call.operation: call.params for call in requests.requests(verdict.resources)}
    assert set(calls) == {"CreateEndpoint", "CreateEndpointConfig", "RegisterScalableTarget"}
    pools = calls["CreateEndpointConfig"]["ProductionVariants"][0]["InstancePools"]
    assert [pool["InstanceType"] for pool in pools] == ["ml.g6.2xlarge", "ml.g6e.2xlarge"]
    assert calls["RegisterScalableTarget"]["MaxCapacity"] == 4
    assert not list(broken(Case(SMALLEST[ENDPOINT]), verdict))


@pytest.mark.parametrize(
    ("operation", "params", "expected"),
    [
        ("RegisterScalableTarget", {"MinCapacity": "1"}, "Invalid type for parameter MinCapacity"),
        ("RegisterScalableTarget", {"ScalableDimension": "x"}, "ScalableDimension breaks enum"),
        ("RegisterScalableTarget", {"Surplus": 1}, "Surplus"),
        ("PutScalingPolicy", {"PolicyName": "x" * 300}, "PolicyName breaks max"),
        ("PutScalingPolicy", {"PolicyName": ""}, "PolicyName breaks min"),
    ],
)
def test_a_call_that_the_service_model_refuses_is_found(
    operation: str, params: dict[str, Any], expected: str
) -> None:
    told = "\n".join(requests.broken(Request("it", "application-autoscaling", operation, params)))
    assert expected in told


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("RegisterScalableTarget", {"MinCapacity": 2, "MaxCapacity": 1}),
        (
            "PutScheduledAction",
            {"Schedule": "cron(0 25 ? * MON *)", "ScalableTargetAction": {"MinCapacity": 1}},
        ),
        ("PutScheduledAction", {"Schedule": "rate(1 day)", "ScalableTargetAction": {}}),
        (
            "PutScalingPolicy",
            {
                "StepScalingPolicyConfiguration": {
                    "AdjustmentType": "ChangeInCapacity",
                    "StepAdjustments": [
                        {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 5, "ScalingAdjustment": 1}
                    ],
                }
            },
        ),
        ("PutScalingPolicy", {"TargetTrackingScalingPolicyConfiguration": {"TargetValue": 5}}),
        (
            "CreateEndpoint",
            {
                "DeploymentConfig": {
                    "BlueGreenUpdatePolicy": {
                        "TrafficRoutingConfiguration": {
                            "Type": "CANARY",
                            "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 51},
                            "WaitIntervalInSeconds": 0,
                        }
                    }
                }
            },
        ),
        (
            "PutMetricAlarm",
            {"EvaluationPeriods": 2000, "Period": 60, "ComparisonOperator": "GreaterThanThreshold"},
        ),
        ("CreateModel", {"PrimaryContainer": {"Image": "a", "ModelPackageName": "b"}}),
        ("CreateEndpointConfig", {"ProductionVariants": [{"VariantName": "v", "InitialInstanceCount": 1}]}),
    ],
)
def test_a_call_that_breaks_a_documented_rule_is_found(operation: str, params: dict[str, Any]) -> None:
    names = {"PolicyName": "p", "ScheduledActionName": "s", "AlarmName": "a", "ModelName": "m"}
    names |= {"ResourceId": "endpoint/e/variant/v", "EndpointName": "e", "EndpointConfigName": "c"}
    assert list(rules.broken([Request("module.it.it", "it", operation, {**names, **params})]))


def test_calls_that_do_not_suit_each_other_are_found() -> None:
    def alarm(operation: str) -> Request:
        return Request(
            "it",
            "cloudwatch",
            operation,
            {
                "AlarmName": "a",
                "EvaluationPeriods": 1,
                "Period": 60,
                "ComparisonOperator": "GreaterThanThreshold",
            },
        )

    def target(low: int, high: int) -> Request:
        bounds = {"ResourceId": "endpoint/e/variant/v", "MinCapacity": low, "MaxCapacity": high}
        return Request("it", "application-autoscaling", "RegisterScalableTarget", bounds)

    def endpoint(**deployment: Any) -> Request:
        params = {"EndpointName": "e", "EndpointConfigName": "c", "DeploymentConfig": deployment}
        return Request("it", "sagemaker", "CreateEndpoint", params)

    variant = {"VariantName": "v", "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
    config = Request(
        "it",
        "sagemaker",
        "CreateEndpointConfig",
        {"EndpointConfigName": "c", "ProductionVariants": [variant]},
    )
    batch = {"MaximumBatchSize": {"Type": "INSTANCE_COUNT", "Value": 2}, "WaitIntervalInSeconds": 0}
    assert "two alarms of one name" in next(
        rules.broken([alarm("PutMetricAlarm"), alarm("PutCompositeAlarm")])
    )
    assert "two endpoints of one name" in next(rules.broken([config, endpoint(), endpoint()]))
    assert list(rules.broken([config, endpoint(), target(0, 4)])) == ["e is real-time and scales to zero"]
    assert "a step of 2 instances" in next(
        rules.broken([config, endpoint(RollingUpdatePolicy=batch), target(1, 3)])
    )
    assert not list(rules.broken([config, endpoint(RollingUpdatePolicy=batch), target(1, 4)]))


def test_values_that_only_an_apply_knows_break_nothing() -> None:
    call = Request("it", "sagemaker", "CreateModel", {"ModelName": "m", "ExecutionRoleArn": UNKNOWN})
    assert not list(requests.broken(call))


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("rule", "Set capacity.min to 1 or more.", []),
        ("rule", "The capacity is wrong.", ["does not begin with what to do: The capacity is wrong."]),
        ("rule", "Set it to 1.", ["names no input: Set it to 1."]),
        (
            "other",
            "Invalid function argument: capacity",
            ["not in the module's words: Invalid function argument: capacity"],
        ),
        ("type", "module.it.var.capacity: a number is required.", []),
    ],
)
def test_a_refusal_that_helps_nobody_is_found(kind: str, text: str, expected: list[str]) -> None:
    assert list(messages.faults([Refusal(kind, text)])) == expected


def _paths(module: Path) -> Iterator[tuple[tuple[str, ...], str]]:
    for name, kind in inputs(module).items():
        yield from ((path, inner.kind) for path, inner in kind.paths((name,)))


def _at(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    """The values at a path, one for each element that it passes."""
    if not path:
        yield value
    elif path[0] != ELEMENT:
        if isinstance(value, dict) and path[0] in value:
            yield from _at(value[path[0]], path[1:])
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _at(item, path[1:])
