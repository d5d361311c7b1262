variable "backlog_per_instance" {
  description = "Target of scaling: requests per instance of the preferred type, waiting or being processed. The default is the example of the SageMaker guide; lower it for shorter waits."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.backlog_per_instance > 0 && var.backlog_per_instance <= 1000000
    error_message = "Set backlog_per_instance to more than 0 requests, and at most a million."
  }
}

variable "capacity" {
  description = <<-EOT
    Bounds of the instance count, over all pools together.
    - `min`, `max`: the bounds of Application Auto Scaling; with `min` 0 the endpoint costs nothing while the queue is empty.
    - `initial`: count at the first creation, at least 1; null means the larger of `min` and 1. Not read again afterwards: updates keep the live count.
  EOT
  type = object({
    initial = optional(number)
    max     = number
    min     = number
  })
  nullable = false
}

variable "policies" {
  description = <<-EOT
    Scaling policies of your own, by name, beside those of the module. Each is exactly one of:
    - `target_tracking`: keeps a metric at `target_value`: a `predefined_metric_type` or a `custom_metric`, with `scale_in_cooldown` and `scale_out_cooldown` in seconds, and `disable_scale_in`.
    - `step`: `steps` of `{ lower_bound, upper_bound, adjustment }` (bounds relative to the threshold of the alarm), `adjustment_type`, `cooldown` in seconds, `metric_aggregation_type`, `min_adjustment_magnitude` in instances (for a percentage only), and the `alarm` that drives it.
    - `custom_metric`: one metric (`metric_name`, `namespace`, which is AWS/SageMaker if left out, `statistic`, which is Average, `unit`, `dimensions`), or metric math (`metrics`).
    - `metrics` of a `custom_metric`: queries with an `id`, each a `metric_stat` (its `metric`, with `metric_name`, `namespace` and `dimensions`, its `stat` and `unit`) or an `expression` over the ids of others, with a `label`. One has `return_data`, which is the metric that is tracked; set it false in all others.
    - `alarm` of a step policy: `namespace`, `metric_name`, `statistic` (Average, if left out) or `extended_statistic` (a percentile such as `p99`), and `dimensions`, evaluated over `period` seconds; `datapoints_to_alarm` of `evaluation_periods` (all, if null) compared with `threshold` by `comparison_operator`; `treat_missing_data`.
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
        extended_statistic  = optional(string)
        metric_name         = string
        namespace           = optional(string, "AWS/SageMaker")
        period              = optional(number, 60)
        statistic           = optional(string)
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
        metric_name = optional(string)
        metrics = optional(list(object({
          expression = optional(string)
          id         = string
          label      = optional(string)
          metric_stat = optional(object({
            metric = object({
              dimensions  = optional(map(string))
              metric_name = string
              namespace   = optional(string, "AWS/SageMaker")
            })
            stat = string
            unit = optional(string)
          }))
          return_data = optional(bool, true)
        })), [])
        namespace = optional(string)
        statistic = optional(string)
        unit      = optional(string)
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
    condition = alltrue([
      for policy in values(var.policies) : !anytrue([
        try(policy.target_tracking.predefined_metric_type, null) == "SageMakerVariantInvocationsPerInstance",
        length(setintersection(local.unpublished_metrics, flatten([
          try(policy.step.alarm.metric_name, null),
          try(policy.target_tracking.custom_metric.metric_name, null),
          try([for query in policy.target_tracking.custom_metric.metrics : try(query.metric_stat.metric.metric_name, null)], []),
        ]))) > 0,
      ])
    ])
    error_message = "Use the backlog or a metric of your own in policies: SageMaker publishes neither Invocations nor InvocationsPerInstance nor OverheadLatency for asynchronous endpoints, and a policy on them does nothing."
  }
}

variable "scale_in_cooldown" {
  description = "Seconds after a scale-in before the next one."
  type        = number
  default     = 300
  nullable    = false
}

variable "scale_out_cooldown" {
  description = "Seconds after a scale-out before the next one, unless more is needed. An instance takes minutes to start on the queue."
  type        = number
  default     = 300
  nullable    = false
}

