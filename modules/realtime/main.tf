module "endpoint" {
  source = "../endpoint"

  capacity                  = var.capacity
  container_startup_timeout = var.container_startup_timeout
  inference_ami_version     = var.inference_ami_version
  instance_pools            = var.instance_pools
  model_download_timeout    = var.model_download_timeout
  model_name                = var.model_name
  name                      = var.name
  provision_timeout         = var.provision_timeout
  routing_strategy          = var.routing_strategy
  suspended                 = var.suspended
  tags                      = var.tags
  variant_name              = var.variant_name
  volume_kms_key_id         = var.volume_kms_key_id
  volume_size_gb            = var.volume_size_gb
}

locals {
  max_concurrencies = [for pool in var.instance_pools : coalesce(pool.max_concurrency, 1)]

  # The predefined metric takes all instances for equal. Pools that are not need the weighted one.
  weighted = length(distinct(local.max_concurrencies)) > 1

  target_value = local.weighted ? var.target_utilization : local.max_concurrencies[0] * var.target_utilization

  # hottest_pool: the fullest instance of any type, as a share of what that type sustains. A type without
  # instances has no series and is passed over; a constant divisor would dilute the others
  # (docs/decisions/0005).
  weighted_queries = concat(
    [
      for index, pool in var.instance_pools : {
        id            = "concurrency_${index + 1}"
        expression    = null
        instance_type = pool.instance_type
        label         = "Concurrent requests, ${pool.instance_type}"
      }
    ],
    [{
      id            = "utilization"
      expression    = "MAX([${join(", ", [for index, limit in local.max_concurrencies : "concurrency_${index + 1}/${limit}"])}])"
      instance_type = null
      label         = "Utilization of the fullest instance type"
    }],
  )
}

# Replaced with the scalable target, whose deregistration deletes its policies.
resource "terraform_data" "instance_types" {
  input = module.endpoint.instance_types
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
      for_each = local.weighted ? [] : [true]

      content {
        predefined_metric_type = "SageMakerVariantConcurrentRequestsPerModelHighResolution"
      }
    }

    dynamic "customized_metric_specification" {
      for_each = local.weighted ? [true] : []

      content {
        dynamic "metrics" {
          for_each = local.weighted_queries

          content {
            id          = metrics.value.id
            expression  = metrics.value.expression
            label       = metrics.value.label
            return_data = metrics.value.expression != null

            dynamic "metric_stat" {
              for_each = metrics.value.instance_type[*]

              content {
                stat = "Maximum"

                metric {
                  namespace   = "AWS/SageMaker"
                  metric_name = "ConcurrentRequestsPerModel"

                  dimensions {
                    name  = "EndpointName"
                    value = module.endpoint.name
                  }
                  dimensions {
                    name  = "VariantName"
                    value = module.endpoint.variant_name
                  }
                  dimensions {
                    name  = "InstanceType"
                    value = metric_stat.value
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
    replace_triggered_by = [terraform_data.instance_types]
  }
}
