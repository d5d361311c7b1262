variable "signal" {
  description = <<-EOT
    The metric that scaling follows, from the output `signal` of the endpoint.
    - `target`: the target value of the policy.
    - `label`: name of the signal on the dashboard; null for the label of the metric.
    - `metrics`: one metric or metric math, as in the endpoint's `custom_metric`. Empty for the default of the kind of endpoint: concurrency, or the backlog per instance.
      - `id`, `label`, and either `metric_stat` or `expression`.
      - `metric_stat`: a `metric` (`metric_name`, `namespace` and all `dimensions`), a `stat` and a `unit`.
      - `return_data`: true only for the one that the policy tracks.
  EOT
  type = object({
    label = optional(string)
    metrics = optional(list(object({
      expression = optional(string)
      id         = string
      label      = optional(string)
      metric_stat = optional(object({
        metric = object({
          dimensions  = map(string)
          metric_name = string
          namespace   = optional(string, "AWS/SageMaker")
        })
        stat = string
        unit = optional(string)
      }))
      return_data = optional(bool, true)
    })), [])
    target = number
  })
  nullable = false

  validation {
    condition     = var.signal.target == null ? false : var.signal.target > 0 && var.signal.target < pow(2, 360)
    error_message = "Set signal.target to the target value of the policy, more than 0."
  }

  validation {
    condition     = try(length(var.signal.metrics) == 0 || length([for query in var.signal.metrics : query if query.return_data]) == 1, false)
    error_message = "Set return_data to false in all of signal.metrics but one, which the policy tracks."
  }

  validation {
    condition     = alltrue([for query in var.signal.metrics : try((query.expression == null) != (query.metric_stat == null), false)])
    error_message = "Set exactly one of metric_stat and expression in each of signal.metrics."
  }

  validation {
    condition     = try(length([for query in var.signal.metrics : query if query.expression == null]) <= 10 && length([for query in var.signal.metrics : query if query.expression != null]) <= 10, false)
    error_message = "Remove entries from signal.metrics: an alarm reads at most ten metrics, and has at most ten expressions."
  }

  validation {
    condition     = alltrue([for query in var.signal.metrics : can(regex("^[a-z][a-zA-Z0-9_]{0,254}$", query.id)) && !contains(["at_max", "samples"], try(coalesce(query.id, "-"), "-"))])
    error_message = "Rename the ids in signal.metrics: up to 255 letters, digits and underscores, starting with a lower-case letter, and neither at_max nor samples."
  }

  validation {
    condition     = try(length(distinct(var.signal.metrics[*].id)) == length(var.signal.metrics), true)
    error_message = "Set a different id in each of signal.metrics."
  }

  validation {
    condition     = alltrue([for query in var.signal.metrics : try(length(query.expression) >= 1 && length(query.expression) <= 1024, try(query.expression == null, false))])
    error_message = "Shorten each expression of signal.metrics: an alarm allows 1 to 1024 characters, half as many as a policy."
  }

  validation {
    condition = alltrue([
      for metric in [for query in var.signal.metrics : query.metric_stat.metric if try(query.metric_stat, null) != null] :
      can(regex("^[!-9;-~][ -~]{0,254}$", metric.metric_name)) && can(regex("^[0-9A-Za-z._/#-][0-9A-Za-z._/#: -]{0,254}$", metric.namespace))
    ])
    error_message = "Set metric_name and namespace of signal.metrics to names that CloudWatch accepts: 1 to 255 ASCII characters that start with neither a colon nor a space."
  }

  validation {
    condition = alltrue([
      for metric in [for query in var.signal.metrics : query.metric_stat.metric if try(query.metric_stat, null) != null] : try(length(metric.dimensions) <= 30 && alltrue([
        for name, value in metric.dimensions : can(regex("^[!-9;-~][ -~]{0,254}$", name)) && length(value) <= 1024 && can(regex("^[ -~]*[!-~][ -~]*$", value))
      ]), false)
    ])
    error_message = "Set dimensions of signal.metrics to what CloudWatch accepts: at most 30, names of 1 to 255 and values of 1 to 1024 ASCII characters."
  }

  validation {
    condition     = alltrue([for query in var.signal.metrics : try(query.metric_stat == null, true) || can(regex("^(Average|Maximum|Minimum|SampleCount|Sum|(p(100|[0-9]{1,2}(\\.[0-9]{1,10})?)|(tm|tc|ts|wm)[0-9]{1,2}(\\.[0-9]{1,10})?|IQM|(PR|TM|TC|TS|WM)\\([0-9.%]*:[0-9.%]*\\)))$", query.metric_stat.stat))])
    error_message = "Set stat of signal.metrics to Average, Maximum, Minimum, SampleCount, Sum or a percentile such as p99."
  }

  validation {
    condition = alltrue([
      for unit in [for query in var.signal.metrics : try(query.metric_stat.unit, null)] :
      unit == null ? true : can(regex("^(None|Percent|(Micros|Millis|S)econds|(Count|((Kilo|Mega|Giga|Tera)b|B)(its|ytes))(/Second)?)$", unit))
    ])
    error_message = "Set unit of signal.metrics to a unit of CloudWatch, such as Count, Percent or Seconds, or omit it."
  }
}
