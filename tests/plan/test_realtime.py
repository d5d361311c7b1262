"""A real-time endpoint scales on concurrency."""

import pytest

from tests.plan.planner import COMPUTED, REALTIME

HIGH_RESOLUTION = "SageMakerVariantConcurrentRequestsPerModelHighResolution"
TYPES = ("ml.g6.2xlarge", "ml.g6e.2xlarge")
UNEQUAL = [
    {"instance_type": "ml.g6.2xlarge", "max_concurrency": 12},
    {"instance_type": "ml.g6e.2xlarge", "max_concurrency": 16},
    {"instance_type": "ml.g5.2xlarge", "max_concurrency": 7.5},
]


def tracking(plan):
    """The configuration of the policy that follows the concurrency."""
    (policy,) = [one for one in plan.of_type("aws_appautoscaling_policy") if one.values["name"] == "speech-concurrency"]
    assert policy.values["policy_type"] == "TargetTrackingScaling"
    (configuration,) = policy.values["target_tracking_scaling_policy_configuration"]
    return dict(configuration)


@pytest.mark.inputs(REALTIME)
def test_target_is_the_instance_count_of_the_variant(it):
    (target,) = it.of_type("aws_appautoscaling_target")
    assert target.values["service_namespace"] == "sagemaker"
    assert target.values["scalable_dimension"] == "sagemaker:variant:DesiredInstanceCount"
    assert target.values["resource_id"] == "endpoint/speech/variant/AllTraffic"
    assert (target.values["min_capacity"], target.values["max_capacity"]) == (1, 4)


@pytest.mark.inputs(REALTIME)
def test_role_of_the_target_is_left_to_aws(it):
    (target,) = it.of_type("aws_appautoscaling_target")
    assert target.unknown["role_arn"] is True


@pytest.mark.parametrize(("limit", "utilization", "value"), [(12, 0.75, 9), (10, 0.7, 7), (1, 1, 1), (7, 0.75, 5.25)])
@pytest.mark.inputs(
    REALTIME,
    lambda limit, utilization: {
        "instance_pools": [{"instance_type": kind, "max_concurrency": limit} for kind in TYPES],
        "target_utilization": utilization,
    },
)
def test_equal_pools_follow_the_ten_second_metric(it, endpoint, limit, utilization, value):
    live = endpoint(it)
    live.runs_on(*TYPES).sustains(dict.fromkeys(TYPES, limit)).scales_on(HIGH_RESOLUTION, target=value)
    assert len(live.policies) == 1


@pytest.mark.inputs(
    REALTIME,
    instance_pools=[
        {"instance_type": kind, "max_concurrency": limit} for kind, limit in zip(TYPES, (28.8, COMPUTED), strict=True)
    ],
)
def test_a_rounding_error_is_no_difference(it, endpoint):
    live = endpoint(it)
    live.scales_on(HIGH_RESOLUTION, target=21.6)
    assert len(live.policies) == 1


@pytest.mark.inputs(REALTIME)
def test_pain_12_slow_out_and_very_slow_in(it, endpoint):
    live = endpoint(it)
    live.scales_on(HIGH_RESOLUTION, scale_out_cooldown=60, scale_in_cooldown=300, scale_in=True)


@pytest.mark.inputs(REALTIME, instance_pools=UNEQUAL)
def test_pain_14_a_custom_metric_is_silent(it):
    """Its dimensions are those that SageMaker publishes, one series for each instance type."""
    (specification,) = tracking(it)["customized_metric_specification"]
    read = {}
    for query in specification["metrics"]:
        for stat in query["metric_stat"]:
            (metric,) = stat["metric"]
            assert (metric["namespace"], metric["metric_name"]) == (
                "AWS/SageMaker",
                "ConcurrentRequestsPerModel",
            )
            assert stat["stat"] == "Maximum"
            read[query["id"]] = {dimension["name"]: dimension["value"] for dimension in metric["dimensions"]}
    assert read == {
        f"concurrency_{place}": {
            "EndpointName": "speech",
            "VariantName": "AllTraffic",
            "InstanceType": pool["instance_type"],
        }
        for place, pool in enumerate(UNEQUAL, start=1)
    }


@pytest.mark.inputs(REALTIME)
def test_routing_goes_to_the_least_busy_instance(it):
    (config,) = it.of_type("awscc_sagemaker_endpoint_config")
    (variant,) = config.values["production_variants"]
    assert variant["routing_config"] == {"routing_strategy": "LEAST_OUTSTANDING_REQUESTS"}


@pytest.mark.inputs(REALTIME)
def test_it_is_not_asynchronous(it):
    (config,) = it.of_type("awscc_sagemaker_endpoint_config")
    assert "async_inference_config" not in config.values
    assert it.of_type("aws_cloudwatch_metric_alarm") == []


@pytest.mark.inputs(REALTIME, capacity={"min": 0, "max": 4})
def test_pain_13_real_time_to_zero(refusal):
    assert "a real-time endpoint never scales to zero" in refusal
    assert "asynchronous endpoint" in refusal
