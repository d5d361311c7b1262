variable "capacity" {
  description = <<-EOT
    Bounds of the instance count, over all pools together.
    - `min`, `max`: the bounds of Application Auto Scaling; `min` is at least 1.
    - `initial`: count at the first creation, at least 1; null for the larger of `min` and 1. Terraform does not read it again: updates keep the live count.
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
    Scaling policies of your own, by name, beside those of the module. Each has either `target_tracking` or `step`. Application Auto Scaling takes the largest capacity that any policy asks for.
    - `target_tracking`: keeps a metric at `target_value`.
      - `predefined_metric_type` or `custom_metric`: the metric.
      - `scale_in_cooldown`, `scale_out_cooldown`: seconds after a change before the next one in the same direction.
      - `disable_scale_in`: lets the policy only add instances.
    - `step`: changes the count by steps when its `alarm` is raised.
      - `steps`: each an `adjustment` between `lower_bound` and `upper_bound`, which count from the threshold of the alarm.
      - `adjustment_type`: `ChangeInCapacity`, `ExactCapacity` or `PercentChangeInCapacity`.
      - `min_adjustment_magnitude`: the fewest instances that a percentage changes.
      - `cooldown`: seconds after a change before the next one.
      - `metric_aggregation_type`: `Average`, `Minimum` or `Maximum`.
    - `custom_metric`: either one metric or metric math.
      - One metric: `metric_name`, `namespace` (AWS/SageMaker by default), `statistic` (Average by default), `unit` and `dimensions`.
      - Metric math: `metrics`, each with an `id`, a `label`, and either a `metric_stat` or an `expression` over the ids of others. A `metric_stat` has a `metric` (`metric_name`, `namespace`, `dimensions`), a `stat` and a `unit`. Set `return_data` to false in all but the one that the policy tracks.
    - `metrics` of a `custom_metric`: queries with an `id`, each a `metric_stat` (its `metric`, with `metric_name`, `namespace` and `dimensions`, its `stat` and `unit`) or an `expression` over the ids of others, with a `label`. One has `return_data`, which is the metric that is tracked; set it false in all others.
    - `alarm` of a `step`: the CloudWatch alarm that starts it.
      - `namespace`, `metric_name`, `dimensions`: the metric.
      - `statistic` (Average by default) or `extended_statistic` (a percentile such as `p99`), over `period` seconds.
      - `comparison_operator`, `threshold`: what raises the alarm.
      - `evaluation_periods`, `datapoints_to_alarm`: how many periods it looks at, and in how many of them the threshold must be crossed; null for all.
      - `treat_missing_data`: how it counts periods without data.
    - `dimensions`: by default EndpointName and VariantName of this endpoint.
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
  description = "Seconds after a scale-in before the next one. The default is slow, because streams last for minutes and instances take minutes to come back. An instance that is taken away has 30 seconds to end its streams. The length of your longest stream, such as 1800, cuts fewer of them when traffic falls; `suspended` says how to cut none by day."
  type        = number
  default     = 300
  nullable    = false
}

variable "scale_out_cooldown" {
  description = "Seconds after a scale-out before the next one, unless more instances are needed. The default is short, because waiting callers cost more than an early instance."
  type        = number
  default     = 60
  nullable    = false
}

variable "schedules" {
  description = <<-EOT
    Scheduled actions by name. At each time an action sets `min`, `max` or both, and the policies keep to them from then on.
    - `schedule`: `at(2026-12-24T18:00:00)`, `rate(1 day)` or `cron(30 7 ? * MON-FRI *)` with minute, hour, day of month, month, day of week and year.
    - `timezone`: IANA name of the time zone of `at` and `cron`, such as `Europe/Berlin`; it follows daylight saving time. Remove an `at` whose time has passed: the plan warns of it.
    - `start_time`, `end_time`: RFC 3339 times in UTC between which the schedule acts.
    With schedules, Terraform does not reset bounds that a schedule has moved: `capacity` applies only when the scalable target is registered. That happens again when `capacity` or the instance types change, when you add the first schedule, and when you remove the last one.
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
    What scaling follows, if you do not want what the module derives from the pools.
    - `weighting`: how pools of unequal max_concurrency are weighted: `hottest_pool` follows the fullest instance of any type, `present_capacity` the demand divided by the capacity of the instances that run.
    - `fast_guard`: adds a second policy to a weighted one. A weighted metric has a value every minute; the guard scales out on the ten-second metric at the target of the largest pool.
    - `predefined_metric_type`: a predefined metric to follow, for equal and unequal pools.
    - `custom_metric`: one metric or metric math, as in `policies`: `metric_name`, `namespace`, `statistic`, `unit` and `dimensions`, or `metrics` with `id`, `label`, `metric_stat` (`metric`, `stat`, `unit`) or `expression`, and `return_data`.
    - `target_value`: target in the unit of the metric. `custom_metric` and SageMakerVariantInvocationsPerInstance need it; otherwise it replaces the target that the module derives.
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
  description = "Pauses scaling without removing it: `in` and `out` pause the policies, `scheduled` pauses the schedules. While `in` is paused, no policy takes away an instance and its streams. A schedule with a low `max` still does, at a quiet time of your choice (docs/traps.md)."
  type = object({
    in        = optional(bool, false)
    out       = optional(bool, false)
    scheduled = optional(bool, false)
  })
  default  = {}
  nullable = false
}

variable "target_utilization" {
  description = "Share of max_concurrency that scaling aims at, over 0 and at most 1; use 0.7 to 0.8. The default leaves a quarter of each instance for the load that arrives while the next one starts."
  type        = number
  default     = 0.75
  nullable    = false

  validation {
    condition     = var.target_utilization > 0 && var.target_utilization <= 1
    error_message = "Set target_utilization over 0 and at most 1, such as 0.75."
  }
}
