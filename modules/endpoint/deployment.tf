# How SageMaker rolls out an update.

locals {
  # Null if the input asks only for what SageMaker does without a configuration: everything at once, blue/green.
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
        wait_interval_in_seconds = var.deployment.strategy == "ALL_AT_ONCE" ? 0 : var.deployment.wait_interval # SageMaker requires it even without a second step
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

# An endpoint keeps a setting of its deployment that the input no longer has: awscc plans the last value of such an
# attribute and sends it with the next update (docs/traps.md). So what awscc plans is compared with the input, and
# outputs.tf refuses the difference.
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
    "termination_wait"              = try(local.planned_blue_green.termination_wait_in_seconds > 0, false) # 0 is SageMaker's default
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

# The most and the fewest instances that capacity and the schedules ever allow.
locals {
  most_instances  = max([for bounds in concat([var.capacity], values(var.schedules)) : coalesce(bounds.max, var.capacity.max)]...)
  least_instances = min([for bounds in concat([var.capacity], values(var.schedules)) : coalesce(bounds.min, var.capacity.min)]...)
}

# LINEAR and ROLLING wait between every two steps. A step is at least one instance, and for LINEAR 10 percent of all, for
# ROLLING 5 (WaitIntervalInSeconds, LinearStepSize and MaximumBatchSize of TrafficRoutingConfig and RollingUpdatePolicy
# in the SageMaker API).
locals {
  update_waits = try(coalesce(var.deployment.termination_wait, 0) + var.deployment.wait_interval * (
    var.deployment.strategy == "ALL_AT_ONCE" ? 0 :
    var.deployment.strategy == "CANARY" ? 1 :
    ceil(min(
      local.most_instances,
      var.deployment.strategy == "LINEAR" ? 10 : 20,
      (var.deployment.step.type == "CAPACITY_PERCENT" ? 100 : local.most_instances) / var.deployment.step.value,
    )) - 1
  ), 0)
}

# SageMaker limits a step to a share of the instances that run when the update begins, even if the step is a number of
# instances (TrafficRoutingConfig, RollingUpdatePolicy in the SageMaker API).
check "deployment_step" {
  assert {
    condition = try(var.deployment.step.type != "INSTANCE_COUNT", true) ? true : (
      var.deployment.step.value <= local.least_instances / 2 &&
      var.deployment.step.value >= local.most_instances * lookup({ LINEAR = 0.1, ROLLING = 0.05 }, var.deployment.strategy, 0)
    )
    error_message = "Set deployment.step in CAPACITY_PERCENT: SageMaker refuses a step in INSTANCE_COUNT that is more than half of the instances that run when the update begins, or less than 10 percent of them for LINEAR or 5 percent for ROLLING. The endpoint ${var.name} may have ${local.least_instances} to ${local.most_instances}."
  }
}

# This resource keeps in the state when the endpoint was created or imported, and with which variant_name. It is
# replaced with the endpoint.
resource "terraform_data" "creation" {
  input            = { planned_at = plantimestamp(), variant_name = var.variant.variant_name }
  triggers_replace = awscc_sagemaker_endpoint.this.id

  lifecycle {
    ignore_changes = [input]
  }
}

# This resource keeps the time of the plan that last changed the data capture.
resource "terraform_data" "data_capture" {
  input            = plantimestamp()
  triggers_replace = local.data_capture_config

  lifecycle {
    ignore_changes = [input]
  }
}

# SageMaker may keep the old data capture at an update, as it keeps the instance count (VariantProperty in the SageMaker
# API). awscc cannot read it from the endpoint, so this check can only warn.
check "data_capture" {
  assert {
    condition     = terraform_data.data_capture.input != plantimestamp() || terraform_data.creation.input.planned_at == plantimestamp()
    error_message = "Check DataCaptureConfig in `aws sagemaker describe-endpoint --endpoint-name ${var.name}` after this update: SageMaker may ignore the change of data_capture. docs/traps.md says how to change it then."
  }
}

# Neither provider reads how many instances run, so this check warns at every update of an endpoint that may have none.
check "update_without_instances" {
  assert {
    condition = (
      local.least_instances > 0 ||
      terraform_data.revision[local.types].input != plantimestamp() ||
      terraform_data.creation.input.planned_at == plantimestamp()
    )
    error_message = "Send a request after this update: the endpoint ${var.name} may have no instance, and then the update starts no container. An image that cannot start fails only when a request wakes the endpoint."
  }
}
