"""The pains of those who run SageMaker endpoints by Terraform, as far as a plan answers them.

docs/traps.md lists all twenty, and says where those are that take an apply.
"""

from __future__ import annotations

from typing import Any

import pytest

from scaleproof.endpoints import from_plan
from scaleproof.pytest_plugin.fixtures import TheEndpoint
from scaleproof.scaling.endpoint import Policy
from scaleproof.scaling.target_tracking import MetricMath, TargetTracking
from scaleproof.terraform.plan import Plan
from tests.plan.fleets import GUIDE, LIMITS, NOTEBOOK, decision
from tests.plan.planner import ASYNC, ENDPOINT, REALTIME, ROOT

HIGH_RESOLUTION = "SageMakerVariantConcurrentRequestsPerModelHighResolution"
MIXED = [{"instance_type": kind, "max_concurrency": limit} for kind, limit in LIMITS.items()]
CPU = {"namespace": "/aws/sagemaker/Endpoints", "metric_name": "CPUUtilization"}


def policy(plan: Plan, name: str) -> Policy:
    """The policy `speech-NAME` of the one endpoint."""
    (endpoint,) = from_plan(plan)
    assert endpoint.target is not None
    (found,) = [one for one in endpoint.target.policies if one.name == f"speech-{name}"]
    return found


@pytest.mark.inputs(ROOT, model={"name": "nova-3"})
def test_pain_07_a_delete_needs_the_right_to_deregister(it: Plan) -> None:
    document = it.resource("module.it.data.aws_iam_policy_document.operator")
    (statement,) = [
        one
        for one in document.values["statement"]
        if "application-autoscaling:DeregisterScalableTarget" in one["actions"]
    ]
    (target,) = statement["resources"]
    assert target.endswith(":scalable-target/*")
    assert statement["condition"][0]["values"] == ["sagemaker"]


@pytest.mark.inputs(ASYNC)
def test_pain_11_an_asynchronous_endpoint_scales_on_invocations(it: Plan, endpoint: TheEndpoint) -> None:
    endpoint(it).is_async().scales_on("ApproximateBacklogSizePerInstance", target=5)
    (alarm,) = it.of_type("aws_cloudwatch_metric_alarm")
    assert alarm.values["metric_name"] == "HasBacklogWithoutCapacity"


@pytest.mark.parametrize(
    "metric",
    [
        {"predefined_metric_type": "SageMakerVariantInvocationsPerInstance"},
        {"custom_metric": {"metric_name": "InvocationsPerInstance", "statistic": "Sum"}},
    ],
    ids=lambda metric: next(iter(metric)),
)
@pytest.mark.inputs(
    ASYNC, lambda metric: {"policies": {"it": {"target_tracking": {**metric, "target_value": 600}}}}
)
def test_pain_11_a_policy_on_invocations_is_refused(refusal: str, metric: dict[str, Any]) -> None:
    assert "a policy on them does nothing" in refusal


@pytest.mark.inputs(REALTIME)
def test_pain_12_slow_out_and_very_slow_in(it: Plan, endpoint: TheEndpoint) -> None:
    endpoint(it).scales_on(HIGH_RESOLUTION, target=9, scale_out_cooldown=60, scale_in_cooldown=300)


@pytest.mark.inputs(REALTIME, instance_pools=MIXED)
def test_pain_12_slow_out_on_a_mixed_fleet(it: Plan, endpoint: TheEndpoint) -> None:
    endpoint(it).scales_on(HIGH_RESOLUTION, target=12, scale_out_cooldown=60, scale_in=False)


@pytest.mark.inputs(REALTIME, capacity={"min": 0, "max": 4})
def test_pain_13_real_time_to_zero(refusal: str) -> None:
    assert "asynchronous endpoint" in refusal


@pytest.mark.inputs(REALTIME, instance_pools=MIXED)
def test_pain_14_a_custom_metric_is_silent(it: Plan) -> None:
    # Its dimensions are those that SageMaker publishes, and a type without instances silences nothing.
    weighted = policy(it, "concurrency")
    assert isinstance(weighted, TargetTracking)
    assert isinstance(weighted.metric, MetricMath)
    for query in weighted.metric.queries:
        if query.metric:
            assert [name for name, _ in query.metric.dimensions] == [
                "EndpointName",
                "InstanceType",
                "VariantName",
            ]
    for kind, limit in LIMITS.items():
        assert decision({kind: [limit]}, weighted) == "out"


@pytest.mark.inputs(ROOT, instance_pools=MIXED, monitoring={}, **{"async": None})
def test_pain_14_an_alarm_tells_of_a_silent_metric(it: Plan) -> None:
    names = {alarm.values["alarm_name"] for alarm in it.of_type("aws_cloudwatch_composite_alarm")}
    assert "speech-realtime-silent-signal" in names


@pytest.mark.parametrize("kind", LIMITS)
@pytest.mark.inputs(REALTIME, instance_pools=MIXED)
def test_pain_15_a_mixed_fleet_breaks_targets_per_instance(it: Plan, kind: str) -> None:
    # Full or half empty, whichever type it runs on; the published policies are right about none of them.
    weighted = policy(it, "concurrency")
    full, half = {kind: [LIMITS[kind]] * 2}, {kind: [LIMITS[kind] / 2] * 2}
    assert (decision(full, weighted), decision(half, weighted)) == ("out", "in")
    assert {decision(full, published) for published in (NOTEBOOK, GUIDE)} <= {"in", "no data"}


@pytest.mark.parametrize(
    ("policies", "message"),
    [
        (
            {
                "a": {"target_tracking": {"custom_metric": CPU, "target_value": 50}},
                "b": {"target_tracking": {"custom_metric": CPU, "target_value": 70}},
            },
            "Track each metric in one entry of policies only",
        ),
        (
            {"a": {"target_tracking": {"predefined_metric_type": HIGH_RESOLUTION, "target_value": 5}}},
            "the metric the module tracks already",
        ),
    ],
    ids=["among one's own", "with the module's"],
)
@pytest.mark.inputs(REALTIME, lambda policies: {"policies": policies})
def test_pain_16_policies_compete(refusal: str, policies: dict[str, Any], message: str) -> None:
    assert message in refusal


@pytest.mark.inputs(
    ENDPOINT, container_startup_timeout=3600, model_download_timeout=1800, provision_timeout=900
)
def test_pain_19_timeouts_are_too_short(it: Plan) -> None:
    (config,) = it.of_type("awscc_sagemaker_endpoint_config")
    (variant,) = config.values["production_variants"]
    assert variant["container_startup_health_check_timeout_in_seconds"] == 3600
    assert variant["model_data_download_timeout_in_seconds"] == 1800
    assert variant["variant_instance_provision_timeout_in_seconds"] == 900


@pytest.mark.inputs(ENDPOINT, marketplace=True, deployment={"rollback_alarm_names": ["errors"]})
def test_pain_20_guardrails_are_refused_for_a_package(refusal: str) -> None:
    assert "Leave deployment out for an AWS Marketplace package" in refusal
