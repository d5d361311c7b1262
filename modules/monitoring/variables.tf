variable "alarm_actions" {
  description = <<-EOT
    At most five ARNs, in the region in use, that CloudWatch notifies when an alarm is raised:
    - SNS topics (`arn:aws:sns:...`). A topic encrypted with `alias/aws/sns` receives nothing, because CloudWatch may not use that key.
    - Lambda functions (`arn:aws:lambda:...:function:NAME`, optionally with a version or an alias), which must allow `lambda.alarms.cloudwatch.amazonaws.com` (docs/traps.md).
    - OpsItems of Systems Manager (`arn:aws:ssm:...:opsitem:SEVERITY#CATEGORY=NAME`), with a severity of 1 to 4.
    - incidents (`arn:aws:ssm-incidents::ACCOUNT:response-plan/NAME`) and investigations (`arn:aws:aiops:...:investigation-group/ID`).
  EOT
  type        = list(string)
  default     = []
  nullable    = false

  # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html, AlarmActions
  validation {
    condition     = alltrue([for arn in var.alarm_actions : can(regex("^arn:aws[a-z-]*:(${local.any_state_action_pattern}|${local.raised_action_pattern})$", arn)) && try(length(arn) <= 1024, false)])
    error_message = "Set alarm_actions to ARNs of standard SNS topics, Lambda functions, OpsItems (arn:aws:ssm:REGION:ACCOUNT:opsitem:SEVERITY), response plans or investigation groups. CloudWatch's actions on EC2 instances and Auto Scaling groups do not apply to an endpoint."
  }

  validation {
    condition     = alltrue([for arn in var.alarm_actions : try(contains(["", local.region], split(":", arn)[3]) || !startswith(arn, "arn:"), true)])
    error_message = "Set alarm_actions to ARNs in the region in use (${local.region}): an alarm cannot notify another region."
  }

  validation {
    condition     = length(var.alarm_actions) <= 5
    error_message = "Remove entries from alarm_actions: CloudWatch allows at most five."
  }
}

