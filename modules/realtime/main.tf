module "endpoint" {
  source = "../endpoint"

  async_inference       = null
  capacity              = var.capacity
  data_capture          = var.data_capture
  deployment            = var.deployment
  exclude_endpoint_tags = var.exclude_endpoint_tags
  instance_pools        = var.instance_pools
  log_group             = var.log_group
  marketplace           = var.marketplace
  metrics_config        = var.metrics_config
  name                  = var.name
  own_policies          = concat([aws_appautoscaling_policy.concurrency.arn], aws_appautoscaling_policy.guard[*].arn)
  policies              = var.policies
  prerequisites         = var.prerequisites
  schedules             = var.schedules
  suspended             = var.suspended
  tags                  = var.tags
  tracking = {
    custom_metrics = merge(
      { for metric in var.signal.custom_metric[*] : "signal" => metric },
      { for name, policy in var.policies : "policies/${name}" => policy.target_tracking.custom_metric if try(policy.target_tracking == null, true) ? false : policy.target_tracking.custom_metric != null },
    )
    predefined_metric_type = var.signal.predefined_metric_type
    scale_in_cooldown      = var.scale_in_cooldown
    scale_out_cooldown     = var.scale_out_cooldown
    variant_name           = var.variant_name
  }
  variant = {
    capacity_reservation_config = var.capacity_reservation_config
    container_startup_timeout   = var.container_startup_timeout
    core_dump_config            = var.core_dump_config
    enable_ssm_access           = var.enable_ssm_access
    inference_ami_version       = var.inference_ami_version
    model_data_download_timeout = var.model_data_download_timeout
    model_name                  = var.model_name
    provision_timeout           = var.provision_timeout
    routing_strategy            = var.routing_strategy
    variant_name                = var.variant_name
    volume_kms_key_id           = var.volume_kms_key_id
    volume_size_in_gb           = var.volume_size_in_gb
  }
}

# This resource is replaced with the scalable target, and the policies with it: AWS deletes them when the target is
# deregistered.
resource "terraform_data" "registration" {
  triggers_replace = module.endpoint.registration
}

resource "aws_appautoscaling_policy" "concurrency" {
  name               = "${module.endpoint.name}-concurrency"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = module.endpoint.scalable_target.service_namespace
  scalable_dimension = module.endpoint.scalable_target.scalable_dimension
  resource_id        = module.endpoint.scalable_target.resource_id

  target_tracking_scaling_policy_configuration {
    target_value       = local.target_value
    scale_in_cooldown  = var.scale_in_cooldown
    scale_out_cooldown = var.scale_out_cooldown

    dynamic "predefined_metric_specification" {
      for_each = local.predefined_metric_type[*]

      content {
        predefined_metric_type = predefined_metric_specification.value
      }
    }

    dynamic "customized_metric_specification" {
      for_each = local.predefined_metric_type == null ? [true] : []

      content {
        namespace   = one(local.custom_metrics[*].namespace)
        metric_name = one(local.custom_metrics[*].metric_name)
        statistic   = one(local.custom_metrics[*].statistic)
        unit        = one(local.custom_metrics[*].unit)

        dynamic "dimensions" {
          for_each = merge(local.custom_metrics[*].dimensions...)

          content {
            name  = dimensions.key
            value = dimensions.value
          }
        }

        dynamic "metrics" {
          for_each = local.queries

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

  lifecycle {
    replace_triggered_by = [terraform_data.registration]
  }
}

# AWS creates new alarms whenever the policy changes, but hashicorp/aws plans the old ARNs. A resource that uses them
# and changes at the same time would fail with "Provider produced inconsistent final plan". This resource is replaced
# with each change of the policy, so its id is unknown at plan, and outputs.tf makes the ARNs depend on the id.
resource "terraform_data" "policy_alarms" {
  lifecycle {
    replace_triggered_by = [aws_appautoscaling_policy.concurrency]
  }
}

# A weighted metric has a value every minute. The guard adds detection within ten seconds for the worst case: it scales
# out if the fullest instance has more requests than even the largest type should, and never scales in.
resource "aws_appautoscaling_policy" "guard" {
  count = local.has_guard ? 1 : 0

  name               = "${module.endpoint.name}-guard"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = module.endpoint.scalable_target.service_namespace
  scalable_dimension = module.endpoint.scalable_target.scalable_dimension
  resource_id        = module.endpoint.scalable_target.resource_id

  target_tracking_scaling_policy_configuration {
    disable_scale_in   = true
    target_value       = local.largest_target
    scale_in_cooldown  = var.scale_in_cooldown
    scale_out_cooldown = var.scale_out_cooldown

    predefined_metric_specification {
      predefined_metric_type = local.high_resolution
    }
  }

  # AWS may refuse a change of a scalable target while another one is pending. It also refuses two policies on the same
  # predefined metric: the guard is created after the other policy has left that metric, and destroyed before the other
  # policy returns to it.
  depends_on = [aws_appautoscaling_policy.concurrency]

  lifecycle {
    replace_triggered_by = [terraform_data.registration]
  }
}
