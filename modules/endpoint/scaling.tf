# The scalable target, the caller's policies and the schedules (docs/decisions/0009, 0011). The order of creation is:
# target, policies of the module, policies of the caller, schedules. If one step fails, those before it remain, so no
# schedule moves bounds of an endpoint without policies.

locals {
  scheduled = length(var.schedules) > 0

  # Hash of the instance types that the endpoint has during the plan, read from the name of its configuration. A
  # configuration with a name of another form, such as that of an imported endpoint, counts as having the wanted types:
  # under a scalable target SageMaker refuses a change to others.
  types_in_force = try(
    regex("^${var.name}-([0-9a-f]{3})[0-9a-f]{5}$", data.awscc_sagemaker_endpoint.before.endpoint_config_name)[0],
    local.types_hash,
  )
  types_change = local.types_in_force != local.types_hash

  # This value is unknown at plan, so whatever contains it differs from the state in every plan. Two things below need
  # such a difference:
  # - After a silent rollback, state and configuration agree on the new types and only the endpoint has the old ones. The
  #   registration contains this value then, and so is replaced.
  # - The input of the registration is read from unknown JSON, so it has no type until the apply (see below).
  # Neither shows in the next plan: the registration then contains the list of types, and changes of the input are ignored.
  unknown_at_plan = timestamp()

  # A change of any of these registers the scalable target again:
  # - The instance types: SageMaker refuses a change of types under a scalable target, so the target is deregistered
  #   before the update and registered after it. Any edit of the list counts.
  # - Adding the first schedule or removing the last one, and a change of capacity while there are schedules: nothing
  #   else resets the bounds then.
  # - The id of the endpoint is unknown, because the endpoint is replaced under its name: SageMaker deregisters the target
  #   of an endpoint that it deletes.
  registration = awscc_sagemaker_endpoint.this.id == null ? null : {
    capacity       = local.scheduled ? var.capacity : null
    instance_types = local.types_change ? (local.unknown_at_plan == "" ? null : local.instance_types) : local.instance_types
    scheduled      = local.scheduled
  }

  resource_id = "endpoint/${awscc_sagemaker_endpoint.this.endpoint_name}/variant/${var.variant.variant_name}"
  target      = one(concat(aws_appautoscaling_target.this, aws_appautoscaling_target.scheduled))
}

# Target, policies and schedules are replaced with this resource. Terraform destroys what depends on a resource before the
# resource and creates it after, so the old registration is gone before the new one begins.
#
# They are triggered by input.since, not by the resource. A reference to the resource makes OpenTofu 1.12 replace them also
# when the resource is created, which deregisters an imported target (opentofu/opentofu, issue 3714). An input without a
# type has no member since. So the plan of a creation has no since before or after, which is no change; the plan of a
# replacement loses the former since, which is one.
resource "terraform_data" "registration" {
  input            = jsondecode(jsonencode({ since = local.unknown_at_plan }))
  triggers_replace = local.registration

  lifecycle {
    ignore_changes = [input]
  }
}

# This check warns during the plan, because the error of a failed update is worded by AWS and Terraform then skips all
# that depends on the endpoint. A new endpoint has no former types.
check "registration" {
  assert {
    condition     = terraform_data.creation.input.planned_at == plantimestamp() ? true : !local.types_change
    error_message = "Run terraform apply again if AWS reports this change of the instance types of endpoint ${var.name} as failed, or restore the former instance_pools and apply, which removes no instance. Until then the old fleet serves without scaling, because SageMaker changes instance types only after the scalable target is gone."
  }
}

# Without schedules, Terraform resets bounds that something else has changed.
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
    replace_triggered_by = [terraform_data.registration.input.since]
  }
}

moved {
  from = aws_appautoscaling_target.this
  to   = aws_appautoscaling_target.this[0]
}

# With schedules, Terraform ignores the bounds until the next registration, because schedules change them.
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
    replace_triggered_by = [terraform_data.registration.input.since]
  }
}