variable "alarms" {
  description = <<-EOT
    Alarms of the endpoint. Alarms of the other kind of endpoint are ignored, so one value suits both endpoints. `enabled`: null turns an alarm on if the endpoint publishes its metric, except where the list says off; `true` is refused for an alarm that could never be raised. `threshold` is the value that raises the alarm, `minutes` is how long it must last.
    Real-time:
    - `concurrency`: requests in flight on the busiest instance, as a share of `max_concurrency`. There is one alarm for each type if pools differ. Null for 0.9, or for the target utilization if that is higher.
    - `errors_5xx`: share of the requests that failed with a 5XX, and at least five requests, in each of two periods of five minutes. It suits `rollback_on`, because it does not depend on the amount of traffic. Off by default for asynchronous endpoints, which count a 5XX as a failed invocation.
    - `errors_5xx_count`: number of requests that failed with a 5XX, in the same periods. Off by default for asynchronous endpoints.
    - `first_chunk_latency`: seconds until the first chunk of a stream, at the 99th percentile. It has no data while there are no streams.
    - `gpu_utilization`: utilization of each GPU in percent, on average over a quarter of an hour. There is one alarm for each type if the number of GPUs differs. The default is 95, because a GPU under a good load is busy 80 to 95 % of the time. Turn the alarm off for a container that keeps its GPUs busy at any load. Off by default for asynchronous endpoints.
    - `mid_stream_errors`: share of the streams that broke off after their first chunk, and at least five streams, in each of two periods of five minutes. Turn it off if SageMaker counts the container's clean closes as errors (see the README).
    - `model_latency`: seconds that a request spends in the model, at the 99th percentile. It has no data while there are only streams.
    Asynchronous:
    - `expired_requests`, `invocation_failures`, `request_download_failures`, `response_upload_failures`: number of requests that ended this way in five minutes.
    - `notification_failures`: number of notifications that SageMaker failed to publish in five minutes. Off by default; turn it on for an endpoint with topics.
    - `oldest_request_age`: age of the oldest request in the queue, in seconds.
    - `wake_up_overdue`: minutes that requests have waited without an instance. Set it to more than a wake-up takes. It needs `capacity.min` 0.
    Both:
    - `scale_out_stalled`: minutes that the signal has been over its target, or over `threshold`, for any reason. Null for 30 on real-time and 60 on asynchronous endpoints.
    - `silent_signal`: minutes that the signal has had no data although requests arrive: at least `threshold` requests in five minutes, or in the queue of an asynchronous endpoint. On by default unless the signal is the default one: the concurrency of equal pools, or the backlog per instance.
    - `stuck_at_max`: minutes that the signal has been over its target, or over `threshold`, while `capacity.max` instances run.
  EOT
  type = object({
    concurrency               = optional(object({ enabled = optional(bool), threshold = optional(number) }), {})
    errors_5xx                = optional(object({ enabled = optional(bool), threshold = optional(number, 0.05) }), {})
    errors_5xx_count          = optional(object({ enabled = optional(bool), threshold = optional(number, 5) }), {})
    expired_requests          = optional(object({ enabled = optional(bool), threshold = optional(number, 1) }), {})
    first_chunk_latency       = optional(object({ enabled = optional(bool), threshold = optional(number, 5) }), {})
    gpu_utilization           = optional(object({ enabled = optional(bool), threshold = optional(number, 95) }), {})
    invocation_failures       = optional(object({ enabled = optional(bool), threshold = optional(number, 5) }), {})
    mid_stream_errors         = optional(object({ enabled = optional(bool), threshold = optional(number, 0.5) }), {})
    model_latency             = optional(object({ enabled = optional(bool), threshold = optional(number, 30) }), {})
    notification_failures     = optional(object({ enabled = optional(bool), threshold = optional(number, 1) }), {})
    oldest_request_age        = optional(object({ enabled = optional(bool), threshold = optional(number, 1800) }), {})
    request_download_failures = optional(object({ enabled = optional(bool), threshold = optional(number, 1) }), {})
    response_upload_failures  = optional(object({ enabled = optional(bool), threshold = optional(number, 1) }), {})
    scale_out_stalled         = optional(object({ enabled = optional(bool), minutes = optional(number), threshold = optional(number) }), {})
    silent_signal             = optional(object({ enabled = optional(bool), minutes = optional(number, 10), threshold = optional(number, 5) }), {})
    stuck_at_max              = optional(object({ enabled = optional(bool), minutes = optional(number, 15), threshold = optional(number) }), {})
    wake_up_overdue           = optional(object({ enabled = optional(bool), minutes = optional(number, 30) }), {})
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for name, alarm in var.alarms : alarm.enabled == true ? local.other_kind[name] || local.can_fire[name] : true])
    error_message = "Omit enabled in alarms.${join(", alarms.", [for name, alarm in var.alarms : name if alarm.enabled == true && !local.other_kind[name] && !local.can_fire[name]])}: on this endpoint these alarms could never be raised."
  }

  validation {
    condition     = alltrue([for alarm in values(var.alarms) : try(alarm.threshold > 0 && alarm.threshold < pow(2, 360), true)])
    error_message = "Set every threshold of alarms to more than 0. Wrong: alarms.${join(", alarms.", [for name, alarm in var.alarms : name if try(alarm.threshold <= 0 || alarm.threshold >= pow(2, 360), false)])}."
  }

  validation {
    condition     = alltrue([for alarm in values(var.alarms) : try(alarm.minutes >= 1 && alarm.minutes <= 1440 && floor(alarm.minutes) == alarm.minutes, true)])
    error_message = "Set minutes in alarms to a whole number from 1 to 1440: an alarm looks back at most one day."
  }

  validation {
    condition     = var.alarms.gpu_utilization.threshold <= 100
    error_message = "Set alarms.gpu_utilization.threshold to at most 100 percent. It applies to one GPU; the module multiplies it by the number of GPUs of the instance."
  }

  validation {
    condition     = var.alarms.errors_5xx.threshold <= 1
    error_message = "Set alarms.errors_5xx.threshold to a share of the requests, at most 1: 0.05 is one in twenty. For a number of requests, use alarms.errors_5xx_count."
  }

  validation {
    condition     = var.alarms.mid_stream_errors.threshold <= 1
    error_message = "Set alarms.mid_stream_errors.threshold to a share of the streams, at most 1: 0.5 is half of them."
  }

  validation {
    condition     = try(var.alarms.concurrency.threshold >= local.target_share, true)
    error_message = "Raise alarms.concurrency.threshold to at least ${local.target_share}, the target utilization of scaling: a lower threshold raises the alarm in normal operation."
  }
}

