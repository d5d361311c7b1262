variable "async_inference" {
  description = <<-EOT
    Makes the endpoint asynchronous. Null for a real-time endpoint.
    - `error_topic_arn`, `success_topic_arn`: SNS topics notified of each failed and each completed request.
    - `include_inference_response_in`: topics whose messages carry the response itself: `SUCCESS_NOTIFICATION_TOPIC`, `ERROR_NOTIFICATION_TOPIC`.
    - `max_concurrent_invocations_per_instance`: requests that one instance processes at a time, 1-1000; null leaves the choice to SageMaker.
    - `output_kms_key_id`: key that encrypts the results; null for the bucket's own encryption.
    - `s3_failure_path`, `s3_output_path`: S3 URIs below which failures and results are written.
  EOT
  type = object({
    error_topic_arn                         = optional(string)
    include_inference_response_in           = optional(list(string), [])
    max_concurrent_invocations_per_instance = optional(number)
    output_kms_key_id                       = optional(string)
    s3_failure_path                         = optional(string)
    s3_output_path                          = string
    success_topic_arn                       = optional(string)
  })
  default = null

  validation {
    condition = var.async_inference == null ? true : alltrue([
      for path in [var.async_inference.s3_output_path, var.async_inference.s3_failure_path] :
      path == null || can(regex("^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?$", path))
    ])
    error_message = "Write s3_output_path and s3_failure_path as S3 URIs, such as s3://bucket/out/."
  }

  validation {
    condition     = var.async_inference == null ? true : var.async_inference.s3_output_path != null
    error_message = "Set s3_output_path: an asynchronous endpoint has nowhere else to put its results."
  }

  validation {
    condition = var.async_inference == null ? true : alltrue([
      for path in [var.async_inference.s3_output_path, var.async_inference.s3_failure_path] : length(coalesce(path, "-")) <= 512
    ])
    error_message = "Shorten s3_output_path and s3_failure_path: SageMaker takes at most 512 characters."
  }

  validation {
    condition = var.async_inference == null ? true : alltrue([
      for arn in [var.async_inference.success_topic_arn, var.async_inference.error_topic_arn] :
      arn == null || can(regex("^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[a-zA-Z0-9_-]{1,256}$", arn))
    ])
    error_message = "Give success_topic_arn and error_topic_arn as ARNs of standard SNS topics (arn:aws:sns:REGION:ACCOUNT:NAME)."
  }

  validation {
    condition = var.async_inference == null ? true : alltrue([
      for topic in var.async_inference.include_inference_response_in : topic == "ERROR_NOTIFICATION_TOPIC" || topic == "SUCCESS_NOTIFICATION_TOPIC"
    ])
    error_message = "Use only SUCCESS_NOTIFICATION_TOPIC and ERROR_NOTIFICATION_TOPIC in include_inference_response_in."
  }

  validation {
    condition = var.async_inference == null ? true : alltrue([
      for topic in var.async_inference.include_inference_response_in :
      topic == "SUCCESS_NOTIFICATION_TOPIC" ? var.async_inference.success_topic_arn != null : topic == "ERROR_NOTIFICATION_TOPIC" ? var.async_inference.error_topic_arn != null : true
    ])
    error_message = "Set success_topic_arn or error_topic_arn for each topic named in include_inference_response_in, or remove it there."
  }

  validation {
    condition = var.async_inference == null ? true : (
      length(distinct(var.async_inference.include_inference_response_in)) == length(var.async_inference.include_inference_response_in)
    )
    error_message = "Name each topic once in include_inference_response_in."
  }

  validation {
    condition = var.async_inference == null ? true : (
      var.async_inference.max_concurrent_invocations_per_instance == null ? true :
      var.async_inference.max_concurrent_invocations_per_instance >= 1 &&
      var.async_inference.max_concurrent_invocations_per_instance <= 1000 &&
      floor(var.async_inference.max_concurrent_invocations_per_instance) == var.async_inference.max_concurrent_invocations_per_instance
    )
    error_message = "Set max_concurrent_invocations_per_instance to a whole number from 1 to 1000, or leave it out."
  }

  validation {
    condition     = try(var.async_inference.output_kms_key_id, null) == null ? true : can(regex("^[a-zA-Z0-9:/_-]+$", var.async_inference.output_kms_key_id)) && length(var.async_inference.output_kms_key_id) <= 2048
    error_message = "Give output_kms_key_id as a key id, key ARN or alias."
  }
}

variable "capacity" {
  description = <<-EOT
    Bounds of the instance count, over all pools together.
    - `min`, `max`: the bounds of Application Auto Scaling.
    - `initial`: count at the first creation, at least 1; null means the larger of `min` and 1. Not read again afterwards: updates keep the live count.
  EOT
  type = object({
    initial = optional(number)
    max     = number
    min     = number
  })
  nullable = false

  validation {
    condition     = alltrue([for count in [var.capacity.min, var.capacity.max, coalesce(var.capacity.initial, 1)] : try(floor(count) == count && count <= 2147483647, false)])
    error_message = "Use whole numbers of instances for capacity.min, capacity.max and capacity.initial."
  }

  validation {
    condition     = try(var.capacity.min >= 0, true)
    error_message = "Set capacity.min to 0 or more."
  }

  validation {
    condition     = try(var.capacity.min <= var.capacity.max, true)
    error_message = "Raise capacity.max to at least capacity.min, or lower capacity.min: min is over max."
  }

  validation {
    condition     = try(var.capacity.max >= 1, true)
    error_message = "Set capacity.max to 1 or more: an endpoint that may never have an instance serves nothing."
  }

  validation {
    condition = var.capacity.initial == null ? true : (
      try(var.capacity.initial >= max(var.capacity.min, 1) && var.capacity.initial <= var.capacity.max, true)
    )
    error_message = "Set capacity.initial between capacity.min (and at least 1: SageMaker creates no endpoint without an instance) and capacity.max, or leave it out."
  }

  validation {
    condition     = var.async_inference != null || try(var.capacity.min != 0, true)
    error_message = "Set capacity.min to 1 or more, or set async_inference: a real-time endpoint never scales to zero."
  }
}

