"""Endpoints as they are printed from a plan, and requests sent through them."""

import json

import pytest

from scaleproof.cli.demo import send
from scaleproof.endpoints import EndpointError, from_api, from_plan
from scaleproof.endpoints.render import PoolRow, rows
from scaleproof.endpoints.terraform import planned
from scaleproof.errors import FailedError
from scaleproof.scaling.endpoint import Endpoint, Kind
from tests.unit.measuring.endpoints import make


def test_requests_go_through(connection):
    bucket = f"results-{connection.account}"
    connection.client("s3").create_bucket(Bucket=bucket)
    make(connection)
    output = {"S3OutputPath": f"s3://{bucket}/out/"}
    make(connection, name="files", members={"AsyncInferenceConfig": {"OutputConfig": output}})
    files, speech = from_api(connection.client)
    answer = send(connection, speech, b'{"inputs": "hello"}')
    assert (answer.endpoint, answer.kind, answer.variant) == ("speech", Kind.REALTIME, "AllTraffic")
    assert json.loads(answer.answer)["input_bytes"] == 19

    result = send(connection, files, b'{"inputs": "hello"}')
    assert json.loads(result.answer)["input_bytes"] == 19
    assert str(result.input).startswith(f"s3://{bucket}/in/")
    assert str(result.output).startswith(f"s3://{bucket}/out/")
    assert result.sentence.startswith(f"Queued {result.input} for files: {result.answer} is in {result.output} (")


def test_a_container_that_fails_on_a_file_says_why(connection):
    bucket = f"results-{connection.account}"
    connection.client("s3").create_bucket(Bucket=bucket)
    output = {"S3OutputPath": f"s3://{bucket}/out/", "S3FailurePath": f"s3://{bucket}/failed/"}
    make(connection, name="files", members={"AsyncInferenceConfig": {"OutputConfig": output}})
    (files,) = from_api(connection.client)
    with pytest.raises(FailedError, match=r"The endpoint files failed to process the request: "):
        send(connection, files, b'{"fail": 500}')


@pytest.mark.parametrize("kind", Kind)
def test_an_endpoint_that_is_not_there(connection, kind):
    ghost = Endpoint("ghost", "AllTraffic", kind, (), 1, None)
    with pytest.raises(FailedError, match=r"ghost did not answer: .*"):
        send(connection, ghost, b"{}")


UNKNOWN = """
resource "terraform_data" "later" {
  input = 1
}

resource "awscc_sagemaker_endpoint_config" "this" {
  endpoint_config_name = "speech"

  production_variants = [{
    variant_name           = "AllTraffic"
    model_name             = "speech"
    initial_instance_count = terraform_data.later.output
    instance_type          = "ml.g6.2xlarge"
  }]
}

resource "awscc_sagemaker_endpoint" "this" {
  endpoint_name        = "speech"
  endpoint_config_name = awscc_sagemaker_endpoint_config.this.endpoint_config_name
}

resource "aws_appautoscaling_target" "this" {
  service_namespace  = "sagemaker"
  resource_id        = "endpoint/speech/variant/AllTraffic"
  scalable_dimension = "sagemaker:variant:DesiredInstanceCount"
  min_capacity       = 1
  max_capacity       = terraform_data.later.output
}

resource "aws_appautoscaling_policy" "tracking" {
  name               = "tracking"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this.service_namespace
  resource_id        = aws_appautoscaling_target.this.resource_id
  scalable_dimension = aws_appautoscaling_target.this.scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value = terraform_data.later.output

    customized_metric_specification {
      metric_name = terraform_data.later.id
      namespace   = "Speech"
      statistic   = "Average"
    }
  }
}

resource "aws_appautoscaling_policy" "steps" {
  name               = "steps"
  policy_type        = "StepScaling"
  service_namespace  = aws_appautoscaling_target.this.service_namespace
  resource_id        = aws_appautoscaling_target.this.resource_id
  scalable_dimension = aws_appautoscaling_target.this.scalable_dimension

  step_scaling_policy_configuration {
    adjustment_type = "ChangeInCapacity"
    cooldown        = 60

    step_adjustment {
      metric_interval_lower_bound = 0
      scaling_adjustment          = terraform_data.later.output
    }
  }
}

resource "aws_appautoscaling_scheduled_action" "this" {
  name               = "morning"
  service_namespace  = aws_appautoscaling_target.this.service_namespace
  resource_id        = aws_appautoscaling_target.this.resource_id
  scalable_dimension = aws_appautoscaling_target.this.scalable_dimension
  schedule           = "cron(30 7 ? * MON-FRI *)"
  timezone           = "Europe/Berlin"

  scalable_target_action {
    min_capacity = terraform_data.later.output
    max_capacity = 9
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  alarm_name          = "busy"
  namespace           = "AWS/SageMaker"
  metric_name         = "ConcurrentRequestsPerModel"
  dimensions          = { EndpointName = "speech" }
  statistic           = "Maximum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = terraform_data.later.output
  period              = 60
  evaluation_periods  = 3
}
"""
AFTER = "(known after apply)"


def test_what_a_plan_does_not_know_is_said_where_it_stands(root_of):
    plan = root_of(UNKNOWN)
    with pytest.raises(EndpointError, match="Known only after an apply"):
        from_plan(plan)
    (found,) = rows(planned(plan))
    assert (found.name, found.status, found.initial, found.min, found.max) == (
        "speech",
        "planned",
        AFTER,
        1,
        AFTER,
    )
    steps, tracking = sorted(found.policies, key=lambda policy: policy.name)
    assert (tracking.scales_on, tracking.target, tracking.scale_in) == (AFTER, AFTER, True)
    assert (steps.steps, steps.scale_out_cooldown) == (AFTER, AFTER)
    (schedule,) = found.schedules
    assert (schedule.timezone, schedule.min, schedule.max) == ("Europe/Berlin", AFTER, 9)
    assert [(alarm.name, alarm.watches, alarm.condition) for alarm in found.alarms] == [
        ("tracking: AlarmHigh", AFTER, AFTER),
        ("tracking: AlarmLow", AFTER, AFTER),
        ("busy", "ConcurrentRequestsPerModel", AFTER),
    ]


def test_a_name_that_is_not_known(root_of):
    text = UNKNOWN.replace('endpoint_name        = "speech"', "endpoint_name        = terraform_data.later.id")
    (found,) = rows(planned(root_of(text)))
    assert (found.name, found.min, found.policies) == (AFTER, None, [])
    assert found.pools == [PoolRow("ml.g6.2xlarge", 1, None, None)]


def test_a_root_without_an_endpoint(root_of):
    assert planned(root_of('resource "terraform_data" "it" {}\n')) == []