variable "capacity" {
  description = <<-EOT
    Bounds of the instance count of the endpoint. With schedules, the lowest and the highest count that any schedule allows.
    - `min`: with 0, the module creates the alarm `wake_up_overdue`.
    - `max`: the instance count at which `stuck_at_max` is raised.
  EOT
  type = object({
    max = number
    min = number
  })
  nullable = false

  validation {
    condition     = try(var.capacity.min >= 0 && floor(var.capacity.min) == var.capacity.min && floor(var.capacity.max) == var.capacity.max && var.capacity.max <= 2147483647, false)
    error_message = "Use whole numbers of instances, 0 or more, for capacity.min and capacity.max."
  }

  validation {
    condition     = try(var.capacity.max >= max(var.capacity.min, 1), true)
    error_message = "Raise capacity.max to at least capacity.min, and to at least 1."
  }
}

variable "dashboard" {
  description = "Whether to create a dashboard, named `NAME-REGION`."
  type        = bool
  default     = true
  nullable    = false
}

variable "endpoint_name" {
  description = "Name of the endpoint. The names of the alarms and the dashboard begin with it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$", var.endpoint_name))
    error_message = "Set endpoint_name to the name of a SageMaker endpoint: letters, digits and hyphens, at most 63."
  }
}

variable "instance_pools" {
  description = <<-EOT
    Instance types of the endpoint in priority order, as in its `instance_pools`.
    - `instance_type`: SageMaker's name of the type, such as `ml.g6.2xlarge`.
    - `gpus`: number of GPUs of the type. Null for the number in a table of the families g4dn to g7e and p2 to p6e, and for 0 in other families.
    - `max_concurrency`: requests and streams in flight that one instance of the type sustains within your latency objective: the highest level that passed a load test (docs/measuring.md). Without it there is no alarm `concurrency`.
  EOT
  type = list(object({
    gpus            = optional(number)
    instance_type   = string
    max_concurrency = optional(number)
  }))
  nullable = false

  validation {
    condition     = length(var.instance_pools) >= 1 && length(var.instance_pools) <= 5
    error_message = "Set instance_pools to the one to five instance types of the endpoint."
  }

  validation {
    condition     = try(length(distinct(var.instance_pools[*].instance_type)) == length(var.instance_pools), true)
    error_message = "Remove duplicates from instance_pools: each instance_type may occur once."
  }

  validation {
    condition     = alltrue([for pool in var.instance_pools : can(regex("^ml\\.[a-z0-9]+(-[a-z0-9]+)*\\.[a-z0-9]+$", pool.instance_type))])
    error_message = "Write each instance_type of instance_pools as SageMaker names it: ml.FAMILY.SIZE, such as ml.g6.2xlarge."
  }

  validation {
    condition     = alltrue([for pool in var.instance_pools : try(pool.max_concurrency > 0 && pool.max_concurrency <= 1000000, true)])
    error_message = "Set max_concurrency of every entry of instance_pools to more than 0 requests in flight and at most a million, or omit it."
  }

  validation {
    condition     = alltrue([for pool in var.instance_pools : try(pool.gpus >= 0 && pool.gpus <= 1000 && floor(pool.gpus) == pool.gpus, true)])
    error_message = "Set gpus of every entry of instance_pools to a whole number, 0 or more, or omit it."
  }
}

variable "kind" {
  description = "Kind of the endpoint: `realtime` or `async`. They publish different metrics."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["async", "realtime"], var.kind)
    error_message = "Set kind to realtime or async."
  }
}

variable "metric_publish_frequency_in_seconds" {
  description = "Seconds between two samples of the utilization metrics: 10, 30, 60, 120, 180, 240 or 300, as in the MetricsConfig of the endpoint configuration. The alarm `stuck_at_max` counts the samples to know how many instances run."
  type        = number
  default     = 60
  nullable    = false

  validation {
    condition     = contains([10, 30, 60, 120, 180, 240, 300], var.metric_publish_frequency_in_seconds)
    error_message = "Set metric_publish_frequency_in_seconds to 10, 30, 60, 120, 180, 240 or 300 seconds, the values that SageMaker accepts."
  }
}