variable "container_startup_timeout" {
  description = "Seconds that a container may take until its health check passes, 60-3600. A ceiling: a container that is ready earlier serves earlier."
  type        = number
  default     = 300
  nullable    = false

  validation {
    condition     = var.container_startup_timeout >= 60 && var.container_startup_timeout <= 3600 && floor(var.container_startup_timeout) == var.container_startup_timeout
    error_message = "Set container_startup_timeout to a whole number of seconds from 60 to 3600."
  }
}

variable "data_capture" {
  description = <<-EOT
    Records requests and responses in S3. Null for none.
    - `destination_s3_uri`: where; the model's role writes there.
    - `initial_sampling_percentage`: share of the requests, 0-100.
    - `kms_key_id`: key that encrypts the records; null for the bucket's own encryption.
    - `modes`: what is recorded, of `Input` and `Output`.
  EOT
  type = object({
    destination_s3_uri          = string
    initial_sampling_percentage = optional(number, 100)
    kms_key_id                  = optional(string)
    modes                       = optional(list(string), ["Input", "Output"])
  })
  default = null

  validation {
    condition     = var.data_capture == null ? true : try(can(regex("^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?$", var.data_capture.destination_s3_uri)) && length(var.data_capture.destination_s3_uri) <= 512, false)
    error_message = "Write data_capture.destination_s3_uri as an S3 URI of at most 512 characters, such as s3://bucket/capture/."
  }

  validation {
    condition = var.data_capture == null ? true : try(
      length(var.data_capture.modes) >= 1 &&
      length(distinct(var.data_capture.modes)) == length(var.data_capture.modes) &&
      alltrue([for mode in var.data_capture.modes : contains(["Input", "Output"], mode)]), false
    )
    error_message = "Use Input, Output or both, each once, in data_capture.modes."
  }

  validation {
    condition     = var.data_capture == null ? true : var.data_capture.initial_sampling_percentage >= 0 && var.data_capture.initial_sampling_percentage <= 100 && floor(var.data_capture.initial_sampling_percentage) == var.data_capture.initial_sampling_percentage
    error_message = "Set data_capture.initial_sampling_percentage to a whole number from 0 to 100."
  }

  validation {
    condition     = try(var.data_capture.kms_key_id, null) == null ? true : can(regex("^[a-zA-Z0-9:/_-]+$", var.data_capture.kms_key_id)) && length(var.data_capture.kms_key_id) <= 2048
    error_message = "Give data_capture.kms_key_id as a key id, key ARN or alias."
  }
}

