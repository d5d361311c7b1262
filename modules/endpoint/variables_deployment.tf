variable "deployment" {
  description = "How SageMaker rolls out an update."
  type        = any
  nullable    = false

  validation {
    condition     = contains(["ALL_AT_ONCE", "CANARY", "LINEAR", "ROLLING"], var.deployment.strategy)
    error_message = "Set deployment.strategy to ALL_AT_ONCE, CANARY, LINEAR or ROLLING."
  }

  validation {
    condition     = (var.deployment.strategy == "ALL_AT_ONCE") == (var.deployment.step == null)
    error_message = "Set deployment.step for CANARY, LINEAR and ROLLING, and omit it for ALL_AT_ONCE."
  }

  validation {
    condition = alltrue([
      for step in [var.deployment.step, var.deployment.rollback_step] : step == null ? true : try(
        contains(["INSTANCE_COUNT", "CAPACITY_PERCENT"], step.type) && step.value >= 1 && step.value <= 2147483647 && floor(step.value) == step.value, false
      )
    ])
    error_message = "Set deployment.step and rollback_step to { type = \"INSTANCE_COUNT\" or \"CAPACITY_PERCENT\", value = a whole number, 1 or more }."
  }

  validation {
    condition = (
      var.deployment.step == null ? true :
      var.deployment.step.type == "CAPACITY_PERCENT" ? try(
        var.deployment.strategy == "ROLLING" ? var.deployment.step.value >= 5 && var.deployment.step.value <= 50 :
        var.deployment.strategy == "CANARY" ? var.deployment.step.value <= 50 :
        var.deployment.step.value >= 10 && var.deployment.step.value <= 50, true
      ) : true
    )
    error_message = "Set deployment.step to a share that the strategy allows: a canary at most 50 percent, a linear step 10 to 50 percent, a rolling batch 5 to 50 percent."
  }

  validation {
    condition     = var.deployment.rollback_step == null || var.deployment.strategy == "ROLLING"
    error_message = "Remove deployment.rollback_step, or set deployment.strategy to ROLLING."
  }

  validation {
    condition     = var.deployment.termination_wait == null || var.deployment.strategy != "ROLLING"
    error_message = "Remove deployment.termination_wait: a ROLLING update has no old fleet to keep."
  }

  validation {
    condition = alltrue([
      for seconds in [var.deployment.termination_wait, var.deployment.wait_interval] :
      seconds == null ? true : seconds >= 0 && seconds <= 3600 && floor(seconds) == seconds
    ])
    error_message = "Set deployment.termination_wait and wait_interval to whole numbers of seconds from 0 to 3600."
  }

  validation {
    condition = (
      var.deployment.maximum_execution_timeout == null ? true :
      var.deployment.maximum_execution_timeout >= 600 && var.deployment.maximum_execution_timeout <= 28800 &&
      floor(var.deployment.maximum_execution_timeout) == var.deployment.maximum_execution_timeout
    )
    error_message = "Set deployment.maximum_execution_timeout to a whole number of seconds from 600 to 28800."
  }

  validation {
    condition = (
      length(var.deployment.rollback_alarm_names) <= 10 &&
      length(distinct(var.deployment.rollback_alarm_names)) == length(var.deployment.rollback_alarm_names) &&
      alltrue([
        for name in var.deployment.rollback_alarm_names :
        try(can(regex("^.*\\S.*$", name)) && length(name) <= 255 && !startswith(name, "arn:"), false)
      ])
    )
    error_message = "Set deployment.rollback_alarm_names to one to ten different names of alarms, not ARNs."
  }

  validation {
    condition = !var.marketplace ? true : (
      var.deployment.strategy == "ALL_AT_ONCE" && length(var.deployment.rollback_alarm_names) == 0 && var.deployment.termination_wait == null
    )
    error_message = "Remove deployment: SageMaker updates the model of an AWS Marketplace package all at once only, without rollback alarms or waiting."
  }

  validation {
    condition     = try(var.deployment.rollback_step.type != "CAPACITY_PERCENT" || var.deployment.rollback_step.value <= 100, true)
    error_message = "Lower deployment.rollback_step to at most 100 percent."
  }

  validation {
    condition = try(var.deployment.step.type != "INSTANCE_COUNT", true) ? true : try(
      var.deployment.step.value <= local.most_instances / 2, true
    )
    error_message = "Lower deployment.step to at most half of capacity.max instances, or set it in CAPACITY_PERCENT: SageMaker refuses larger steps."
  }
}

variable "marketplace" {
  description = "Whether the model is from an AWS Marketplace package. SageMaker has no deployment guardrails for such a model, so `deployment` must be omitted."
  type        = bool
  nullable    = false
}
