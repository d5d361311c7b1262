variable "backlog_per_instance" {
  description = "Target of scaling: requests, waiting or in progress, per instance of the preferred type. The default is the example in SageMaker's guide; a lower value shortens waits."
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
    Bounds of the instance count of all pools together.
    - `min`, `max`: the bounds of Application Auto Scaling; with `min` 0 the endpoint costs nothing while the queue is empty.
    - `initial`: instances at creation, at least 1; null for the larger of `min` and 1. Later changes of it have no effect: updates keep the live count.
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
    Additional scaling policies, by name. Each has either `target_tracking` or `step`. Application Auto Scaling uses the largest capacity that any policy asks for.
    - `target_tracking`: keeps a metric at `target_value`.
      - `custom_metric`: the metric. `predefined_metric_type` is refused, because asynchronous endpoints publish none of the predefined metrics.
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
}

variable "scale_in_cooldown" {
  description = "Seconds after a scale-in before the next one."
  type        = number
  default     = 300
  nullable    = false
}

variable "scale_out_cooldown" {
  description = "Seconds after a scale-out before the next one, unless even more instances are needed. An instance takes minutes to start."
  type        = number
  default     = 300
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
}

variable "signal" {
  description = <<-EOT
    Custom metric that scaling follows instead of ApproximateBacklogSizePerInstance. Null for the backlog.
    - `custom_metric`: one metric or metric math, as in `policies`: `metric_name`, `namespace`, `statistic`, `unit` and `dimensions`, or `metrics` with `id`, `label`, `metric_stat` (`metric`, `stat`, `unit`) or `expression`, and `return_data`.
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
    })
    target_value = number
  })
  default = null

  validation {
    condition     = var.signal == null ? true : try(var.signal.target_value > 0 && var.signal.target_value < pow(2, 360), false)
    error_message = "Set signal.target_value to more than 0."
  }

  validation {
    condition     = var.signal == null ? true : var.signal.custom_metric != null
    error_message = "Set signal.custom_metric to the metric that scaling follows, or omit signal."
  }
}

variable "suspended" {
  description = "Pauses scaling without removing it: `in` and `out` pause the policies, `scheduled` pauses the schedules."
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
    How an endpoint without instances starts again when requests arrive. The module creates this step policy if `capacity.min` or a schedule allows 0, because the backlog per instance has no value without instances.
    - `cooldown`: seconds after a wake-up before the next one.
    - `evaluation_periods`: minutes that requests must have waited. SageMaker's guide uses 2; 1 starts the instance a minute earlier.
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
    error_message = "Set wake_up.instances to a whole number, 1 or more."
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
