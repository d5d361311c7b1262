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

variable "policies" {
  description = <<-EOT
    Scaling policies of your own, by name, beside those of the module. Each is exactly one of:
    - `target_tracking`: keeps a metric at `target_value`: a `predefined_metric_type` or a `custom_metric`, with `scale_in_cooldown` and `scale_out_cooldown` in seconds, and `disable_scale_in`.
    - `step`: `steps` of `{ lower_bound, upper_bound, adjustment }` (bounds relative to the threshold of the alarm), `adjustment_type`, `cooldown` in seconds, `metric_aggregation_type`, `min_adjustment_magnitude` in instances (for a percentage only), and the `alarm` that drives it.
    - `custom_metric`: one metric (`metric_name`, `namespace`, which is AWS/SageMaker if left out, `statistic`, which is Average, `unit`, `dimensions`), or metric math (`metrics`).
    - `metrics` of a `custom_metric`: queries with an `id`, each a `metric_stat` (its `metric`, with `metric_name`, `namespace` and `dimensions`, its `stat` and `unit`) or an `expression` over the ids of others, with a `label`. One has `return_data`, which is the metric that is tracked; set it false in all others.
    - `alarm` of a step policy: `namespace`, `metric_name`, `statistic` (Average, if left out) or `extended_statistic` (a percentile such as `p99`), and `dimensions`, evaluated over `period` seconds; `datapoints_to_alarm` of `evaluation_periods` (all, if null) compared with `threshold` by `comparison_operator`; `treat_missing_data`.
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
    condition     = length(setintersection(local.predefined_in_use, [for policy in values(var.policies) : try(policy.target_tracking.predefined_metric_type, null)])) == 0
    error_message = "Remove the entry of policies that tracks the metric the module tracks already (ConcurrentRequestsPerModel, unless signal says otherwise), or change target_utilization or signal instead."
  }
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
    - `custom_metric`: a metric of your own (`metric_name`, `namespace`, `statistic`, `unit`, `dimensions`), or metric math: `metrics`, each with `id` and `label`, a `metric_stat` (`metric`, `stat`, `unit`) or an `expression`, and `return_data`, as in `policies`.
    - `target_value`: target in the unit of the metric. Needed with `custom_metric` and with SageMakerVariantInvocationsPerInstance; otherwise it replaces the derived one.
  EOT
  type = object({
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