# The policies of the caller. Those of the module are in modules/realtime and modules/async.
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
      for_each = each.value.custom_metric == null ? [] : [local.tracked_metrics["policies/${each.key}"]]

      content {
        metric_name = one(customized_metric_specification.value.metrics[*].metric_name)
        namespace   = one(customized_metric_specification.value.metrics[*].namespace)
        statistic   = one(customized_metric_specification.value.metrics[*].statistic)
        unit        = one(customized_metric_specification.value.metrics[*].unit)

        dynamic "dimensions" {
          for_each = merge(customized_metric_specification.value.metrics[*].dimensions...)

          content {
            name  = dimensions.key
            value = dimensions.value
          }
        }

        dynamic "metrics" {
          for_each = customized_metric_specification.value.queries

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
  }

  # AWS may refuse a change of a scalable target, its policies or its schedules while another one is pending, so they
  # follow one after the other.
  depends_on = [var.own_policies]

  lifecycle {
    replace_triggered_by = [terraform_data.registration.input.since]
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

    # The bounds are strings here, and AWS returns what a float holds. So format removes the rounding error of decimals
    # (48 * 0.6 is 28.8 and a bit), which would show as a change on every plan.
    dynamic "step_adjustment" {
      for_each = each.value.steps

      content {
        metric_interval_lower_bound = try(tonumber(format("%.15g", step_adjustment.value.lower_bound)), null)
        metric_interval_upper_bound = try(tonumber(format("%.15g", step_adjustment.value.upper_bound)), null)
        scaling_adjustment          = step_adjustment.value.adjustment
      }
    }
  }

  depends_on = [aws_appautoscaling_policy.target_tracking]

  lifecycle {
    replace_triggered_by = [terraform_data.registration.input.since]
  }
}

resource "aws_cloudwatch_metric_alarm" "step" {
  for_each = { for name, policy in var.policies : name => policy.step.alarm if policy.step != null }

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "Drives the step policy ${each.key} of ${var.name}."
  namespace           = local.complete_metrics["alarms/${each.key}"].namespace
  metric_name         = each.value.metric_name
  statistic           = each.value.extended_statistic == null ? local.complete_metrics["alarms/${each.key}"].statistic : null
  extended_statistic  = each.value.extended_statistic
  dimensions          = local.complete_metrics["alarms/${each.key}"].dimensions
  period              = each.value.period
  evaluation_periods  = each.value.evaluation_periods
  datapoints_to_alarm = coalesce(each.value.datapoints_to_alarm, each.value.evaluation_periods)
  threshold           = each.value.threshold
  comparison_operator = each.value.comparison_operator
  treat_missing_data  = each.value.treat_missing_data
  alarm_actions       = [aws_appautoscaling_policy.step[each.key].arn]
  tags                = var.tags
}

locals {
  # Terraform cannot convert time zones. The last time zone is twelve hours behind UTC, so twelve hours later a local
  # time has passed everywhere.
  past_schedules = [
    for name, schedule in var.schedules : name if try(timecmp(
      timeadd("${regex("^at\\((.+)\\)$", schedule.schedule)[0]}Z", contains(["GMT", "UTC"], schedule.timezone) ? "0h" : "12h"),
      plantimestamp(),
    ) < 0, false)
  ]
}

check "past_schedules" {
  assert {
    condition     = length(local.past_schedules) == 0
    error_message = "Remove ${join(", ", local.past_schedules)} from schedules of the endpoint ${var.name}: the time of at(...) has passed. A new registration of the scalable target creates all schedules again, and AWS does not document whether it accepts a time in the past."
  }
}

# A new registration applies capacity at once, until the next schedule is due (docs/decisions/0011).
check "schedules_over_capacity" {
  assert {
    condition     = local.most_instances <= var.capacity.max
    error_message = "Raise capacity.max of the endpoint ${var.name} to ${local.most_instances}, the most that its schedules allow, at a quiet time: a new registration of the scalable target, which this change of capacity is too, applies capacity at once and stops the instances above capacity.max."
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

  # Schedules come last, so that all policies exist if AWS refuses a schedule. Terraform creates the schedules at the
  # same time, and AWS may refuse one while another is pending (docs/traps.md, "ConcurrentUpdateException").
  depends_on = [aws_appautoscaling_policy.step, aws_cloudwatch_metric_alarm.step]

  lifecycle {
    replace_triggered_by = [terraform_data.registration.input.since]
  }
}
