"""What a plan says about scaling, before anything is applied."""

from datetime import UTC, datetime

import pytest

from scaleproof.endpoints import EndpointError, from_plan
from scaleproof.endpoints.terraform import ALARM, COMPOSITE, CONFIG, ENDPOINT, POLICY, TARGET, planned
from scaleproof.scaling.alarms import Missing
from scaleproof.scaling.endpoint import Kind
from scaleproof.scaling.metrics import MetricStat
from scaleproof.scaling.step_scaling import StepScaling
from scaleproof.scaling.target_tracking import MetricMath, TargetTracking, alarms
from scaleproof.terraform.plan import Plan
from tests.plan.planner import ASYNC, REALTIME

UNEQUAL = [
    {"instance_type": "ml.g6.2xlarge", "max_concurrency": 12},
    {"instance_type": "ml.g6e.2xlarge", "max_concurrency": 16},
    {"instance_type": "ml.g5.2xlarge", "max_concurrency": 10},
]
FLEET = """
variable "names" {
  default = ["a", "b"]
}

resource "awscc_sagemaker_endpoint_config" "it" {
  for_each             = toset(var.names)
  endpoint_config_name = each.key
  production_variants = [{
    variant_name           = "AllTraffic"
    model_name             = "m"
    instance_type          = "ml.g5.xlarge"
    initial_instance_count = 3
  }]
}

resource "awscc_sagemaker_endpoint" "it" {
  for_each             = toset(var.names)
  endpoint_name        = each.key
  endpoint_config_name = awscc_sagemaker_endpoint_config.it[each.key].endpoint_config_name
}

resource "aws_appautoscaling_target" "it" {
  for_each           = toset(var.names)
  service_namespace  = "sagemaker"
  scalable_dimension = "sagemaker:variant:DesiredInstanceCount"
  resource_id        = "endpoint/${awscc_sagemaker_endpoint.it[each.key].endpoint_name}/variant/AllTraffic"
  min_capacity       = 1
  max_capacity       = 9
}

resource "aws_appautoscaling_policy" "out" {
  for_each           = toset(var.names)
  name               = "${each.key}-out"
  policy_type        = "StepScaling"
  service_namespace  = "sagemaker"
  scalable_dimension = "sagemaker:variant:DesiredInstanceCount"
  resource_id        = aws_appautoscaling_target.it[each.key].resource_id

  step_scaling_policy_configuration {
    adjustment_type = "PercentChangeInCapacity"

    step_adjustment {
      metric_interval_lower_bound = 0
      scaling_adjustment          = 50
    }
  }
}
"""


def test_a_mixed_fleet(planner):
    (found,) = from_plan(planner(REALTIME, instance_pools=UNEQUAL, capacity={"min": 2, "max": 20}))
    assert (found.name, found.variant, found.kind) == ("speech", "AllTraffic", Kind.REALTIME)
    assert [(pool.instance_type, pool.priority) for pool in found.pools] == [
        ("ml.g6.2xlarge", 1),
        ("ml.g6e.2xlarge", 2),
        ("ml.g5.2xlarge", 3),
    ]
    assert found.initial == 2
    assert found.target
    assert (found.target.min, found.target.max) == (2, 20)
    tracking = [policy for policy in found.target.policies if isinstance(policy, TargetTracking)]
    (policy,) = [policy for policy in tracking if isinstance(policy.metric, MetricMath)]
    high, low = (alarm.settings for alarm in alarms(policy, found.dimensions))
    assert (high.threshold, low.evaluation_periods) == (0.75, 15)


def test_the_alarm_that_wakes_is_found_before_its_policy_has_an_arn(planner):
    (found,) = from_plan(planner(ASYNC, max_concurrent_invocations_per_instance=4))
    assert (found.kind, found.max_concurrent_invocations) == (Kind.ASYNC, 4)
    assert found.target
    assert found.target.min == 0
    (step,) = [policy for policy in found.target.policies if isinstance(policy, StepScaling)]
    ((name, alarm),) = step.alarms.items()
    assert name == "speech-has-backlog-without-capacity"
    assert alarm.source == MetricStat(
        "AWS/SageMaker", "HasBacklogWithoutCapacity", (("EndpointName", "speech"),), "Average", 60
    )
    assert (alarm.threshold, alarm.evaluation_periods, alarm.m) == (1.0, 2, 2)
    assert alarm.missing is Missing.MISSING