variable "deployment" {
  description = <<-EOT
    How an update reaches the fleet. Null leaves it to SageMaker: everything at once, on a second fleet (blue/green). You can change what an existing endpoint has, but not remove it.
    - `strategy`: `ALL_AT_ONCE`, `CANARY` (a part first), `LINEAR` (in equal steps), all three on a second fleet, or `ROLLING` (in batches, in place).
    - `step`: size of the canary, the linear step or the rolling batch, as `{ type = "INSTANCE_COUNT" or "CAPACITY_PERCENT", value }`.
    - `wait_interval`: seconds between two steps, 0-3600, while the rollback alarms watch.
    - `rollback_alarm_names`: one to ten CloudWatch alarms that roll the update back. Without any, nothing does.
    - `rollback_step`: size of a rolling batch on the way back; null for everything at once.
    - `termination_wait`: seconds that the old fleet stays after the new one has taken over, 0-3600. Not for `ROLLING`.
    - `maximum_execution_timeout`: seconds that the whole update may take, 600-28800.
  EOT
  type = object({
    maximum_execution_timeout = optional(number)
    rollback_alarm_names      = optional(list(string), [])
    rollback_step = optional(object({
      type  = string
      value = number
    }))
    step = optional(object({
      type  = string
      value = number
    }))
    strategy         = optional(string, "ALL_AT_ONCE")
    termination_wait = optional(number)
    wait_interval    = optional(number, 300)
  })
  default = null

  validation {
    condition     = var.deployment == null ? true : contains(["ALL_AT_ONCE", "CANARY", "LINEAR", "ROLLING"], var.deployment.strategy)
    error_message = "Set deployment.strategy to ALL_AT_ONCE, CANARY, LINEAR or ROLLING."
  }

  validation {
    condition     = var.deployment == null ? true : (var.deployment.strategy == "ALL_AT_ONCE") == (var.deployment.step == null)
    error_message = "Set deployment.step for CANARY, LINEAR and ROLLING, and leave it out for ALL_AT_ONCE."
  }

  validation {
    condition = var.deployment == null ? true : alltrue([
      for step in [var.deployment.step, var.deployment.rollback_step] : step == null ? true : try(
        contains(["INSTANCE_COUNT", "CAPACITY_PERCENT"], step.type) && step.value >= 1 && step.value <= 2147483647 && floor(step.value) == step.value, false
      )
    ])
    error_message = "Give deployment.step and rollback_step as { type = \"INSTANCE_COUNT\" or \"CAPACITY_PERCENT\", value = a whole number, 1 or more }."
  }

  validation {
    condition = var.deployment == null ? true : (
      var.deployment.step == null ? true :
      var.deployment.step.type == "CAPACITY_PERCENT" ? try(
        var.deployment.strategy == "ROLLING" ? var.deployment.step.value >= 5 && var.deployment.step.value <= 50 :
        var.deployment.strategy == "CANARY" ? var.deployment.step.value <= 50 :
        var.deployment.step.value >= 10 && var.deployment.step.value <= 50, true
      ) : true
    )
    error_message = "Set deployment.step to a share that the strategy takes: a canary at most 50 percent, a linear step 10 to 50 percent, a rolling batch 5 to 50 percent."
  }

  validation {
    condition     = var.deployment == null ? true : var.deployment.rollback_step == null || var.deployment.strategy == "ROLLING"
    error_message = "Leave deployment.rollback_step out unless deployment.strategy is ROLLING."
  }

  validation {
    condition     = var.deployment == null ? true : var.deployment.termination_wait == null || var.deployment.strategy != "ROLLING"
    error_message = "Leave deployment.termination_wait out for ROLLING: there is no second fleet to keep."
  }

  validation {
    condition = var.deployment == null ? true : alltrue([
      for seconds in [var.deployment.termination_wait, var.deployment.wait_interval] :
      seconds == null ? true : seconds >= 0 && seconds <= 3600 && floor(seconds) == seconds
    ])
    error_message = "Set deployment.termination_wait and wait_interval to whole numbers of seconds from 0 to 3600."
  }

  validation {
    condition = var.deployment == null ? true : (
      var.deployment.maximum_execution_timeout == null ? true :
      var.deployment.maximum_execution_timeout >= 600 && var.deployment.maximum_execution_timeout <= 28800 &&
      floor(var.deployment.maximum_execution_timeout) == var.deployment.maximum_execution_timeout
    )
    error_message = "Set deployment.maximum_execution_timeout to a whole number, 600 to 28800 seconds."
  }

  validation {
    condition = var.deployment == null ? true : (
      length(var.deployment.rollback_alarm_names) <= 10 &&
      length(distinct(var.deployment.rollback_alarm_names)) == length(var.deployment.rollback_alarm_names) &&
      alltrue([
        for name in var.deployment.rollback_alarm_names :
        try(can(regex("^.*\\S.*$", name)) && length(name) <= 255 && !startswith(name, "arn:"), false)
      ])
    )
    error_message = "Name one to ten different alarms in deployment.rollback_alarm_names, as their names, not their ARNs."
  }

  validation {
    condition = var.deployment == null || !var.marketplace ? true : (
      var.deployment.strategy == "ALL_AT_ONCE" && length(var.deployment.rollback_alarm_names) == 0 && var.deployment.termination_wait == null
    )
    error_message = "Leave deployment out for an AWS Marketplace package: SageMaker updates it all at once only, without rollback alarms or waiting."
  }

  validation {
    condition     = var.deployment == null ? true : try(var.deployment.rollback_step.type != "CAPACITY_PERCENT" || var.deployment.rollback_step.value <= 100, true)
    error_message = "Lower deployment.rollback_step to at most 100 percent."
  }

  validation {
    condition = var.deployment == null ? true : var.deployment.maximum_execution_timeout == null ? true : (
      var.deployment.maximum_execution_timeout >
      (var.deployment.strategy == "ALL_AT_ONCE" ? 0 : var.deployment.wait_interval) + coalesce(var.deployment.termination_wait, 0)
    )
    error_message = "Raise deployment.maximum_execution_timeout over wait_interval and termination_wait together: the update takes longer than both."
  }

  validation {
    condition = var.deployment == null ? true : try(var.deployment.step.type != "INSTANCE_COUNT", true) ? true : try(
      var.deployment.step.value <= max(concat([var.capacity.max], [for schedule in values(var.schedules) : schedule.max if schedule.max != null])...) / 2, true
    )
    error_message = "Lower deployment.step to at most half of capacity.max instances, or set it in CAPACITY_PERCENT: SageMaker takes no larger step."
  }
}

