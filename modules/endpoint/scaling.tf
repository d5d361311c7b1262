# The scalable target, who owns its bounds, and the schedules that move them (docs/decisions/0009, 0011).

locals {
  scheduled = length(var.schedules) > 0

  # Whether the endpoint serves other types than are wanted, as the plan is made. A configuration that was not made here
  # has the same ones if it is in force under a scalable target: SageMaker has seen to that.
  types_in_force = try(
    regex("^${var.name}-([0-9a-f]{3})[0-9a-f]{5}$", data.awscc_sagemaker_endpoint.before.endpoint_config_name)[0],
    local.types_hash,
  )
  types_change = local.types_in_force != local.types_hash

  # What the registration of the variant hangs on. SageMaker refuses to change the instance types of a variant
  # under a scalable target, so that target is deregistered before such an update and registered after it;
  # any edit of the pools counts. The same happens when the bounds change hands, or when they change while
  # schedules own them; and when the endpoint is replaced under its name, which is when its id is not known:
  # SageMaker deregisters what it deletes. After a silent rollback the target stands while the types still have to
  # change: timestamp(), which no plan knows, replaces it then, and leaves no trace in the state.
  registration = awscc_sagemaker_endpoint.this.id == null ? null : {
    capacity       = local.scheduled ? var.capacity : null
    instance_types = local.types_change ? (timestamp() == "" ? null : local.instance_types) : local.instance_types
    scheduled      = local.scheduled
  }

  resource_id = "endpoint/${awscc_sagemaker_endpoint.this.endpoint_name}/variant/${var.variant.variant_name}"
  target      = one(concat(aws_appautoscaling_target.this, aws_appautoscaling_target.scheduled))
}

# Everything that is registered depends on this and is replaced with it. Terraform destroys what depends on a
# resource before that resource and creates it after, which orders the hand-over of one registration to the next.
resource "terraform_data" "registration" {
  triggers_replace = local.registration
}

# A warning of the plan: the error of an update that fails has AWS's words only, and ends what hangs on the endpoint.
# Of a new endpoint nothing is known yet.
check "registration" {
  assert {
    condition     = terraform_data.made.input == plantimestamp() ? true : !local.types_change
    error_message = "Put the former instance_pools back and run terraform apply, which takes no instance, or run it again as it is, if AWS reports this change of the instance types of endpoint ${var.name} as failed. Until then the old fleet would serve without scaling: SageMaker changes types only after the scalable target is gone."
  }
}

# Without schedules Terraform owns the bounds.
resource "aws_appautoscaling_target" "this" {
  count = local.scheduled ? 0 : 1

  service_namespace  = "sagemaker"
  scalable_dimension = "sagemaker:variant:DesiredInstanceCount"
  resource_id        = local.resource_id
  min_capacity       = var.capacity.min
  max_capacity       = var.capacity.max
  tags               = var.tags

  suspended_state {
    dynamic_scaling_in_suspended  = var.suspended.in
    dynamic_scaling_out_suspended = var.suspended.out
    scheduled_scaling_suspended   = var.suspended.scheduled
  }

  lifecycle {
    replace_triggered_by = [terraform_data.registration]
  }
}

moved {
  from = aws_appautoscaling_target.this
  to   = aws_appautoscaling_target.this[0]
}

# With schedules they own the bounds from one registration to the next.
resource "aws_appautoscaling_target" "scheduled" {
  count = local.scheduled ? 1 : 0

  service_namespace  = "sagemaker"
  scalable_dimension = "sagemaker:variant:DesiredInstanceCount"
  resource_id        = local.resource_id
  min_capacity       = var.capacity.min
  max_capacity       = var.capacity.max
  tags               = var.tags

  suspended_state {
    dynamic_scaling_in_suspended  = var.suspended.in
    dynamic_scaling_out_suspended = var.suspended.out
    scheduled_scaling_suspended   = var.suspended.scheduled
  }

  lifecycle {
    ignore_changes       = [max_capacity, min_capacity]
    replace_triggered_by = [terraform_data.registration]
  }
}

resource "aws_appautoscaling_scheduled_action" "this" {
  for_each = var.schedules

  name               = "${var.name}-${each.key}"
  service_namespace  = local.target.service_namespace
  scalable_dimension = local.target.scalable_dimension
  resource_id        = local.target.resource_id
  schedule           = each.value.schedule
  timezone           = each.value.timezone
  start_time         = each.value.start_time
  end_time           = each.value.end_time

  scalable_target_action {
    max_capacity = each.value.max
    min_capacity = each.value.min
  }

  lifecycle {
    replace_triggered_by = [terraform_data.registration]
  }
}

