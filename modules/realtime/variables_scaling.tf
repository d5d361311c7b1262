variable "capacity" {
  description = <<-EOT
    Bounds of the instance count of all pools together.
    - `min`, `max`: the bounds of Application Auto Scaling; `min` is at least 1.
    - `initial`: instances at creation, at least 1; null for the larger of `min` and 1. Later changes of it have no effect: updates keep the live count.
  EOT
  type = object({
    initial = optional(number)
    max     = number
    min     = number
  })
  nullable = false

  validation {
    condition     = try(var.capacity.min >= 1, true)
    error_message = "Set capacity.min to 1 or more: a real-time endpoint never scales to zero. To pay nothing while idle, use an asynchronous endpoint (input async of the root module, or modules/async)."
  }
}

variable "policies" {
  description = <<-EOT
    Additional scaling policies, by name. Each has either `target_tracking` or `step`. Application Auto Scaling uses the largest capacity that any policy asks for.
    - `target_tracking`: keeps a metric at `target_value`.
      - `predefined_metric_type` or `custom_metric`: the metric.
      - `scale_in_cooldown`, `scale_out_cooldown`: seconds after a scaling activity before the next one in the same direction.
      - `disable_scale_in`: whether the policy only adds instances.
    - `step`: changes the instance count when its `alarm` is raised.
      - `steps`: each has an `adjustment`, which applies while the metric minus the alarm's threshold is between `lower_bound` and `upper_bound`.
      - `adjustment_type`: `ChangeInCapacity`, `ExactCapacity` or `PercentChangeInCapacity`.
      - `min_adjustment_magnitude`: the least number of instances that a percentage adds or removes.
      - `cooldown`: seconds after a scaling activity before the next one.
      - `metric_aggregation_type`: `Average`, `Minimum` or `Maximum`.
    - `custom_metric`: either one metric or metric math.
      - One metric: `metric_name`, `namespace`, `statistic`, `unit` and `dimensions`.
      - Metric math: `metrics`, each with an `id`, a `label`, and either a `metric_stat` or an `expression` over the ids of others. A `metric_stat` has a `metric` (`metric_name`, `namespace`, `dimensions`), a `stat` and a `unit`. Set `return_data` to false in all but the one that the policy tracks.
    - `alarm` of a `step`: the CloudWatch alarm that triggers the policy.
      - `namespace`, `metric_name`, `dimensions`: the metric.
      - `statistic` or `extended_statistic` (a percentile such as `p99`), over `period` seconds.
      - `comparison_operator`, `threshold`: what raises the alarm.
      - `evaluation_periods`, `datapoints_to_alarm`: the number of periods that the alarm looks at, and the number of them that must cross the threshold; null for all.
      - `treat_missing_data`: how the alarm counts periods without data.
    - `namespace`, `statistic` and `dimensions`: by default those of SageMaker's metric of this name, such as /aws/sagemaker/Endpoints for CPUUtilization; for other names AWS/SageMaker, Average, and EndpointName and VariantName of this endpoint.
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
        namespace           = optional(string)
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
              namespace   = optional(string)
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
    error_message = "Remove the entry of policies that tracks the same metric as the module (ConcurrentRequestsPerModel, unless signal overrides it), and change target_utilization or signal instead."
  }
}

variable "scale_in_cooldown" {
  description = "Seconds after a scale-in before the next one. The default is long, because streams last minutes and a new instance takes minutes to start. An instance that scale-in removes has 30 seconds to finish its streams. A longer cooldown, such as 1800 for streams of half an hour, cuts off fewer streams; with `suspended` none are cut off by day."
  type        = number
  default     = 300
  nullable    = false
}

variable "scale_out_cooldown" {
  description = "Seconds after a scale-out before the next one, unless more instances are needed. The default is short, because callers who wait cost more than an instance that starts early."
  type        = number
  default     = 60
  nullable    = false
}

variable "schedules" {
  description = <<-EOT
    Scheduled actions by name. At its time an action sets `min`, `max` or both, and the policies stay within them from then on.
    - `schedule`: `at(2026-12-24T18:00:00)`, `rate(1 day)` or `cron(30 7 ? * MON-FRI *)` with minute, hour, day of month, month, day of week and year.
    - `timezone`: IANA name of the time zone of `at` and `cron`, such as `Europe/Berlin`; it follows daylight saving time. The plan does not know all names, so AWS refuses a misspelt one at apply. Remove an `at` whose time has passed; the plan warns about it.
    - `start_time`, `end_time`: first and last time at which the schedule acts, as RFC 3339 times in UTC.
    With schedules, Terraform does not reset bounds that a schedule has moved: `capacity` applies only when the scalable target is registered. That happens again when `capacity` or the instance types change, when you add the first schedule, and when you remove the last one. So set `capacity.max` to the most that any schedule allows; the plan warns if it is lower.
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
    The metric that scaling follows, and its target. By default the module derives both from the pools.
    - `weighting`: how pools with different max_concurrency are weighted. `hottest_pool` follows the fullest instance of any type; `present_capacity` follows the demand divided by the capacity of the running instances.
    - `fast_guard`: whether to add a second policy beside a weighted one. A weighted metric has one value a minute; the guard scales out on the ten-second metric, at the target of the largest pool.
    - `predefined_metric_type`: a predefined metric, for equal and unequal pools.
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
            namespace   = optional(string)
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
    error_message = "Set signal.target_value: the module cannot derive a target for a custom metric or for invocations."
  }

  validation {
    condition     = coalesce(var.signal.target_value, 1) > 0 && coalesce(var.signal.target_value, 1) < pow(2, 360)
    error_message = "Set signal.target_value to more than 0."
  }
}

variable "suspended" {
  description = "Pauses scaling without removing it: `in` and `out` pause the policies, `scheduled` pauses the schedules. While `in` is paused, no policy removes an instance and cuts off its streams. A schedule with a low `max` still removes instances, at a quiet time that you choose (docs/traps.md)."
  type = object({
    in        = optional(bool, false)
    out       = optional(bool, false)
    scheduled = optional(bool, false)
  })
  default  = {}
  nullable = false
}

variable "target_utilization" {
  description = "Share of max_concurrency that scaling keeps each instance at, more than 0 and at most 1; use 0.7 to 0.8. The default leaves a quarter of each instance for load that arrives while the next instance starts."
  type        = number
  default     = 0.75
  nullable    = false

  validation {
    condition     = var.target_utilization > 0 && var.target_utilization <= 1
    error_message = "Set target_utilization to more than 0 and at most 1, such as 0.75."
  }
}
