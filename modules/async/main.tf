module "endpoint" {
  source = "../endpoint"

  async_inference = {
    error_topic_arn                         = var.error_topic_arn
    include_inference_response_in           = var.include_inference_response_in
    max_concurrent_invocations_per_instance = var.max_concurrent_invocations_per_instance
    output_kms_key_id                       = var.output_kms_key_id
    s3_failure_path                         = var.s3_failure_path
    s3_output_path                          = var.s3_output_path
    success_topic_arn                       = var.success_topic_arn
  }
  capacity              = var.capacity
  data_capture          = var.data_capture
  deployment            = var.deployment
  exclude_endpoint_tags = var.exclude_endpoint_tags
  instance_pools        = var.instance_pools
  log_group             = var.log_group
  marketplace           = var.marketplace
  metrics_config        = var.metrics_config
  name                  = var.name
  own_policies = concat(
    [aws_appautoscaling_policy.backlog.arn],
    aws_appautoscaling_policy.wake_up[*].arn,
    aws_cloudwatch_metric_alarm.wake_up[*].arn,
  )
  policies      = var.policies
  prerequisites = var.prerequisites
  schedules     = var.schedules
  suspended     = var.suspended
  tags          = var.tags
  tracking = {
    custom_metrics = merge(
      { for metric in local.signal.custom_metric[*] : "signal" => metric },
      { for name, policy in var.policies : "policies/${name}" => policy.target_tracking.custom_metric if try(policy.target_tracking == null, true) ? false : policy.target_tracking.custom_metric != null },
    )
    predefined_metric_type = null
    scale_in_cooldown      = var.scale_in_cooldown
    scale_out_cooldown     = var.scale_out_cooldown
    variant_name           = var.variant_name
  }
  variant = {
    capacity_reservation_config = var.capacity_reservation_config
    container_startup_timeout   = var.container_startup_timeout
    core_dump_config            = var.core_dump_config
    enable_ssm_access           = null
    inference_ami_version       = var.inference_ami_version
    model_data_download_timeout = var.model_data_download_timeout
    model_name                  = var.model_name
    provision_timeout           = var.provision_timeout
    routing_strategy            = null # it does not apply to a queue
    variant_name                = var.variant_name
    volume_kms_key_id           = var.volume_kms_key_id
    volume_size_in_gb           = var.volume_size_in_gb
  }
}

locals {
  # Without instances the backlog per instance has no value, so an endpoint at zero needs a second policy to start.
  can_be_empty = var.capacity.min == 0 || anytrue([for schedule in values(var.schedules) : coalesce(schedule.min, 1) == 0])

  # SageMaker publishes no backlog by instance type. So a mixed fleet scales as if all instances were of the weakest
  # pool: it may have too many, but never too few (docs/decisions/0012).
  max_concurrencies = var.instance_pools[*].max_concurrency
  weakest_share     = anytrue([for limit in local.max_concurrencies : limit == null]) ? 1 : try(min(local.max_concurrencies...) / local.max_concurrencies[0], 1)

  signal = coalesce(var.signal, {
    custom_metric = {
      dimensions  = null
      metric_name = "ApproximateBacklogSizePerInstance"
      metrics     = []
      namespace   = null
      statistic   = null
      unit        = null
    }
    # format removes the rounding error of the division.
    target_value = tonumber(format("%.9g", var.backlog_per_instance * local.weakest_share))
  })

  # The signal as metric math or as one metric; one of the two lists is empty.
  signal_queries = flatten(module.endpoint.signal_metrics[*].queries)
  signal_metrics = flatten(module.endpoint.signal_metrics[*].metrics)
}

# This resource is replaced with the scalable target, and the policies with it: AWS deletes them when the target is
# deregistered.
resource "terraform_data" "registration" {
  triggers_replace = module.endpoint.registration
}

resource "aws_appautoscaling_policy" "backlog" {
  name               = "${module.endpoint.name}-backlog"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = module.endpoint.scalable_target.service_namespace
  scalable_dimension = module.endpoint.scalable_target.scalable_dimension
  resource_id        = module.endpoint.scalable_target.resource_id

  target_tracking_scaling_policy_configuration {
    target_value       = local.signal.target_value
    scale_in_cooldown  = var.scale_in_cooldown
    scale_out_cooldown = var.scale_out_cooldown

    customized_metric_specification {
      namespace   = one(local.signal_metrics[*].namespace)
      metric_name = one(local.signal_metrics[*].metric_name)
      statistic   = one(local.signal_metrics[*].statistic)
      unit        = one(local.signal_metrics[*].unit)

      dynamic "dimensions" {
        for_each = merge(local.signal_metrics[*].dimensions...)

        content {
          name  = dimensions.key
          value = dimensions.value
        }
      }

      dynamic "metrics" {
        for_each = local.signal_queries

        content {
          id          = metrics.value.id
          expression  = metrics.value.expression
          label       = metrics.value.label
          return_data = metrics.value.return_data

          dynamic "metric_stat" {
            for_each = metrics.value.metric_stat[*]

            content {
              stat = metric_stat.value.stat
              unit = metric_stat.value.unit

              metric {
                namespace   = metric_stat.value.metric.namespace
                metric_name = metric_stat.value.metric.metric_name

                dynamic "dimensions" {
                  for_each = metric_stat.value.metric.dimensions

                  content {
                    name  = dimensions.key
                    value = dimensions.value
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  lifecycle {
    replace_triggered_by = [terraform_data.registration]
  }
}

# AWS creates new alarms whenever the policy changes, but hashicorp/aws plans the old ARNs. A resource that uses them
# and changes at the same time would fail with "Provider produced inconsistent final plan". This resource is replaced
# with each change of the policy, so its id is unknown at plan, and outputs.tf makes the ARNs depend on the id.
resource "terraform_data" "policy_alarms" {
  lifecycle {
    replace_triggered_by = [aws_appautoscaling_policy.backlog]
  }
}

resource "aws_appautoscaling_policy" "wake_up" {
  count = local.can_be_empty ? 1 : 0

  name               = "${module.endpoint.name}-wake-up"
  policy_type        = "StepScaling"
  service_namespace  = module.endpoint.scalable_target.service_namespace
  scalable_dimension = module.endpoint.scalable_target.scalable_dimension
  resource_id        = module.endpoint.scalable_target.resource_id

  step_scaling_policy_configuration {
    adjustment_type         = "ChangeInCapacity"
    cooldown                = var.wake_up.cooldown
    metric_aggregation_type = "Average"

    step_adjustment {
      metric_interval_lower_bound = 0
      scaling_adjustment          = var.wake_up.instances
    }
  }

  # AWS may refuse a change of a scalable target while another one is pending.
  depends_on = [aws_appautoscaling_policy.backlog]

  lifecycle {
    replace_triggered_by = [terraform_data.registration]
  }
}

resource "aws_cloudwatch_metric_alarm" "wake_up" {
  count = local.can_be_empty ? 1 : 0

  alarm_name          = "${module.endpoint.name}-has-backlog-without-capacity"
  alarm_description   = "Requests wait for ${module.endpoint.name} and it has no instance: starts ${var.wake_up.instances}."
  namespace           = "AWS/SageMaker"
  metric_name         = "HasBacklogWithoutCapacity"
  statistic           = "Average"
  period              = 60
  evaluation_periods  = var.wake_up.evaluation_periods
  datapoints_to_alarm = var.wake_up.evaluation_periods
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "missing"
  alarm_actions       = [aws_appautoscaling_policy.wake_up[0].arn]
  dimensions          = { EndpointName = module.endpoint.name }
  tags                = var.tags
}
