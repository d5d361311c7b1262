variable "capacity" {
  description = <<-EOT
    Bounds of the instance count, over all pools together.
    - `min`, `max`: the bounds of Application Auto Scaling; `min` is at least 1.
    - `initial`: count at the first creation, at least 1; null means the larger of `min` and 1. Not read again afterwards: updates keep the live count.
  EOT
  type = object({
    initial = optional(number)
    max     = number
    min     = number
  })
  nullable = false

  validation {
    condition     = try(var.capacity.min >= 1, true)
    error_message = "Set capacity.min to 1 or more: a real-time endpoint never scales to zero. To pay nothing while idle, use the asynchronous endpoint (the async input of the root module, or modules/async)."
  }
}

variable "capacity_reservation_config" {
  description = <<-EOT
    Reserved capacity that the instances start in, the other answer to a shortage beside several types. For one entry of `instance_pools` only: a reservation holds one type. Null for none.
    - `capacity_reservation_preference`: `capacity-reservations-only`: an instance that finds no room in the reservation fails to start.
    - `ml_reservation_arn`: the reservation.
  EOT
  type = object({
    capacity_reservation_preference = optional(string, "capacity-reservations-only")
    ml_reservation_arn              = string
  })
  default = null
}

variable "container_startup_timeout" {
  description = "Seconds that a container may take until its health check passes, 60-3600. A ceiling: a container that is ready earlier serves earlier."
  type        = number
  default     = 300
  nullable    = false
}

variable "core_dump_config" {
  description = <<-EOT
    Keeps a core dump in S3 when the process in a container crashes. Null for none.
    - `destination_s3_uri`: where; the model's role writes there.
    - `kms_key_id`: key that encrypts the dumps; null for the bucket's own encryption.
  EOT
  type = object({
    destination_s3_uri = string
    kms_key_id         = optional(string)
  })
  default = null
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
}

variable "enable_ssm_access" {
  description = "Lets AWS Systems Manager open a shell in the containers, for debugging. The image must contain the SSM agent, and AWS must have enabled it for the account."
  type        = bool
  default     = false
  nullable    = false
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
}

variable "instance_pools" {
  description = <<-EOT
    One to five instance types in priority order, the preferred one first. SageMaker provisions from the first that has capacity and releases the last first.
    - `instance_type`: SageMaker's name of the type, such as `ml.g6.2xlarge`. Every type needs its own endpoint quota: quota does not fall back.
    - `max_concurrency`: requests and streams in flight that one such instance sustains within your latency objective, as you measured it.
    - `model_name_override`: a model compiled for this type, instead of the endpoint's; null for the endpoint's.
  EOT
  type = list(object({
    instance_type       = string
    max_concurrency     = number
    model_name_override = optional(string)
  }))
  nullable = false

  validation {
    condition     = alltrue([for pool in var.instance_pools : try(pool.max_concurrency != null, false)])
    error_message = "Set max_concurrency for every entry of instance_pools: a real-time endpoint scales on concurrency. Measure the requests in flight that one instance of the type sustains within your latency objective."
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
    condition     = try(!var.metrics_config.enable_enhanced_metrics || var.metrics_config.metric_publish_frequency_in_seconds <= 60, true)
    error_message = "Lower metrics_config.metric_publish_frequency_in_seconds to at most 60 seconds, or leave enhanced metrics off: with them, what scaling follows is published that rarely too, and an alarm that looks at every minute finds most of them empty."
  }
}

variable "model_data_download_timeout" {
  description = "Seconds that an instance may take to download the model data, 60-3600. A ceiling; large models need up to 1800."
  type        = number
  default     = 600
  nullable    = false
}

variable "model_name" {
  description = "Name of the SageMaker model that the endpoint serves."
  type        = string
  nullable    = false
}

variable "name" {
  description = "Name of the endpoint, at most 54 characters. Its configurations are called the same with a short hash of their content."
  type        = string
  nullable    = false
}

variable "policies" {
  description = <<-EOT
    Scaling policies of your own, by name, beside those of the module. Each is exactly one of:
    - `target_tracking`: keeps a metric at `target_value`: a `predefined_metric_type` or a `custom_metric` (`namespace`, `metric_name`, `statistic`, `unit`, `dimensions`), with `scale_in_cooldown` and `scale_out_cooldown` in seconds, and `disable_scale_in`.
    - `step`: `steps` of `{ lower_bound, upper_bound, adjustment }` (bounds relative to the threshold of the alarm), `adjustment_type`, `cooldown` in seconds, `metric_aggregation_type`, `min_adjustment_magnitude` in instances (for a percentage only), and the `alarm` that drives it.
    - `alarm` of a step policy: `namespace`, `metric_name`, `statistic` and `dimensions`, evaluated over `period` seconds; `datapoints_to_alarm` of `evaluation_periods` (all, if null) compared with `threshold` by `comparison_operator`; `treat_missing_data`.
    `dimensions` left out are EndpointName and VariantName of this endpoint. Application Auto Scaling takes the largest capacity that any policy asks for.
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
    condition     = length(setintersection(local.predefined_in_use, [for policy in values(var.policies) : try(policy.target_tracking.predefined_metric_type, null)])) == 0
    error_message = "Remove the entry of policies that tracks the metric the module tracks already (ConcurrentRequestsPerModel, unless signal says otherwise), or change target_utilization or signal instead."
  }
}

