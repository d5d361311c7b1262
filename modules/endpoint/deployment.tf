# How an update reaches the fleet.

locals {
  # All at once, and nothing beside it, is what SageMaker does by itself (blue/green): that is no configuration.
  deployment_chosen = anytrue([
    var.deployment.strategy != "ALL_AT_ONCE",
    length(var.deployment.rollback_alarm_names) > 0,
    var.deployment.maximum_execution_timeout != null,
    var.deployment.termination_wait != null,
  ])
  deployment_config = !local.deployment_chosen ? null : {
    auto_rollback_configuration = length(var.deployment.rollback_alarm_names) == 0 ? null : {
      alarms = [for name in var.deployment.rollback_alarm_names : { alarm_name = name }]
    }
    blue_green_update_policy = var.deployment.strategy == "ROLLING" ? null : {
      maximum_execution_timeout_in_seconds = var.deployment.maximum_execution_timeout
      termination_wait_in_seconds          = var.deployment.termination_wait
      traffic_routing_configuration = {
        canary_size              = var.deployment.strategy == "CANARY" ? var.deployment.step : null
        linear_step_size         = var.deployment.strategy == "LINEAR" ? var.deployment.step : null
        type                     = var.deployment.strategy
        wait_interval_in_seconds = var.deployment.strategy == "ALL_AT_ONCE" ? 0 : var.deployment.wait_interval # required, though there is no second step
      }
    }
    rolling_update_policy = var.deployment.strategy != "ROLLING" ? null : {
      maximum_batch_size                   = var.deployment.step
      maximum_execution_timeout_in_seconds = var.deployment.maximum_execution_timeout
      rollback_maximum_batch_size          = var.deployment.rollback_step
      wait_interval_in_seconds             = var.deployment.wait_interval
    }
  }
}

# What is left out of a deployment stays with the endpoint: awscc plans the last value of an attribute without one, and
# sends it with the next update (docs/traps.md). By what the endpoint is about to have, that is refused before.
locals {
  planned_blue_green = try(awscc_sagemaker_endpoint.this.deployment_config.blue_green_update_policy, null)
  planned_rolling    = try(awscc_sagemaker_endpoint.this.deployment_config.rolling_update_policy, null)
  deployment_planned = {
    "a strategy other than ROLLING" = local.planned_blue_green != null
    "maximum_execution_timeout"     = try(local.planned_blue_green.maximum_execution_timeout_in_seconds, local.planned_rolling.maximum_execution_timeout_in_seconds, null) != null
    "rollback alarms"               = try(length(awscc_sagemaker_endpoint.this.deployment_config.auto_rollback_configuration.alarms) > 0, false)
    "rollback_step"                 = try(local.planned_rolling.rollback_maximum_batch_size, null) != null
    "strategy = \"CANARY\""         = try(local.planned_blue_green.traffic_routing_configuration.canary_size, null) != null
    "strategy = \"LINEAR\""         = try(local.planned_blue_green.traffic_routing_configuration.linear_step_size, null) != null
    "strategy = \"ROLLING\""        = local.planned_rolling != null
    "termination_wait"              = try(local.planned_blue_green.termination_wait_in_seconds > 0, false) # 0 is SageMaker's own
  }
  deployment_requested = {
    "a strategy other than ROLLING" = var.deployment.strategy != "ROLLING"
    "maximum_execution_timeout"     = var.deployment.maximum_execution_timeout != null
    "rollback alarms"               = length(var.deployment.rollback_alarm_names) > 0
    "rollback_step"                 = var.deployment.rollback_step != null
    "strategy = \"CANARY\""         = var.deployment.strategy == "CANARY"
    "strategy = \"LINEAR\""         = var.deployment.strategy == "LINEAR"
    "strategy = \"ROLLING\""        = var.deployment.strategy == "ROLLING"
    "termination_wait"              = var.deployment.termination_wait != null
  }
  deployment_removed = [for part, planned in local.deployment_planned : part if planned && !local.deployment_requested[part]]
}

# The most and the least instances that the bounds allow, at any time.
locals {
  most_instances  = max([for bounds in concat([var.capacity], values(var.schedules)) : coalesce(bounds.max, var.capacity.max)]...)
  least_instances = min([for bounds in concat([var.capacity], values(var.schedules)) : coalesce(bounds.min, var.capacity.min)]...)
}

# A step is a share of the instances that run as the update begins, also where it is a number of them
# (TrafficRoutingConfig, RollingUpdatePolicy).
check "deployment_step" {
  assert {
    condition = try(var.deployment.step.type != "INSTANCE_COUNT", true) ? true : (
      var.deployment.step.value <= local.least_instances / 2 &&
      var.deployment.step.value >= local.most_instances * lookup({ LINEAR = 0.1, ROLLING = 0.05 }, var.deployment.strategy, 0)
    )
    error_message = "Set deployment.step in CAPACITY_PERCENT: SageMaker takes a step of instances only if it is at most half of those that run as the update begins, and at least 10 percent of them for LINEAR, 5 percent for ROLLING. The endpoint ${var.name} may have ${local.least_instances} to ${local.most_instances}."
  }
}

# The state keeps when the endpoint was created or adopted, and under which variant_name. Both start anew with a
# replacement of the endpoint.
resource "terraform_data" "creation" {
  input            = { planned_at = plantimestamp(), variant_name = var.variant.variant_name }
  triggers_replace = awscc_sagemaker_endpoint.this.id

  lifecycle {
    ignore_changes = [input]
  }
}

# The time of the plan that brought the data capture.
resource "terraform_data" "data_capture" {
  input            = plantimestamp()
  triggers_replace = local.data_capture_config

  lifecycle {
    ignore_changes = [input]
  }
}

# An endpoint retains its data capture as it retains its count (VariantProperty), and the schema that awscc reads it by
# does not have it.
check "data_capture" {
  assert {
    condition     = terraform_data.data_capture.input != plantimestamp() || terraform_data.creation.input.planned_at == plantimestamp()
    error_message = "Ask `aws sagemaker describe-endpoint --endpoint-name ${var.name}` for DataCaptureConfig after this update: SageMaker may go on capturing as before, whatever data_capture says. docs/traps.md says how to change it then."
  }
}

# Only the plan and the apply of an update say it: how many instances there are, neither provider can tell.
check "update_without_instances" {
  assert {
    condition = (
      local.least_instances > 0 ||
      terraform_data.revision[local.types].input != plantimestamp() ||
      terraform_data.creation.input.planned_at == plantimestamp()
    )
    error_message = "Send a request after this update: the endpoint ${var.name} may have no instance, and then the update starts no container. An image that does not start passes, and shows only when a request wakes the endpoint."
  }
}
