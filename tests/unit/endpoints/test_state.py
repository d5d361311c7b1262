"""Of the resources of a state or a plan, an endpoint has those that are its own."""

import pytest

from scaleproof.endpoints import EndpointError, from_plan, from_state
from scaleproof.endpoints.render import rows
from scaleproof.endpoints.terraform import recorded, watched
from scaleproof.terraform.plan import Plan
from scaleproof.terraform.state import State


@pytest.mark.parametrize(
    ("dimensions", "endpoints"),
    [
        ([{"Name": "EndpointName", "Value": "speech"}], {"speech"}),
        ([{"Name": "Queue", "Value": "speech"}], set()),
        ([], set()),
    ],
)
def test_an_alarm_is_on_the_endpoint_of_its_dimension(dimensions, endpoints):
    metric = {"MetricName": "Load", "Dimensions": dimensions}
    assert watched(metric) == endpoints
    assert watched({"Metrics": [{"Expression": "m"}, {"MetricStat": {"Metric": metric}}]}) == endpoints


def module(name, **changes):
    """The resources of an endpoint in a module of its own, with a step policy and its alarm."""
    target = {
        "service_namespace": "sagemaker",
        "scalable_dimension": "sagemaker:variant:DesiredInstanceCount",
        "resource_id": f"endpoint/{name}/variant/Live",
    }
    variant = {
        "variant_name": "Live",
        "instance_type": "ml.g6.2xlarge",
        "initial_instance_count": changes.get("count", 1),
    }
    values = {
        "awscc_sagemaker_endpoint_config.this": {"endpoint_config_name": f"{name}-1", "production_variants": [variant]},
        "awscc_sagemaker_endpoint.this": {"endpoint_name": name, "endpoint_config_name": f"{name}-1"},
        "terraform_data.instance_pools": {
            "input": [{"instance_type": "ml.g6.2xlarge", "max_concurrency": changes.get("limit", 12)}]
        },
        "aws_appautoscaling_target.this[0]": {**target, "min_capacity": 1, "max_capacity": 4},
        "aws_appautoscaling_policy.step": {
            **target,
            "name": f"{name}-step",
            "arn": f"arn:{name}-step",
            "policy_type": "StepScaling",
            "step_scaling_policy_configuration": [
                {
                    "adjustment_type": "ChangeInCapacity",
                    "step_adjustment": [{"metric_interval_lower_bound": "0", "scaling_adjustment": 1}],
                }
            ],
        },
        "aws_cloudwatch_metric_alarm.step": {
            "alarm_name": f"{name}-step",
            "alarm_actions": [f"arn:{name}-step"],
            "namespace": "AWS/SageMaker",
            "metric_name": "Invocations",
            "dimensions": {"EndpointName": name},
            "statistic": "Sum",
            "period": 60,
            "evaluation_periods": 2,
            "threshold": 100,
            "comparison_operator": "GreaterThanThreshold",
            **changes.get("alarm", {}),
        },
    }
    return [
        {"address": f"module.{name}.{address}", "type": address.partition(".")[0], "mode": "managed", "values": given}
        for address, given in values.items()
    ]


def state(*modules):
    return State({"values": {"root_module": {"resources": [item for one in modules for item in one]}}})


def test_two_endpoints_of_a_state_keep_to_what_is_theirs():
    silent = {"alarm_name": "a-silent", "alarm_rule": 'ALARM("a-step")'}
    kind = "aws_cloudwatch_composite_alarm"
    composite = [{"address": f"{kind}.it", "type": kind, "mode": "managed", "values": silent}]
    both = module("b", count=2, limit=12), module("a", count=3, limit=16)
    first, second = from_state(state(*both, composite))
    assert [(one.name, one.initial, one.pools[0].max_concurrency) for one in (first, second)] == [
        ("a", 3, 16.0),
        ("b", 2, 12.0),
    ]
    for one in (first, second):
        assert one.target
        assert [list(policy.alarms) for policy in one.target.policies] == [[f"{one.name}-step"]]
    shown = [[alarm.name for alarm in row.alarms] for _, own in recorded(state(*both, composite)) for row in rows(own)]
    assert shown == [["a-silent", "a-step"], ["b-step"]]


def test_a_deposed_object_takes_no_place():
    """It has the address of the one that took its place: `terraform show` lists it after that."""
    deposed = [item | {"deposed_key": "0a1b2c3d"} for item in module("a", count=3, limit=16)]
    both = state(module("a", count=2, limit=12), deposed)
    assert from_state(both) == from_state(state(module("a", count=2, limit=12)))
    target = "module.a.aws_appautoscaling_target.this[0]"
    assert {target, f"{target} (deposed object 0a1b2c3d)"} < both.resources.keys()


@pytest.mark.parametrize("action", ["delete", "forget"])
def test_what_a_plan_destroys_or_forgets_is_no_endpoint_any_more(action):
    gone = [{**item, "change": {"actions": [action], "before": item["values"], "after": None}} for item in module("a")]
    with pytest.raises(EndpointError, match=r"There is no endpoint in the plan\."):
        from_plan(Plan({"resource_changes": gone}))


@pytest.mark.parametrize(("enabled", "alarms"), [(None, ["a-step"]), (True, ["a-step"]), (False, [])])
def test_an_alarm_whose_actions_are_off_invokes_nothing(enabled, alarms):
    (found,) = from_state(state(module("a", alarm={"actions_enabled": enabled})))
    assert found.target
    assert list(found.target.policies[0].alarms) == alarms


def test_a_configuration_of_another_name_is_not_that_of_the_endpoint():
    resources = module("a")
    resources[1]["values"]["endpoint_config_name"] = "a-0"
    with pytest.raises(EndpointError, match="uses the endpoint configuration a-0, which is not managed here"):
        from_state(state(resources))


def test_a_target_of_another_service_is_none_of_the_endpoint():
    resources = module("a")
    resources[3]["values"]["service_namespace"] = "ecs"
    assert from_state(state(resources))[0].target is None