variable "ignore_tags" {
  description = "Keys of tags that the endpoint and its configuration do not get, such as a commit's hash among the aws provider's default_tags: AWS may deploy an endpoint anew for a change of its tags."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "inference_ami_version" {
  description = "Version of the AMI that the instances boot (drivers, CUDA). Null for SageMaker's default; current Deepgram packages need `al2023-ami-sagemaker-inference-gpu-4-1`."
  type        = string
  default     = null

  validation {
    condition     = var.inference_ami_version == null || can(regex("^al2[a-z0-9]*-ami-sagemaker-inference-[a-z]+-[0-9-]+$", var.inference_ami_version))
    error_message = "Give inference_ami_version as SageMaker names it, such as al2023-ami-sagemaker-inference-gpu-4-1, or leave it out."
  }
}

variable "instance_pools" {
  description = <<-EOT
    One to five instance types in priority order, the preferred one first. SageMaker provisions from the first that has capacity and releases the last first.
    - `instance_type`: SageMaker's name of the type, such as `ml.g6.2xlarge`. Every type needs its own endpoint quota: quota does not fall back.
    - `max_concurrency`: requests that one such instance sustains. Kept in plan and state, where `scaleproof simulate` reads it; nothing here depends on it.
    - `model_name_override`: a model compiled for this type, instead of the endpoint's; null for the endpoint's.
  EOT
  type = list(object({
    instance_type       = string
    max_concurrency     = optional(number)
    model_name_override = optional(string)
  }))
  nullable = false

  validation {
    condition     = length(var.instance_pools) >= 1
    error_message = "Add an instance type to instance_pools: an endpoint needs one to five."
  }

  validation {
    condition     = length(var.instance_pools) <= 5
    error_message = "Remove entries from instance_pools: SageMaker takes at most five instance types."
  }

  validation {
    condition     = try(length(distinct(var.instance_pools[*].instance_type)) == length(var.instance_pools), true)
    error_message = "Name each instance_type once in instance_pools."
  }

  validation {
    condition     = alltrue([for pool in var.instance_pools : can(regex("^ml\\.[a-z0-9]+(-[a-z0-9]+)*\\.[a-z0-9]+$", pool.instance_type))])
    error_message = "Write each instance_type of instance_pools as SageMaker names it: ml.FAMILY.SIZE, such as ml.g6.2xlarge."
  }

  validation {
    condition     = alltrue([for pool in var.instance_pools : try(!startswith(pool.instance_type, "ml.t2."), true)])
    error_message = "Remove the ml.t2 types from instance_pools: Application Auto Scaling does not scale burstable instances."
  }

  validation {
    condition     = alltrue([for pool in var.instance_pools : try(pool.model_name_override == null, true) || can(regex("^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$", pool.model_name_override))])
    error_message = "Give model_name_override of an instance pool as the name of an existing model: letters, digits and hyphens, at most 63."
  }
}

variable "marketplace" {
  description = "True for a model from an AWS Marketplace package: SageMaker has no deployment guardrails for it, so `deployment` is refused."
  type        = bool
  default     = false
  nullable    = false
}

variable "metrics_config" {
  description = <<-EOT
    What the endpoint publishes in CloudWatch. Part of the configuration: a change is an update. Null for SageMaker's defaults.
    - `enable_detailed_observability`: metrics of the container, of each GPU and of each instance, in a store of their own; null for SageMaker's default, which is on.
    - `enable_enhanced_metrics`: utilization and invocation metrics of each instance and each GPU as well, each billed as a metric of its own.
    - `metric_publish_frequency_in_seconds`: seconds between two values of the utilization metrics, with `enable_enhanced_metrics` of the invocation metrics as well: 10, 30, 60, 120, 180, 240 or 300.
  EOT
  type = object({
    enable_detailed_observability       = optional(bool)
    enable_enhanced_metrics             = optional(bool, false)
    metric_publish_frequency_in_seconds = optional(number, 60)
  })
  default = null

  validation {
    condition     = contains([10, 30, 60, 120, 180, 240, 300], try(var.metrics_config.metric_publish_frequency_in_seconds, 60))
    error_message = "Set metrics_config.metric_publish_frequency_in_seconds to 10, 30, 60, 120, 180, 240 or 300 seconds, as SageMaker takes it."
  }
}

variable "model_data_download_timeout" {
  description = "Seconds that an instance may take to download the model data, 60-3600. A ceiling; large models need up to 1800."
  type        = number
  default     = 600
  nullable    = false

  validation {
    condition     = var.model_data_download_timeout >= 60 && var.model_data_download_timeout <= 3600 && floor(var.model_data_download_timeout) == var.model_data_download_timeout
    error_message = "Set model_data_download_timeout to a whole number of seconds from 60 to 3600."
  }
}

variable "model_name" {
  description = "Name of the SageMaker model that the endpoint serves."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$", var.model_name))
    error_message = "Give model_name as the name of a SageMaker model: letters, digits and hyphens, at most 63."
  }
}

variable "name" {
  description = "Name of the endpoint, at most 54 characters. Its configurations are called the same with a short hash of their content."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9](-*[a-zA-Z0-9])*$", var.name))
    error_message = "Use only letters, digits and hyphens in name, with a letter or digit at both ends."
  }

  validation {
    condition     = length(var.name) <= 54
    error_message = "Shorten name to at most 54 characters: SageMaker takes 63 and a hyphen with a hash of 8 is appended for the configuration."
  }
}

