"""An asynchronous endpoint scales on its backlog, to zero and back."""

import pytest

from tests.plan.planner import ASYNC


def policy(plan, kind):
    """The one policy of this type."""
    (found,) = [one for one in plan.of_type("aws_appautoscaling_policy") if one.values["policy_type"] == kind]
    return found


def inference(plan):
    """The asynchronous part of the configuration."""
    (config,) = plan.of_type("awscc_sagemaker_endpoint_config")
    return dict(config.values["async_inference_config"])


@pytest.mark.inputs(ASYNC)
def test_it_goes_to_zero_and_wakes(it, endpoint):
    endpoint(it).is_async().scales_between(0, 5).wakes_from_zero()


@pytest.mark.inputs(ASYNC)
def test_a_new_endpoint_starts_with_one_instance(it, endpoint):
    endpoint(it).starts_with(1)


@pytest.mark.inputs(ASYNC)
def test_pain_11_an_asynchronous_endpoint_scales_on_invocations(it):
    (tracking,) = policy(it, "TargetTrackingScaling").values["target_tracking_scaling_policy_configuration"]
    (metric,) = tracking["customized_metric_specification"]
    assert (metric["namespace"], metric["metric_name"]) == (
        "AWS/SageMaker",
        "ApproximateBacklogSizePerInstance",
    )
    assert metric["dimensions"] == [{"name": "EndpointName", "value": "speech"}]
    assert metric["statistic"] == "Average"
    assert metric["metrics"] == []
    assert tracking["target_value"] == 5
    assert (tracking["scale_out_cooldown"], tracking["scale_in_cooldown"]) == (300, 300)


@pytest.mark.inputs(ASYNC)
def test_wake_up_policy_adds_one_instance(it):
    (step,) = policy(it, "StepScaling").values["step_scaling_policy_configuration"]
    assert step["adjustment_type"] == "ChangeInCapacity"
    assert step["metric_aggregation_type"] == "Average"
    assert step["cooldown"] == 300
    (adjustment,) = step["step_adjustment"]
    assert float(adjustment["metric_interval_lower_bound"]) == 0
    assert not adjustment["metric_interval_upper_bound"]
    assert adjustment["scaling_adjustment"] == 1


@pytest.mark.inputs(ASYNC)
def test_wake_up_alarm_is_the_one_of_the_guide(it):
    (alarm,) = it.of_type("aws_cloudwatch_metric_alarm")
    expected = {
        "namespace": "AWS/SageMaker",
        "metric_name": "HasBacklogWithoutCapacity",
        "dimensions": {"EndpointName": "speech"},
        "statistic": "Average",
        "period": 60,
        "evaluation_periods": 2,
        "datapoints_to_alarm": 2,
        "threshold": 1,
        "comparison_operator": "GreaterThanOrEqualToThreshold",
        "treat_missing_data": "missing",
        "actions_enabled": True,
    }
    assert {name: alarm.values[name] for name in expected} == expected
    assert alarm.unknown["alarm_actions"] is True  # the policy's ARN, known after the apply


@pytest.mark.parametrize(("minimum", "count"), [(0, 1), (1, 0)])
@pytest.mark.inputs(ASYNC, lambda minimum: {"capacity": {"min": minimum, "max": 5}})
def test_wake_up_comes_with_zero_and_only_then(it, minimum, count):
    assert len(it.of_type("aws_cloudwatch_metric_alarm")) == count
    assert len(it.of_type("aws_appautoscaling_policy")) == 1 + count


@pytest.mark.inputs(ASYNC)
def test_without_choices_sagemaker_decides(it):
    assert inference(it) == {"output_config": {"s3_output_path": "s3://acme-transcripts/out/"}}


@pytest.mark.inputs(ASYNC)
def test_routing_is_left_out(it):
    (config,) = it.of_type("awscc_sagemaker_endpoint_config")
    assert "routing_config" not in config.values["production_variants"][0]
