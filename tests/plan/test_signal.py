"""What scaling follows: chosen from the pools, unless the user says otherwise."""

import pytest

from tests.plan.planner import ASYNC, PAIR, REALTIME

TYPES = ["ml.g6.2xlarge", "ml.g6e.2xlarge", "ml.g5.2xlarge", "ml.g7.2xlarge", "ml.g7e.2xlarge"]
LIMITS = [12, 16, 10, 7.5, 24]
HIGH_RESOLUTION = "SageMakerVariantConcurrentRequestsPerModelHighResolution"
INVOCATIONS = "SageMakerVariantInvocationsPerInstance"


def unequal(count):
    """The first `count` of five pools that differ."""
    return [
        {"instance_type": kind, "max_concurrency": limit}
        for kind, limit in zip(TYPES[:count], LIMITS[:count], strict=True)
    ]


def tracking(plan, name):
    """The target tracking configuration of the policy `speech-NAME`, None where there is none."""
    for policy in plan.of_type("aws_appautoscaling_policy"):
        if policy.values["name"] == f"speech-{name}":
            (configuration,) = policy.values["target_tracking_scaling_policy_configuration"]
            return dict(configuration)
    return None


@pytest.mark.inputs(REALTIME, instance_pools=unequal(3), signal={"predefined_metric_type": HIGH_RESOLUTION})
def test_predefined_metric_by_choice_takes_what_the_weakest_pool_bears(it):
    chosen = tracking(it, "concurrency")
    assert chosen is not None
    assert chosen["target_value"] == 10 * 0.75
    assert tracking(it, "guard") is None


@pytest.mark.inputs(REALTIME, signal={"predefined_metric_type": INVOCATIONS, "target_value": 600})
def test_invocations_by_choice(it):
    chosen = tracking(it, "concurrency")
    assert chosen is not None
    assert chosen["predefined_metric_specification"][0]["predefined_metric_type"] == INVOCATIONS
    assert chosen["target_value"] == 600
    # Monitoring is told to read their sum.
    (read,) = it.raw["output_changes"]["it"]["after"]["signal"]["metrics"]
    stat = read["metric_stat"]
    assert (stat["metric"]["metric_name"], stat["stat"]) == ("InvocationsPerInstance", "Sum")


@pytest.mark.inputs(REALTIME, signal={"target_value": 5})
def test_target_value_by_choice(it):
    chosen = tracking(it, "concurrency")
    assert chosen is not None
    assert chosen["target_value"] == 5


@pytest.mark.parametrize(
    ("limits", "target"), [((12, 12), 5), ((12, 16), 5), ((16, 12), 3.75), ((12, None), 5), ((None, None), 5)]
)
@pytest.mark.inputs(
    ASYNC,
    lambda limits: {
        "instance_pools": [{**pool, "max_concurrency": limit} for pool, limit in zip(PAIR, limits, strict=True)]
    },
)
def test_backlog_target_is_what_the_weakest_pool_drains(it, limits, target):
    backlog = tracking(it, "backlog")
    assert backlog is not None
    assert backlog["target_value"] == target


@pytest.mark.parametrize(
    ("limits", "inputs", "warned"),
    [
        ([1], {}, True),
        ([1], {"target_utilization": 1}, False),
        ([2], {"target_utilization": 0.5}, False),
        ([2], {"signal": {"target_value": 0.9}}, True),
        ([1], {"signal": {"predefined_metric_type": INVOCATIONS, "target_value": 0.5}}, False),
        ([12, 1], {}, True),
        ([12, 2], {}, False),
        ([12, 1], {"signal": {"weighting": "present_capacity"}}, False),
    ],
)
def test_a_target_under_one_request_is_a_warning(planner, limits, inputs, warned):
    """The signal is a maximum, which does not fall as instances are added."""
    pools = [{"instance_type": kind, "max_concurrency": limit} for kind, limit in zip(TYPES, limits, strict=False)]
    warnings = [one.detail for one in planner(REALTIME, instance_pools=pools, **inputs).warnings]
    assert ["A target under one request" in detail for detail in warnings] == [True] * warned