variable "policies" {
  description = <<-EOT
    Scaling policies of your own, by name, beside those of the module. Each is exactly one of:
    - `target_tracking`: keeps a metric at `target_value`: a `predefined_metric_type` or a `custom_metric` (`namespace`, `metric_name`, `statistic`, `unit`, `dimensions`), with `scale_in_cooldown` and `scale_out_cooldown` in seconds, and `disable_scale_in`.
    - `step`: `steps` of `{ lower_bound, upper_bound, adjustment }` (bounds relative to the threshold of the alarm), `adjustment_type`, `cooldown` in seconds, `metric_aggregation_type`, `min_adjustment_magnitude` in instances (for a percentage only), and the `alarm` that drives it.
    - `alarm` of a step policy: `namespace`, `metric_name`, `statistic` and `dimensions`, evaluated over `period` seconds; `datapoints_to_alarm` of `evaluation_periods` (all, if null) compared with `threshold` by `comparison_operator`; `treat_missing_data`.
    `dimensions` left out are EndpointName and VariantName of this endpoint, for metrics of the queue EndpointName alone. Application Auto Scaling takes the largest capacity that any policy asks for.
  EOT
  type = map(object({
    step = optional(object({
      adjustment_type = optional(string, "ChangeInCapacity")
      alarm = object({
        comparison_operator = optional(string, "GreaterThanOrEqualToThreshold")
        datapoints_to_alarm = optional(number)
        dimensions          = optional(map(string))
        evaluation_periods  = optional(number, 2)
        metric_name         = string
        namespace           = optional(string, "AWS/SageMaker")
        period              = optional(number, 60)
        statistic           = optional(string, "Average")
        threshold           = number
        treat_missing_data  = optional(string, "missing")
      })
      cooldown                 = optional(number, 300)
      metric_aggregation_type  = optional(string, "Average")
      min_adjustment_magnitude = optional(number)
      steps = list(object({
        adjustment  = number
        lower_bound = optional(number)
        upper_bound = optional(number)
      }))
    }))
    target_tracking = optional(object({
      custom_metric = optional(object({
        dimensions  = optional(map(string))
        metric_name = string
        namespace   = optional(string, "AWS/SageMaker")
        statistic   = optional(string, "Average")
        unit        = optional(string)
      }))
      disable_scale_in       = optional(bool, false)
      predefined_metric_type = optional(string)
      scale_in_cooldown      = optional(number, 300)
      scale_out_cooldown     = optional(number, 300)
      target_value           = number
    }))
  }))
  default  = {}
  nullable = false

  validation {
    condition     = length(var.policies) <= 45
    error_message = "Remove entries from policies: a scalable target takes 50, of which the module keeps some."
  }

  validation {
    condition     = alltrue([for name, _ in var.policies : can(regex("^[a-zA-Z0-9]([a-zA-Z0-9_.-]*[a-zA-Z0-9])?$", name)) && length(name) <= 190])
    error_message = "Name policies with letters, digits, dots, underscores and hyphens, at most 190 characters."
  }

  validation {
    condition     = length(setintersection(keys(var.policies), ["concurrency", "guard", "backlog", "wake-up", "has-backlog-without-capacity"])) == 0
    error_message = "Rename the entries of policies that are called concurrency, guard, backlog, wake-up or has-backlog-without-capacity: the module's own are."
  }

  validation {
    condition     = alltrue([for policy in values(var.policies) : try((policy.step == null) != (policy.target_tracking == null), false)])
    error_message = "Set exactly one of step and target_tracking in each entry of policies."
  }

  validation {
    condition = alltrue([
      for policy in values(var.policies) :
      try((policy.target_tracking.custom_metric == null) != (policy.target_tracking.predefined_metric_type == null), true)
    ])
    error_message = "Set exactly one of custom_metric and predefined_metric_type in each target_tracking of policies."
  }

  validation {
    condition = alltrue([
      for policy in values(var.policies) : contains(
        ["SageMakerVariantConcurrentRequestsPerModelHighResolution", "SageMakerVariantInvocationsPerInstance"],
        coalesce(try(policy.target_tracking.predefined_metric_type, null), "SageMakerVariantInvocationsPerInstance")
      )
    ])
    error_message = "Set predefined_metric_type in policies to SageMakerVariantInvocationsPerInstance or SageMakerVariantConcurrentRequestsPerModelHighResolution, the two that scale the instances of a variant."
  }

  validation {
    condition     = alltrue([for policy in values(var.policies) : try(policy.target_tracking == null, true) ? true : try(policy.target_tracking.target_value > 0 && policy.target_tracking.target_value < pow(2, 360), false)])
    error_message = "Set target_value of each target_tracking in policies to more than 0."
  }

  validation {
    condition = alltrue(flatten([
      for policy in values(var.policies) : [
        for seconds in [
          try(policy.target_tracking.scale_in_cooldown, null), try(policy.target_tracking.scale_out_cooldown, null), try(policy.step.cooldown, null)
        ] : seconds == null ? true : seconds >= 0 && seconds <= 2147483647 && floor(seconds) == seconds
      ]
    ]))
    error_message = "Set the cooldowns in policies to whole numbers of seconds, 0 or more."
  }

  validation {
    # Two policies that track one metric pull the count to two places; AWS refuses two of one predefined type.
    condition = length(distinct([
      for policy in [for entry in values(var.policies) : try(entry.target_tracking, null)] :
      jsonencode([policy.predefined_metric_type, try(policy.custom_metric.namespace, null), try(policy.custom_metric.metric_name, null), try(policy.custom_metric.dimensions, null)])
      if policy != null
    ])) == length([for entry in values(var.policies) : entry if try(entry.target_tracking, null) != null])
    error_message = "Track each metric in one entry of policies only: two target tracking policies on one metric pull the count to two places."
  }

  validation {
    condition = alltrue([
      for policy in values(var.policies) : try(contains(["ChangeInCapacity", "ExactCapacity", "PercentChangeInCapacity"], policy.step.adjustment_type), true)
    ])
    error_message = "Set adjustment_type of each step in policies to ChangeInCapacity, ExactCapacity or PercentChangeInCapacity."
  }

  validation {
    condition     = alltrue([for policy in values(var.policies) : try(policy.step, null) == null ? true : try(length(policy.step.steps) >= 1 && length(policy.step.steps) <= 20, false)])
    error_message = "Give each step policy of policies one to twenty steps."
  }

  validation {
    condition = alltrue([
      for policy in values(var.policies) : alltrue([
        for index in range(1, max(1, try(length(policy.step.steps), 1))) :
        try(policy.step.steps[index].lower_bound == policy.step.steps[index - 1].upper_bound && policy.step.steps[index].lower_bound != null, false)
      ])
    ])
    error_message = "Write the steps of each step policy from the lowest interval up, without gap or overlap: the upper_bound of one is the lower_bound of the next."
  }

  validation {
    condition = alltrue([
      for policy in values(var.policies) : alltrue([
        for step in try(coalesce(policy.step.steps, []), []) :
        try(step.lower_bound == null || step.upper_bound == null ? step.lower_bound != null || step.upper_bound != null : step.lower_bound < step.upper_bound, false)
      ])
    ])
    error_message = "Set lower_bound, upper_bound or both, the lower below the upper, in each of the steps of policies."
  }

  validation {
    condition = alltrue([
      for policy in values(var.policies) : try(policy.step, null) == null ? true : try(
        (contains([10, 20, 30], policy.step.alarm.period) || policy.step.alarm.period >= 60 && policy.step.alarm.period % 60 == 0) &&
        policy.step.alarm.evaluation_periods >= 1 && floor(policy.step.alarm.evaluation_periods) == policy.step.alarm.evaluation_periods &&
        policy.step.alarm.period * policy.step.alarm.evaluation_periods <= 86400 &&
        coalesce(policy.step.alarm.datapoints_to_alarm, 1) >= 1 &&
        coalesce(policy.step.alarm.datapoints_to_alarm, 1) <= policy.step.alarm.evaluation_periods &&
        floor(coalesce(policy.step.alarm.datapoints_to_alarm, 1)) == coalesce(policy.step.alarm.datapoints_to_alarm, 1), false
      )
    ])
    error_message = "Set period of each alarm in policies to 10, 20, 30 or a multiple of 60 seconds, evaluation_periods to a whole number so that both multiply to at most a day, and datapoints_to_alarm to a whole number up to evaluation_periods."
  }

  validation {
    condition = alltrue([
      for policy in values(var.policies) : try(policy.step, null) == null ? true : try(
        contains(["GreaterThanOrEqualToThreshold", "GreaterThanThreshold", "LessThanOrEqualToThreshold", "LessThanThreshold"], policy.step.alarm.comparison_operator) &&
        contains(["breaching", "ignore", "missing", "notBreaching"], policy.step.alarm.treat_missing_data) &&
        contains(["Average", "Maximum", "Minimum", "SampleCount", "Sum"], policy.step.alarm.statistic), false
      )
    ])
    error_message = "Set comparison_operator, treat_missing_data and statistic of each alarm in policies to values that CloudWatch knows: GreaterThanOrEqualToThreshold, missing, Average and their like."
  }

  validation {
    condition = alltrue([
      for policy in values(var.policies) : try(
        (policy.step.steps[0].lower_bound == null ? true : policy.step.steps[0].lower_bound >= 0) &&
        (reverse(policy.step.steps)[0].upper_bound == null ? true : reverse(policy.step.steps)[0].upper_bound <= 0), true
      )
    ])
    error_message = "Leave lower_bound out of the first of the steps of policies that reach below the threshold, and upper_bound out of the last that reach above it: a metric beyond them would change nothing, and AWS refuses it."
  }

  validation {
    condition = alltrue(flatten([
      for policy in values(var.policies) : [
        for step in try(coalesce(policy.step.steps, []), []) :
        try(floor(step.adjustment) == step.adjustment && abs(step.adjustment) <= 2147483647 && (policy.step.adjustment_type != "ExactCapacity" || step.adjustment >= 0), false)
      ]
    ]))
    error_message = "Set adjustment of each of the steps of policies to a whole number, 0 or more with ExactCapacity."
  }

  validation {
    condition = alltrue([
      for policy in values(var.policies) : try(policy.step.min_adjustment_magnitude == null, true) ? true : (
        policy.step.adjustment_type == "PercentChangeInCapacity" && policy.step.min_adjustment_magnitude >= 1 &&
        policy.step.min_adjustment_magnitude <= 2147483647 && floor(policy.step.min_adjustment_magnitude) == policy.step.min_adjustment_magnitude
      )
    ])
    error_message = "Set min_adjustment_magnitude in policies to a whole number of instances, 1 or more, with PercentChangeInCapacity only."
  }

  validation {
    condition     = alltrue([for policy in values(var.policies) : try(contains(["Average", "Maximum", "Minimum"], policy.step.metric_aggregation_type), true)])
    error_message = "Set metric_aggregation_type of each step in policies to Average, Maximum or Minimum."
  }

  validation {
    condition = alltrue(flatten([
      for policy in values(var.policies) : [
        for metric in [try(policy.step.alarm, null), try(policy.target_tracking.custom_metric, null)] : metric == null ? true : (
          can(regex("^[!-9;-~][ -~]{0,254}$", metric.metric_name)) && can(regex("^[0-9A-Za-z._/#-][0-9A-Za-z._/#: -]{0,254}$", metric.namespace))
        )
      ]
    ]))
    error_message = "Give metric_name and namespace in policies as CloudWatch takes them: 1 to 255 ASCII characters that start with neither a colon nor a space."
  }

  validation {
    condition = alltrue(flatten([
      for policy in values(var.policies) : [
        for dimensions in [try(policy.step.alarm.dimensions, null), try(policy.target_tracking.custom_metric.dimensions, null)] : dimensions == null ? [true] : concat(
          [length(dimensions) <= 30],
          [for name, value in dimensions : try(can(regex("^[!-9;-~][ -~]{0,254}$", name)) && length(value) <= 1024 && can(regex("^[ -~]*[!-~][ -~]*$", value)), false)]
        )
      ]
    ]))
    error_message = "Give dimensions in policies as CloudWatch takes them: at most 30, names of 1 to 255 and values of 1 to 1024 ASCII characters."
  }

  validation {
    condition     = alltrue([for policy in values(var.policies) : try(contains(["Average", "Maximum", "Minimum", "SampleCount", "Sum"], policy.target_tracking.custom_metric.statistic), true)])
    error_message = "Set statistic of each custom_metric in policies to Average, Maximum, Minimum, SampleCount or Sum."
  }

  validation {
    condition = alltrue([
      for policy in values(var.policies) : try(policy.target_tracking.custom_metric.unit, null) == null ? true : can(regex(
        "^(None|Percent|(Micros|Millis|S)econds|(Count|((Kilo|Mega|Giga|Tera)b|B)(its|ytes))(/Second)?)$", policy.target_tracking.custom_metric.unit
      ))
    ])
    error_message = "Set unit of each custom_metric in policies to a unit of CloudWatch, such as Count, Percent or Seconds, or leave it out."
  }

  validation {
    condition     = alltrue([for policy in values(var.policies) : try(policy.step, null) == null ? true : try(abs(policy.step.alarm.threshold) < pow(2, 360), false)])
    error_message = "Set threshold of each alarm in policies to the number that its metric is compared with."
  }
}