variable "ok_actions" {
  description = "At most five ARNs that CloudWatch notifies when an alarm clears: SNS topics and Lambda functions, as for `alarm_actions`. CloudWatch opens OpsItems, incidents and investigations only when an alarm is raised."
  type        = list(string)
  default     = []
  nullable    = false

  # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html
  validation {
    condition     = alltrue([for arn in var.ok_actions : can(regex("^arn:aws[a-z-]*:${local.any_state_action_pattern}$", arn)) && try(length(arn) <= 1024, false)])
    error_message = "Set ok_actions to ARNs of standard SNS topics or Lambda functions: CloudWatch opens OpsItems, incidents and investigations only when an alarm is raised."
  }

  validation {
    condition     = alltrue([for arn in var.ok_actions : try(split(":", arn)[3] == local.region || !startswith(arn, "arn:"), true)])
    error_message = "Set ok_actions to ARNs in the region in use (${local.region}): an alarm cannot notify another region."
  }

  validation {
    condition     = length(var.ok_actions) <= 5
    error_message = "Remove entries from ok_actions: CloudWatch allows at most five."
  }
}

variable "policy_alarm_arns" {
  description = "ARNs of the alarms that Application Auto Scaling created for the scaling policies. The dashboard shows their state."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.policy_alarm_arns : can(regex("^arn:aws[a-z-]*:cloudwatch:[a-z0-9-]+:[0-9]{12}:alarm:.+$", arn))])
    error_message = "Set policy_alarm_arns to ARNs of CloudWatch alarms (arn:aws:cloudwatch:REGION:ACCOUNT:alarm:NAME)."
  }
}

variable "rollback_on" {
  description = "Alarms that roll back an update of the endpoint, by their names in `alarms`, such as `errors_5xx`. Each must be on; `silent_signal` is not allowed. The output `rollback_alarm_names` has their names in CloudWatch."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for name in var.rollback_on : contains(local.rollback_candidates, coalesce(name, "-"))])
    error_message = "Use only alarms of this kind of endpoint in rollback_on: ${join(", ", local.rollback_candidates)}."
  }

  validation {
    condition     = alltrue([for name in var.rollback_on : try(local.on[name] || !contains(local.rollback_candidates, name), true)])
    error_message = "Turn on the alarms in rollback_on (enabled = true in alarms, if the endpoint publishes the metric), or remove them from rollback_on. Off: ${join(", ", [for name in var.rollback_on : name if try(!local.on[name], false)])}."
  }

  validation {
    condition     = length(distinct(var.rollback_on)) == length(var.rollback_on)
    error_message = "Remove duplicates from rollback_on."
  }
}

variable "tags" {
  description = "Tags of the alarms, in addition to the aws provider's default_tags. Dashboards have no tags."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition = alltrue([
      for key, value in var.tags :
      try(length(key) <= 128 && length(value) <= 256 && can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]+$", key)) && can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]*$", value)) && !startswith(lower(key), "aws:"), false)
    ])
    error_message = "Use keys of 1 to 128 characters that do not start with aws: and values of at most 256 in tags, of letters, digits, spaces and _ . : / = + - @."
  }
}

variable "variant_name" {
  description = "Name of the production variant."
  type        = string
  default     = "AllTraffic"
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$", var.variant_name))
    error_message = "Use only letters, digits and hyphens in variant_name, at most 63, with a letter or digit at both ends."
  }
}

variable "wake_up_alarm_arn" {
  description = "ARN of the alarm that wakes an asynchronous endpoint from zero. The dashboard shows its state, and `silent_signal` does not notify while it is raised. Null without one."
  type        = string
  default     = null

  validation {
    condition     = var.wake_up_alarm_arn == null || can(regex("^arn:aws[a-z-]*:cloudwatch:[a-z0-9-]+:[0-9]{12}:alarm:.+$", var.wake_up_alarm_arn))
    error_message = "Set wake_up_alarm_arn to the ARN of a CloudWatch alarm (arn:aws:cloudwatch:REGION:ACCOUNT:alarm:NAME)."
  }

  validation {
    condition     = var.wake_up_alarm_arn != null || !(local.can_be_empty && local.on.silent_signal)
    error_message = "Set wake_up_alarm_arn: without instances the signal has no data, so alarms.silent_signal would be raised at every wake-up."
  }
}
