"""The judges find what they are there to find, and every input has values."""

import pytest

from scaleproof.terraform.state import is_data
from scaleproof.translation.values import UNKNOWN
from tests.contract import messages, requests, rules, values
from tests.contract.generation import case, changes
from tests.contract.requests import Request
from tests.contract.types import ELEMENT, Type, inputs, parse
from tests.plan.batches import Refusal
from tests.plan.planner import REALTIME, REPOSITORY, SMALLEST

MODULES = sorted(SMALLEST)
LEAVES = ("string", "number", "bool")


def test_types_are_read():
    kind = parse('object({ a = optional(list(string), ["x", "y"]), b = map(object({ c = number })) })')
    assert kind.attributes["a"] == Type("list", Type("string"), optional=True)
    assert kind.attributes["b"].element == Type("object", attributes={"c": Type("number")})
    paths = [".".join(path) for path, _ in kind.paths()]
    assert paths == ["", "a", f"a.{ELEMENT}", "b", f"b.{ELEMENT}", f"b.{ELEMENT}.c"]


@pytest.mark.parametrize("module", MODULES)
def test_every_attribute_of_every_input_has_values(module):
    """A new input fails here until tests/contract/values.py says what to try for it."""
    for path, kind in _paths(module):
        if kind in LEAVES:
            assert values.at(path).good
        elif kind == "map":
            assert values.keys_of(path).good


def test_no_values_are_left_of_inputs_that_are_gone():
    used = {
        next(".".join(path[start:]) for start in range(len(path)) if ".".join(path[start:]) in values.VALUES)
        for module in MODULES
        for path, kind in _paths(module)
        if kind in LEAVES
    }
    assert set(values.VALUES) == used


@pytest.mark.parametrize("module", MODULES)
def test_a_change_is_in_its_case(module):
    for change in changes(module):
        found = list(_at(case(module, change), change.path))
        assert change.value in found or change.good, change


def test_companions_are_of_places_that_there_are():
    ends = {".".join(change.path[start:]) for module in MODULES for change in changes(module)
            for start in range(len(change.path))}  # fmt: skip
    assert set(values.COMPANIONS) <= ends


def test_a_batch_tells_its_cases_apart(planner):
    changes = [
        {},
        {"provision_timeout": 1},
        {"capacity": {"min": "x", "max": 1}},
        {"name": "other"},
        {"instance_pools": [{"instance_type": "ml.g99.huge", "max_concurrency": 1}]},
    ]
    judged = planner.judge(REALTIME, [{**SMALLEST[REALTIME], **change} for change in changes])
    assert [verdict.accepted for verdict in judged] == [True, False, False, True, False]
    assert judged[1].refusals == (
        Refusal("rule", "Set provision_timeout to a whole number of seconds from 300 to 3600."),
    )
    for verdict, kind, word in ((judged[2], "type", "capacity"), (judged[4], "other", "ml.g99.huge")):
        assert verdict.refusals[0].kind == kind
        assert word in verdict.refusals[0].text
    names = [
        [one.values["endpoint_name"] for one in verdict.resources if _is_endpoint(one.address, one.type)]
        for verdict in judged
    ]
    assert names == [["speech"], [], [], ["other"], []]


def _is_endpoint(address, kind):
    return kind == "awscc_sagemaker_endpoint" and not is_data(address)


def test_planned_resources_become_the_calls_of_an_apply(planner):
    plan = planner(REALTIME)
    calls = {call.operation: call.params for call in requests.requests(tuple(plan.resources.values()))}
    assert set(calls) == {
        "CreateLogGroup",
        "CreateEndpoint",
        "CreateEndpointConfig",
        "PutScalingPolicy",
        "RegisterScalableTarget",
    }
    pools = calls["CreateEndpointConfig"]["ProductionVariants"][0]["InstancePools"]
    assert [pool["InstanceType"] for pool in pools] == ["ml.g6.2xlarge", "ml.g6e.2xlarge"]
    assert calls["RegisterScalableTarget"]["MaxCapacity"] == 4


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
def test_a_call_that_the_service_model_refuses_is_found(operation, params, expected):
    told = "\n".join(requests.broken(Request("it", "application-autoscaling", operation, params)))
    assert expected in told