variable "provision_timeout" {
  description = "Seconds that SageMaker looks for capacity over all instance pools together, 300-3600, before a scale-out fails. No effect with one type, which SageMaker retries indefinitely."
  type        = number
  default     = 600
  nullable    = false

  validation {
    condition     = var.provision_timeout >= 300 && var.provision_timeout <= 3600 && floor(var.provision_timeout) == var.provision_timeout
    error_message = "Set provision_timeout to a whole number of seconds from 300 to 3600."
  }
}

variable "routing_strategy" {
  description = "How requests are spread over the instances: `LEAST_OUTSTANDING_REQUESTS` or `RANDOM`. Null leaves it to SageMaker; without meaning for asynchronous endpoints, whose instances draw from the queue."
  type        = string
  default     = null

  validation {
    condition     = try(contains(["LEAST_OUTSTANDING_REQUESTS", "RANDOM"], var.routing_strategy), true)
    error_message = "Set routing_strategy to LEAST_OUTSTANDING_REQUESTS or RANDOM."
  }
}

variable "schedules" {
  description = <<-EOT
    Scheduled actions by name: at each time they set `min`, `max` or both, which bound the policies from then on.
    - `schedule`: `at(2026-12-24T18:00:00)`, `rate(1 day)` or `cron(30 7 ? * MON-FRI *)` with minute, hour, day of month, month, day of week and year.
    - `timezone`: IANA name of the time zone of `at` and `cron`, daylight saving included, such as `Europe/Berlin`.
    - `start_time`, `end_time`: RFC 3339 times (UTC) between which the schedule acts.
    Schedules own the bounds: Terraform ignores a bound that a schedule has moved. A registration of the scalable target starts with `capacity`. A change of `capacity` or of the instance types, adding the first schedule and removing the last one register the target again.
  EOT
  type = map(object({
    end_time   = optional(string)
    max        = optional(number)
    min        = optional(number)
    schedule   = string
    start_time = optional(string)
    timezone   = optional(string, "UTC")
  }))
  default  = {}
  nullable = false

  validation {
    condition     = length(var.schedules) <= 200
    error_message = "Remove entries from schedules: a scalable target takes at most 200."
  }

  validation {
    condition     = alltrue([for name, _ in var.schedules : can(regex("^[a-zA-Z0-9]([a-zA-Z0-9 _.-]*[a-zA-Z0-9])?$", name)) && length(name) <= 200])
    error_message = "Name schedules with letters, digits, spaces, dots, underscores and hyphens, at most 200 characters."
  }

  validation {
    condition = alltrue([
      for schedule in values(var.schedules) : anytrue([
        can(formatdate("YYYY", "${regex("^at\\(([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})\\)$", schedule.schedule)[0]}Z")),
        can(regex("^rate\\((1 (minute|hour|day)|([2-9]|[1-9][0-9]{1,8}) (minutes|hours|days))\\)$", schedule.schedule)),
        can(regex("^cron\\(${local.cron}\\)$", schedule.schedule)),
      ])
    ])
    error_message = "Write each schedule of schedules as at(yyyy-mm-ddThh:mm:ss), rate(1 hour), rate(5 minutes) or cron(minute hour day-of-month month day-of-week year), such as cron(30 7 ? * MON-FRI *)."
  }

  validation {
    condition = alltrue([
      for schedule in values(var.schedules) :
      try(startswith(schedule.schedule, "cron("), false) ? length(regexall("\\?", schedule.schedule)) == 1 : true
    ])
    error_message = "Put a question mark into exactly one of day of month and day of week of each cron schedule, such as cron(30 7 ? * MON-FRI *)."
  }

  validation {
    condition     = alltrue([for schedule in values(var.schedules) : can(regex("^(UTC|GMT|(${local.time_zone_areas})/[A-Za-z0-9_+/-]+)$", schedule.timezone))])
    error_message = "Give each timezone of schedules as an IANA name, AREA/CITY such as Europe/Berlin, or as UTC."
  }

  validation {
    condition     = alltrue([for schedule in values(var.schedules) : try(startswith(schedule.schedule, "rate("), false) ? schedule.timezone == "UTC" : true])
    error_message = "Remove timezone from the rate schedules: AWS reads a time zone for at and cron only."
  }

  validation {
    condition     = alltrue([for schedule in values(var.schedules) : try(schedule.min != null || schedule.max != null, false)])
    error_message = "Set min, max or both in each entry of schedules: it changes nothing otherwise."
  }

  validation {
    condition = alltrue(flatten([
      for schedule in values(var.schedules) : [
        for count in [try(schedule.min, null), try(schedule.max, null)] : count == null ? true : count >= 0 && count <= 2147483647 && floor(count) == count
      ]
    ]))
    error_message = "Use whole numbers of instances, 0 or more, for min and max of schedules."
  }

  validation {
    condition = try(alltrue([
      for schedule in values(var.schedules) : alltrue([
        for upper in(schedule.max != null ? [schedule.max] : concat([var.capacity.max], [for other in values(var.schedules) : other.max if other.max != null])) :
        alltrue([
          for lower in(schedule.min != null ? [schedule.min] : concat([var.capacity.min], [for other in values(var.schedules) : other.min if other.min != null])) :
          lower <= upper
        ])
      ])
    ]), true)
    error_message = "Set both min and max in the entry of schedules whose min is, or can come to be, over the max in force: AWS refuses such an action when its time has come, and nobody sees it."
  }

  validation {
    condition = alltrue(flatten([
      for schedule in values(var.schedules) : [
        for time in [try(schedule.start_time, null), try(schedule.end_time, null)] : time == null || can(timeadd(time, "0s"))
      ]
    ]))
    error_message = "Write start_time and end_time of schedules as RFC 3339, such as 2026-12-01T00:00:00Z."
  }

  validation {
    condition = alltrue([
      for schedule in values(var.schedules) : try(timecmp(schedule.start_time, schedule.end_time) < 0, true)
    ])
    error_message = "Move end_time of each entry of schedules behind its start_time."
  }

  validation {
    condition     = var.async_inference != null || alltrue([for schedule in values(var.schedules) : try(schedule.min != 0, true) && try(schedule.max != 0, true)])
    error_message = "Set min and max of schedules to 1 or more, or set async_inference: a real-time endpoint never scales to zero."
  }
}