def test_instances_made_with_keys_keep_to_themselves(root_of):
    text = """
resource "aws_cloudwatch_metric_alarm" "hot" {
  for_each            = toset(var.names)
  alarm_name          = "${each.key}-hot"
  namespace           = "AWS/SageMaker"
  metric_name         = "ConcurrentRequestsPerModel"
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 3
  threshold           = 8
  comparison_operator = "GreaterThanThreshold"
  alarm_actions       = [aws_appautoscaling_policy.out[each.key].arn]
  dimensions          = { EndpointName = each.key }
}

resource "aws_appautoscaling_scheduled_action" "morning" {
  name               = "morning"
  service_namespace  = "sagemaker"
  scalable_dimension = "sagemaker:variant:DesiredInstanceCount"
  resource_id        = aws_appautoscaling_target.it["b"].resource_id
  schedule           = "cron(30 7 ? * MON-FRI *)"
  timezone           = "Europe/Berlin"
  start_time         = "2026-01-01T00:00:00Z"

  scalable_target_action {
    min_capacity = 6
  }
}
"""
    one, other = from_plan(root_of(FLEET + text))
    for endpoint in (one, other):
        assert endpoint.initial == 3
        assert endpoint.target
        (policy,) = endpoint.target.policies
        assert list(policy.alarms) == [f"{endpoint.name}-hot"]
    assert one.target
    assert other.target
    assert one.target.schedules == ()
    (morning,) = other.target.schedules
    assert (morning.schedule, morning.timezone) == ("cron(30 7 ? * MON-FRI *)", "Europe/Berlin")
    assert (morning.min, morning.max) == (6, None)
    assert (morning.start, morning.end) == (datetime(2026, 1, 1, tzinfo=UTC), None)


def test_a_value_that_is_not_known_is_named(root_of):
    text = FLEET.replace("min_capacity       = 1", "min_capacity       = terraform_data.low.output") + (
        'resource "terraform_data" "low" {\n  input = 1\n}\n'
    )
    with pytest.raises(EndpointError, match=r'Known only after an apply, or .*it\["a"\]: MinCapacity'):
        from_plan(root_of(text))


def test_a_plan_without_endpoints_says_so(root_of):
    with pytest.raises(EndpointError, match=r"There is no endpoint in the plan\. .*awscc_sagemaker_endpoint"):
        from_plan(root_of('resource "terraform_data" "none" {}\n'))


def test_many_endpoints_with_alarms_of_their_own():
    """Looking through all alarms, targets, policies and configurations for each endpoint would take many minutes."""
    names = [f"e{place}" for place in range(3000)]
    changes = [resource for name in names for resource in _alarmed(name)]
    read = planned(Plan({"resource_changes": changes}))
    assert [documents.name for documents in read] == sorted(names)
    for documents in read:
        name = documents.name
        assert documents.refusal is None
        assert documents.variant.origin == f"{CONFIG}.{name}"
        assert documents.target
        assert documents.target.origin == f"{TARGET}.{name}"
        (policy,) = documents.policies
        assert policy.policy.origin == f"{POLICY}.{name}"
        assert [alarm.origin for alarm in policy.alarms] == [f"{ALARM}.{name}-invokes"]
        assert [alarm.origin for alarm in documents.alarms] == [
            f"{ALARM}.{name}-watches",
            f"{ALARM}.{name}-invokes",
            f"{COMPOSITE}.{name}",
        ]


def _alarmed(name):
    """An endpoint with a target, a policy and alarms: on its metrics, on its policy, and on an alarm."""
    scope = {
        "service_namespace": "sagemaker",
        "scalable_dimension": "sagemaker:variant:DesiredInstanceCount",
        "resource_id": f"endpoint/{name}/variant/v",
    }
    arn = f"arn:{name}"
    resources = {
        f"{ENDPOINT}.{name}": {"endpoint_name": name, "endpoint_config_name": name},
        f"{CONFIG}.{name}": {"endpoint_config_name": name, "production_variants": [{"variant_name": "v"}]},
        f"{TARGET}.{name}": scope,
        f"{POLICY}.{name}": {**scope, "name": "out", "policy_type": "StepScaling", "arn": arn},
        f"{ALARM}.{name}-watches": {"alarm_name": f"{name}-watches", "dimensions": {"EndpointName": name}},
        f"{ALARM}.{name}-invokes": {"alarm_name": f"{name}-invokes", "alarm_actions": [arn]},
        f"{COMPOSITE}.{name}": {"alarm_name": f"{name}-both", "alarm_rule": f'ALARM("{name}-invokes")'},
    }
    for address, values in resources.items():
        kind = address.partition(".")[0]
        yield {"address": address, "type": kind, "change": {"actions": ["create"], "after": values}}