# Policies of the caller's own, beside those of modules/realtime and modules/async.
locals {
  own_dimensions = { EndpointName = awscc_sagemaker_endpoint.this.endpoint_name, VariantName = var.variant.variant_name }

  # The queue belongs to the endpoint: with a variant these metrics are silent.
  queue_dimensions = { EndpointName = awscc_sagemaker_endpoint.this.endpoint_name }
  queue_metrics    = ["ApproximateAgeOfOldestRequest", "ApproximateBacklogSize", "ApproximateBacklogSizePerInstance", "HasBacklogWithoutCapacity"]
}

resource "aws_appautoscaling_policy" "target_tracking" {
  for_each = { for name, policy in var.policies : name => policy.target_tracking if policy.target_tracking != null }

  name               = "${var.name}-${each.key}"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = local.target.service_namespace
  scalable_dimension = local.target.scalable_dimension
  resource_id        = local.target.resource_id

  target_tracking_scaling_policy_configuration {
    disable_scale_in   = each.value.disable_scale_in
    scale_in_cooldown  = each.value.scale_in_cooldown
    scale_out_cooldown = each.value.scale_out_cooldown
    target_value       = each.value.target_value

    dynamic "predefined_metric_specification" {
      for_each = each.value.predefined_metric_type[*]

      content {
        predefined_metric_type = predefined_metric_specification.value
      }
    }

    dynamic "customized_metric_specification" {
      for_each = each.value.custom_metric[*]

      content {
        metric_name = customized_metric_specification.value.metric_name
        namespace   = customized_metric_specification.value.namespace
        statistic   = customized_metric_specification.value.statistic
        unit        = customized_metric_specification.value.unit

        dynamic "dimensions" {
          for_each = coalesce(
            customized_metric_specification.value.dimensions,
            contains(local.queue_metrics, customized_metric_specification.value.metric_name) ? local.queue_dimensions : local.own_dimensions,
          )

          content {
            name  = dimensions.key
            value = dimensions.value
          }
        }
      }
    }
  }

  # AWS refuses a change of a scalable target, or of what hangs on it, while another one is pending.
  depends_on = [aws_appautoscaling_scheduled_action.this]

  lifecycle {
    replace_triggered_by = [terraform_data.registration]
  }
}

resource "aws_appautoscaling_policy" "step" {
  for_each = { for name, policy in var.policies : name => policy.step if policy.step != null }

  name               = "${var.name}-${each.key}"
  policy_type        = "StepScaling"
  service_namespace  = local.target.service_namespace
  scalable_dimension = local.target.scalable_dimension
  resource_id        = local.target.resource_id

  step_scaling_policy_configuration {
    adjustment_type          = each.value.adjustment_type
    cooldown                 = each.value.cooldown
    metric_aggregation_type  = each.value.metric_aggregation_type
    min_adjustment_magnitude = each.value.min_adjustment_magnitude

    dynamic "step_adjustment" {
      for_each = each.value.steps

      content {
        metric_interval_lower_bound = step_adjustment.value.lower_bound
        metric_interval_upper_bound = step_adjustment.value.upper_bound
        scaling_adjustment          = step_adjustment.value.adjustment
      }
    }
  }

  depends_on = [aws_appautoscaling_policy.target_tracking]

  lifecycle {
    replace_triggered_by = [terraform_data.registration]
  }
}

resource "aws_cloudwatch_metric_alarm" "step" {
  for_each = { for name, policy in var.policies : name => policy.step.alarm if policy.step != null }

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "Drives the step policy ${each.key} of ${var.name}."
  namespace           = each.value.namespace
  metric_name         = each.value.metric_name
  statistic           = each.value.statistic
  dimensions          = coalesce(each.value.dimensions, contains(local.queue_metrics, each.value.metric_name) ? local.queue_dimensions : local.own_dimensions)
  period              = each.value.period
  evaluation_periods  = each.value.evaluation_periods
  datapoints_to_alarm = coalesce(each.value.datapoints_to_alarm, each.value.evaluation_periods)
  threshold           = each.value.threshold
  comparison_operator = each.value.comparison_operator
  treat_missing_data  = each.value.treat_missing_data
  alarm_actions       = [aws_appautoscaling_policy.step[each.key].arn]
  tags                = var.tags
}