variable "provision_timeout" {
  description = "Seconds that SageMaker looks for capacity over all instance pools together, 300-3600, before a scale-out fails. No effect with one type, which SageMaker retries indefinitely."
  type        = number
  default     = 600
  nullable    = false
}

variable "routing_strategy" {
  description = "How requests are spread over the instances: `LEAST_OUTSTANDING_REQUESTS` or `RANDOM`. The default keeps long streams from piling up on one instance."
  type        = string
  default     = "LEAST_OUTSTANDING_REQUESTS"
  nullable    = false
}

variable "scale_in_cooldown" {
  description = "Seconds after a scale-in before the next one. Slow by default: streams last for minutes, and instances take minutes to come back. An instance that is taken away has 30 seconds to end its streams: with the length of your longest stream, such as 1800, fewer are cut where traffic tails off. `suspended` tells how to cut none by day."
  type        = number
  default     = 300
  nullable    = false
}

variable "scale_out_cooldown" {
  description = "Seconds after a scale-out before the next one, unless more is needed. Short by default: waiting callers cost more than an early instance."
  type        = number
  default     = 60
  nullable    = false
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
    condition     = alltrue([for schedule in values(var.schedules) : try(coalesce(schedule.min, 1) >= 1 && coalesce(schedule.max, 1) >= 1, true)])
    error_message = "Set min and max of schedules to 1 or more: a real-time endpoint never scales to zero."
  }
}

variable "signal" {
  description = <<-EOT
    What scaling follows, if you do not want the choice from the pools.
    - `weighting`: how pools of unequal max_concurrency are weighted: `hottest_pool`, the fullest instance of any type, or `present_capacity`, demand over the capacity that is there.
    - `fast_guard`: beside a weighted metric, which is evaluated every minute, a scale-out on the ten-second metric at the largest pool's target.
    - `predefined_metric_type`: a predefined metric instead of the chosen one, unequal pools or not.
    - `custom_metric`: a metric of your own (`namespace`, `metric_name`, `statistic`, `unit`, `dimensions`; the default dimensions are EndpointName and VariantName).
    - `target_value`: target in the unit of the metric. Needed with `custom_metric` and with SageMakerVariantInvocationsPerInstance; otherwise it replaces the derived one.
  EOT
  type = object({
    custom_metric = optional(object({
      dimensions  = optional(map(string))
      metric_name = string
      namespace   = optional(string, "AWS/SageMaker")
      statistic   = optional(string, "Average")
      unit        = optional(string)
    }))
    fast_guard             = optional(bool, true)
    predefined_metric_type = optional(string)
    target_value           = optional(number)
    weighting              = optional(string, "hottest_pool")
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["hottest_pool", "present_capacity"], var.signal.weighting)
    error_message = "Set signal.weighting to hottest_pool or present_capacity."
  }

  validation {
    condition     = var.signal.custom_metric == null || var.signal.predefined_metric_type == null
    error_message = "Set only one of signal.custom_metric and signal.predefined_metric_type."
  }

  validation {
    condition     = var.signal.target_value != null || (var.signal.custom_metric == null && coalesce(var.signal.predefined_metric_type, "-") != "SageMakerVariantInvocationsPerInstance")
    error_message = "Set signal.target_value: max_concurrency says nothing about a custom metric or about invocations."
  }

  validation {
    condition     = coalesce(var.signal.target_value, 1) > 0 && coalesce(var.signal.target_value, 1) < pow(2, 360)
    error_message = "Set signal.target_value to more than 0."
  }
}

variable "suspended" {
  description = "Pauses parts of the scaling without removing them: dynamic scaling `in`, dynamic scaling `out`, `scheduled` actions. With `in` no policy takes an instance away, and no stream with it; a schedule with a low `max` at a quiet time still does (docs/traps.md)."
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
}

variable "target_utilization" {
  description = "Share of max_concurrency that scaling aims at, over 0 and at most 1. The default leaves a quarter of each instance for the load that arrives while the next one starts; 0.7 to 0.8 is the advised range."
  type        = number
  default     = 0.75
  nullable    = false

  validation {
    condition     = var.target_utilization > 0 && var.target_utilization <= 1
    error_message = "Set target_utilization over 0 and at most 1, such as 0.75."
  }
}

variable "variant_name" {
  description = "Name of the one production variant. AllTraffic is what SageMaker's consoles and vendors' guides assume."
  type        = string
  default     = "AllTraffic"
  nullable    = false
}

variable "volume_kms_key_id" {
  description = "Key id, ARN or alias that encrypts the storage volumes of the instances. Refused for instance types with local NVMe storage, which hardware encrypts."
  type        = string
  default     = null
}

variable "volume_size_in_gb" {
  description = "Size of the storage volume of each instance in GiB, 1-512. Null for SageMaker's default; instance types with local NVMe storage have a fixed size."
  type        = number
  default     = null
}