variable "suspended" {
  description = "Pauses parts of the scaling without removing them: dynamic scaling `in`, dynamic scaling `out`, `scheduled` actions."
  type = object({
    in        = optional(bool, false)
    out       = optional(bool, false)
    scheduled = optional(bool, false)
  })
  default  = {}
  nullable = false
}

variable "tags" {
  description = "Tags of endpoint, configuration and scalable target, beside the aws provider's default_tags."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = length(var.tags) <= 50
    error_message = "Remove entries from tags: AWS takes at most 50."
  }

  validation {
    condition = alltrue([
      for key, value in var.tags :
      try(length(key) <= 128 && length(value) <= 256 && can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]+$", key)) && can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]*$", value)) && !startswith(lower(key), "aws:"), false)
    ])
    error_message = "Use keys of 1 to 128 characters that do not start with aws: and values of at most 256 in tags, of letters, digits, spaces and _ . : / = + - @."
  }
}

variable "variant_name" {
  description = "Name of the one production variant. AllTraffic is what SageMaker's consoles and vendors' guides assume."
  type        = string
  default     = "AllTraffic"
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$", var.variant_name))
    error_message = "Use only letters, digits and hyphens in variant_name, at most 63, with a letter or digit at both ends."
  }
}

variable "volume_kms_key_id" {
  description = "Key id, ARN or alias that encrypts the storage volumes of the instances. Refused for instance types with local NVMe storage, which hardware encrypts."
  type        = string
  default     = null

  validation {
    condition     = var.volume_kms_key_id == null ? true : can(regex("^[a-zA-Z0-9:/_-]+$", var.volume_kms_key_id)) && length(var.volume_kms_key_id) <= 2048
    error_message = "Give volume_kms_key_id as a key id, key ARN or alias."
  }

  validation {
    condition     = var.volume_kms_key_id == null || length(local.nvme_types) == 0
    error_message = "Remove volume_kms_key_id: SageMaker refuses a volume key when any type of instance_pools has local NVMe storage (g4dn, g5, g6, g6e, g7, p4d, p5, c5d, m5d, r5d and their like). That storage is encrypted by the instance's hardware."
  }
}

variable "volume_size_in_gb" {
  description = "Size of the storage volume of each instance in GiB, 1-512. Null for SageMaker's default; instance types with local NVMe storage have a fixed size."
  type        = number
  default     = null

  validation {
    condition = var.volume_size_in_gb == null ? true : (
      var.volume_size_in_gb >= 1 && var.volume_size_in_gb <= 512 && floor(var.volume_size_in_gb) == var.volume_size_in_gb
    )
    error_message = "Set volume_size_in_gb to a whole number from 1 to 512, or leave it out."
  }
}