NAMES = {"PolicyName": "p", "ScheduledActionName": "s", "AlarmName": "a", "ModelName": "m"}
NAMES |= {"ResourceId": "endpoint/e/variant/v", "EndpointName": "e", "EndpointConfigName": "c"}
ALARM = {"EvaluationPeriods": 1, "Period": 60, "ComparisonOperator": "GreaterThanThreshold"}
GAP = [
    {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 5, "ScalingAdjustment": 1},
    {"MetricIntervalLowerBound": 7, "ScalingAdjustment": 1},
]
CANARY = {
    "Type": "CANARY",
    "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 51},
    "WaitIntervalInSeconds": 0,
}
VARIANT = {"VariantName": "v", "InitialInstanceCount": 1}


def call(operation, **params):
    return Request("module.it.it", "it", operation, {**NAMES, **params})


@pytest.mark.parametrize(
    "broken",
    [
        call("RegisterScalableTarget", MinCapacity=2, MaxCapacity=1),
        call("PutScheduledAction", Schedule="cron(0 25 ? * MON *)", ScalableTargetAction={"MinCapacity": 1}),
        call("PutScheduledAction", Schedule="rate(1 day)", ScalableTargetAction={}),
        call(
            "PutScalingPolicy",
            StepScalingPolicyConfiguration={"AdjustmentType": "ChangeInCapacity", "StepAdjustments": GAP},
        ),
        call("PutScalingPolicy", TargetTrackingScalingPolicyConfiguration={"TargetValue": 5}),
        call(
            "CreateEndpoint",
            DeploymentConfig={"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": CANARY}},
        ),
        call("PutMetricAlarm", **{**ALARM, "EvaluationPeriods": 2000}),
        call("CreateModel", PrimaryContainer={"Image": "a", "ModelPackageName": "b"}),
        call("CreateEndpointConfig", ProductionVariants=[VARIANT]),
    ],
    ids=lambda broken: broken.operation,
)
def test_a_call_that_breaks_a_documented_rule_is_found(broken):
    assert list(rules.broken([broken]))


def test_calls_that_do_not_suit_each_other_are_found():
    config = call("CreateEndpointConfig", ProductionVariants=[{**VARIANT, "InstanceType": "ml.m5.large"}])
    endpoint = call("CreateEndpoint", DeploymentConfig={})
    batch = {"MaximumBatchSize": {"Type": "INSTANCE_COUNT", "Value": 2}, "WaitIntervalInSeconds": 0}
    rolling = call("CreateEndpoint", DeploymentConfig={"RollingUpdatePolicy": batch})

    def target(low, high):
        return call("RegisterScalableTarget", MinCapacity=low, MaxCapacity=high)

    alarms = [call("PutMetricAlarm", **ALARM), call("PutCompositeAlarm", **ALARM)]
    assert "two alarms of one name" in next(rules.broken(alarms))
    assert "two endpoints of one name" in next(rules.broken([config, endpoint, endpoint]))
    assert list(rules.broken([config, endpoint, target(0, 4)])) == ["e is real-time and scales to zero"]
    assert "a step of 2 instances" in next(rules.broken([config, rolling, target(1, 3)]))
    assert not list(rules.broken([config, rolling, target(1, 4)]))


def test_values_that_only_an_apply_knows_break_nothing():
    unknown = Request("it", "sagemaker", "CreateModel", {"ModelName": "m", "ExecutionRoleArn": UNKNOWN})
    assert not list(requests.broken(unknown))


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("rule", "Set capacity.min to 1 or more.", ""),
        ("rule", "The capacity is wrong.", "does not begin with what to do: "),
        ("rule", "Set it to 1.", "names no input: "),
        ("other", "Invalid function argument: capacity", "not in the module's words: "),
        ("other", "Invalid function argument: statistic", "not in the module's words: "),
        # As hashicorp/aws 5.46 and hashicorp/awscc 1.97 say it.
        ("other", 'expected statistic to be one of ["Average"], got p99: (on main.tf line 1)', ""),
        (
            "other",
            "Invalid Attribute Value: Attribute a[0].volume_size_in_gb value must be between 1 and 512",
            "",
        ),
        ("type", "module.it.var.capacity: a number is required.", ""),
    ],
)
def test_a_refusal_that_helps_nobody_is_found(kind, text, expected):
    assert list(messages.faults([Refusal(kind, text)])) == ([expected + text] if expected else [])


def _paths(module):
    for name, kind in inputs(REPOSITORY / module).items():
        yield from ((path, inner.kind) for path, inner in kind.paths((name,)))


def _at(value, path):
    """The values at a path, one for each element that it passes."""
    if not path:
        yield value
    elif path[0] != ELEMENT:
        if isinstance(value, dict) and path[0] in value:
            yield from _at(value[path[0]], path[1:])
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _at(item, path[1:])