variable "schedules" {
  description = <<-EOT
    Scheduled actions by name: at each time they set `min`, `max` or both, which bound the policies from then on.
    - `schedule`: `at(2026-12-24T18:00:00)`, `rate(1 day)` or `cron(30 7 ? * MON-FRI *)` with minute, hour, day of month, month, day of week and year.
    - `timezone`: IANA name of the time zone of `at` and `cron`, daylight saving included, such as `Europe/Berlin`. Remove an `at` whose time has passed: the plan warns of it.
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
}

variable "signal" {
  description = <<-EOT
    A metric of your own to scale on, instead of ApproximateBacklogSizePerInstance. Null for the backlog.
    - `custom_metric`: a metric (`metric_name`, `namespace`, `statistic`, `unit`, `dimensions`), or metric math: `metrics`, each with `id` and `label`, a `metric_stat` (`metric`, `stat`, `unit`) or an `expression`, and `return_data`, as in `policies`; but the default dimension is EndpointName, because the queue belongs to the endpoint.
    - `target_value`: target in the unit of the metric.
  EOT
  type = object({
    custom_metric = object({
      dimensions  = optional(map(string))
      metric_name = optional(string)
      metrics = optional(list(object({
        expression = optional(string)
        id         = string
        label      = optional(string)
        metric_stat = optional(object({
          metric = object({
            dimensions  = optional(map(string))
            metric_name = string
            namespace   = optional(string, "AWS/SageMaker")
          })
          stat = string
          unit = optional(string)
        }))
        return_data = optional(bool, true)
      })), [])
      namespace = optional(string)
      statistic = optional(string)
      unit      = optional(string)
    })
    target_value = number
  })
  default = null

  validation {
    condition     = var.signal == null ? true : try(var.signal.target_value > 0 && var.signal.target_value < pow(2, 360), false)
    error_message = "Set signal.target_value to more than 0."
  }

  validation {
    condition = length(setintersection(local.unpublished_metrics, flatten([
      for metric in flatten(var.signal[*].custom_metric[*]) : concat([metric.metric_name], [for query in metric.metrics : try(query.metric_stat.metric.metric_name, null)])
    ]))) == 0
    error_message = "Set signal to the backlog or a metric of your own: SageMaker publishes neither Invocations nor InvocationsPerInstance nor OverheadLatency for asynchronous endpoints, and a policy on them does nothing."
  }

  validation {
    condition     = var.signal == null ? true : var.signal.custom_metric != null
    error_message = "Set signal.custom_metric to the metric that scaling follows, or leave signal out."
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

variable "wake_up" {
  description = <<-EOT
    How an endpoint at zero instances wakes when requests arrive. Created whenever `capacity.min` is 0, since the backlog per instance has no value without instances.
    - `cooldown`: seconds after a wake-up before the next one.
    - `evaluation_periods`: minutes that requests must have waited. 2 is the SageMaker guide's; 1 wakes a minute earlier.
    - `instances`: instances that a wake-up adds.
  EOT
  type = object({
    cooldown           = optional(number, 300)
    evaluation_periods = optional(number, 2)
    instances          = optional(number, 1)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.wake_up.instances >= 1 && var.wake_up.instances <= 2147483647 && floor(var.wake_up.instances) == var.wake_up.instances
    error_message = "Set wake_up.instances to a whole number, 1 or more: fewer wakes nothing."
  }

  validation {
    condition     = try(var.wake_up.instances <= var.capacity.max, true)
    error_message = "Lower wake_up.instances to at most capacity.max, or raise capacity.max."
  }

  validation {
    condition     = var.wake_up.cooldown >= 0 && var.wake_up.cooldown <= 2147483647 && floor(var.wake_up.cooldown) == var.wake_up.cooldown
    error_message = "Set wake_up.cooldown to a whole number of seconds, 0 or more."
  }

  validation {
    condition     = var.wake_up.evaluation_periods >= 1 && var.wake_up.evaluation_periods <= 1440 && floor(var.wake_up.evaluation_periods) == var.wake_up.evaluation_periods
    error_message = "Set wake_up.evaluation_periods to a whole number of minutes from 1 to 1440."
  }
}
