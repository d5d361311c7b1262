variable "capacity" {
  description = "Bounds of the instance count, over all pools together: min, max, and initial for the first creation."
  type        = any
  nullable    = false

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
    error_message = "Raise capacity.max to at least capacity.min, or lower capacity.min."
  }

  validation {
    condition     = try(var.capacity.max >= 1, true)
    error_message = "Set capacity.max to 1 or more: an endpoint without instances serves nothing."
  }

  validation {
    condition = var.capacity.initial == null ? true : (
      try(var.capacity.initial >= max(var.capacity.min, 1) && var.capacity.initial <= var.capacity.max, true)
    )
    error_message = "Set capacity.initial to a number from capacity.min to capacity.max, at least 1 because SageMaker creates no endpoint without instances, or omit it."
  }
}

variable "own_policies" {
  description = "ARNs of the policies of modules/realtime or modules/async, and of the wake-up alarm. The additional policies and the schedules are created after them."
  type        = list(string)
  nullable    = false
}

variable "policies" {
  description = "Additional scaling policies, by name. Each has either target_tracking or step."
  type        = any
  nullable    = false

  validation {
    condition     = length(var.policies) <= 45
    error_message = "Remove entries from policies: a scalable target has at most 50, including those of the module."
  }

  validation {
    condition     = alltrue([for name, _ in var.policies : can(regex("^[a-zA-Z0-9]([a-zA-Z0-9_.-]*[a-zA-Z0-9])?$", name)) && length(name) <= 190])
    error_message = "Use only letters, digits, dots, underscores and hyphens, at most 190 characters, for the names of policies."
  }

  validation {
    condition     = length(setintersection(keys(var.policies), ["concurrency", "guard", "backlog", "wake-up", "wake_up", "has-backlog-without-capacity"])) == 0
    error_message = "Rename the entries of policies whose name the module uses itself: concurrency, guard, backlog, wake-up, wake_up and has-backlog-without-capacity."
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
    condition     = alltrue([for policy in values(var.policies) : try(policy.step, null) == null ? true : try(length(policy.step.steps) >= 1 && length(policy.step.steps) <= 20, false)])
    error_message = "Set one to twenty steps in each step policy of policies."
  }

  validation {
    condition = alltrue([
      for policy in values(var.policies) : alltrue([
        for index in range(1, max(1, try(length(policy.step.steps), 1))) :
        try(policy.step.steps[index].lower_bound == policy.step.steps[index - 1].upper_bound && policy.step.steps[index].lower_bound != null, false)
      ])
    ])
    error_message = "Sort the steps of each step policy by their bounds, without gap or overlap: the upper_bound of each is the lower_bound of the next."
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
    error_message = "Set period of each alarm in policies to 10, 20, 30 or a multiple of 60 seconds, evaluation_periods to a whole number such that their product is at most a day, and datapoints_to_alarm to a whole number up to evaluation_periods."
  }

  validation {
    condition = alltrue([
      for policy in values(var.policies) : try(policy.step, null) == null ? true : try(
        contains(["GreaterThanOrEqualToThreshold", "GreaterThanThreshold", "LessThanOrEqualToThreshold", "LessThanThreshold"], policy.step.alarm.comparison_operator) &&
        contains(["breaching", "ignore", "missing", "notBreaching"], policy.step.alarm.treat_missing_data), false
      )
    ])
    error_message = "Set comparison_operator and treat_missing_data of each alarm in policies to values of CloudWatch, such as GreaterThanOrEqualToThreshold and missing."
  }

  validation {
    condition = alltrue([
      for policy in values(var.policies) : try(
        (policy.step.steps[0].lower_bound == null ? true : policy.step.steps[0].lower_bound >= 0) &&
        (reverse(policy.step.steps)[0].upper_bound == null ? true : reverse(policy.step.steps)[0].upper_bound <= 0), true
      )
    ])
    error_message = "Omit lower_bound in the first step of policies whose steps reach below the threshold, and upper_bound in the last step of those that reach above it: AWS refuses steps that leave a range without adjustment."
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
    condition     = alltrue([for policy in values(var.policies) : try(policy.step, null) == null ? true : try(abs(policy.step.alarm.threshold) < pow(2, 360), false)])
    error_message = "Set threshold of each alarm in policies to a number, in the unit of the metric."
  }

  validation {
    condition     = alltrue([for policy in values(var.policies) : try(policy.target_tracking == null, true) ? true : try(policy.target_tracking.target_value > 0 && policy.target_tracking.target_value < pow(2, 360), false)])
    error_message = "Set target_value of each target_tracking in policies to more than 0."
  }

  validation {
    condition = alltrue([
      for policy in concat(values(var.policies), [{ target_tracking = var.tracking }]) :
      try(policy.target_tracking.predefined_metric_type, null) == null ? true : contains(
        ["SageMakerVariantConcurrentRequestsPerModelHighResolution", "SageMakerVariantInvocationsPerInstance"], policy.target_tracking.predefined_metric_type
      )
    ])
    error_message = "Set predefined_metric_type in signal and policies to SageMakerVariantInvocationsPerInstance or SageMakerVariantConcurrentRequestsPerModelHighResolution, the two that scale the instances of a variant."
  }

  validation {
    condition = alltrue(flatten([
      for policy in concat(values(var.policies), [{ target_tracking = var.tracking }]) : [
        for seconds in [
          try(policy.target_tracking.scale_in_cooldown, null), try(policy.target_tracking.scale_out_cooldown, null), try(policy.step.cooldown, null)
        ] : seconds == null ? true : seconds >= 0 && seconds <= 2147483647 && floor(seconds) == seconds
      ]
    ]))
    error_message = "Set scale_in_cooldown, scale_out_cooldown and the cooldowns in policies to whole numbers of seconds, 0 or more."
  }

  validation {
    condition = alltrue([
      for alarm in [for policy in values(var.policies) : policy.step.alarm if try(policy.step.alarm, null) != null] :
      (alarm.extended_statistic == null ? true : alarm.statistic == null && can(regex("^${local.extended_statistic}$", alarm.extended_statistic)))
    ])
    error_message = "Write extended_statistic of each alarm in policies as a percentile such as p99 (or tm90, tc90, ts90, wm90, IQM, PR(0:5)), and omit statistic there."
  }

  validation {
    condition = alltrue([
      for alarm in [for policy in values(var.policies) : policy.step.alarm if try(policy.step.alarm, null) != null] :
      can(regex("^[!-9;-~][ -~]{0,254}$", alarm.metric_name)) && (alarm.namespace == null ? true : can(regex("^[0-9A-Za-z._/#-][0-9A-Za-z._/#: -]{0,254}$", alarm.namespace)))
    ])
    error_message = "Set metric_name and namespace of each alarm in policies to names that CloudWatch accepts: 1 to 255 ASCII characters that start with neither a colon nor a space."
  }

  validation {
    condition = alltrue(flatten([
      for alarm in [for policy in values(var.policies) : policy.step.alarm if try(policy.step.alarm, null) != null] : alarm.dimensions == null ? [true] : concat(
        [length(alarm.dimensions) <= 30],
        [for name, value in alarm.dimensions : try(can(regex("^[!-9;-~][ -~]{0,254}$", name)) && length(value) <= 1024 && can(regex("^[ -~]*[!-~][ -~]*$", value)), false)]
      )
    ]))
    error_message = "Set dimensions of each alarm in policies to what CloudWatch accepts: at most 30, names of 1 to 255 and values of 1 to 1024 ASCII characters."
  }
}

variable "schedules" {
  description = "Scheduled actions by name, which change the bounds."
  type        = any
  nullable    = false

  validation {
    condition     = length(var.schedules) <= 200
    error_message = "Remove entries from schedules: a scalable target has at most 200."
  }

  validation {
    condition     = alltrue([for name, _ in var.schedules : can(regex("^[a-zA-Z0-9]([a-zA-Z0-9 _.-]*[a-zA-Z0-9])?$", name)) && length(name) <= 200])
    error_message = "Use only letters, digits, spaces, dots, underscores and hyphens, at most 200 characters, for the names of schedules."
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
    error_message = "Use a question mark for exactly one of day of month and day of week in each cron schedule, such as cron(30 7 ? * MON-FRI *)."
  }

  validation {
    condition     = alltrue([for schedule in values(var.schedules) : can(regex("^(UTC|GMT|(${local.time_zone_areas})/[A-Za-z0-9_+/-]+)$", schedule.timezone))])
    error_message = "Set each timezone of schedules to an IANA name, such as Europe/Berlin, or to UTC."
  }

  validation {
    condition     = alltrue([for schedule in values(var.schedules) : try(startswith(schedule.schedule, "rate("), false) ? schedule.timezone == "UTC" : true])
    error_message = "Remove timezone from the rate schedules: AWS reads a time zone for at and cron only."
  }

  validation {
    condition     = alltrue([for schedule in values(var.schedules) : try(schedule.min != null || schedule.max != null, false)])
    error_message = "Set min, max or both in each entry of schedules: without them an entry changes nothing."
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
    error_message = "Set both min and max in each entry of schedules whose min may exceed the max in force at its time: AWS refuses such an action when it is due, and reports it nowhere."
  }

  validation {
    condition = alltrue([
      for schedule in values(var.schedules) : try(timecmp(schedule.start_time, schedule.end_time) < 0, true)
    ])
    error_message = "Set end_time of each entry of schedules to a time after its start_time."
  }
}

variable "suspended" {
  description = "Which scaling is paused: in and out (the policies), scheduled (the schedules)."
  type        = any
  nullable    = false
}

variable "tracking" {
  description = "All target tracking of the endpoint: custom_metrics contains the custom_metric of the module's own policy as signal, and that of each entry of policies as policies/NAME; predefined_metric_type, scale_in_cooldown and scale_out_cooldown are those of signal; variant_name is apart from variant, because the model may depend on alarms that have the signal."
  type        = any
  nullable    = false

  validation {
    condition = alltrue([
      for metric in var.tracking.custom_metrics :
      length(metric.metrics) == 0 ? metric.metric_name != null : alltrue([for member in ["dimensions", "metric_name", "namespace", "statistic", "unit"] : metric[member] == null])
    ])
    error_message = "Set either metric_name (with namespace, statistic, unit and dimensions) or metrics in each custom_metric in signal and policies: with metrics, set name, namespace, statistic, unit and dimensions in each metric_stat."
  }

  validation {
    condition = alltrue([
      for metric in flatten([for metric in var.tracking.custom_metrics : concat([for one in [metric] : one if length(metric.metrics) == 0], [for query in metric.metrics : query.metric_stat.metric if query.metric_stat != null])]) :
      can(regex("^[!-9;-~][ -~]{0,254}$", metric.metric_name)) && (try(metric.namespace, null) == null ? true : can(regex("^[0-9A-Za-z._/#-][0-9A-Za-z._/#: -]{0,254}$", metric.namespace)))
    ])
    error_message = "Set metric_name and namespace in signal and policies to names that CloudWatch accepts: 1 to 255 ASCII characters that start with neither a colon nor a space."
  }

  validation {
    condition = alltrue(flatten([
      for metric in flatten([for metric in var.tracking.custom_metrics : concat([metric], [for query in metric.metrics : query.metric_stat.metric if query.metric_stat != null])]) : try(metric.dimensions, null) == null ? [true] : concat(
        [length(metric.dimensions) <= 30],
        [for name, value in metric.dimensions : try(can(regex("^[!-9;-~][ -~]{0,254}$", name)) && length(value) <= 1024 && can(regex("^[ -~]*[!-~][ -~]*$", value)), false)]
      )
    ]))
    error_message = "Set dimensions in signal and policies to what CloudWatch accepts: at most 30, names of 1 to 255 and values of 1 to 1024 ASCII characters."
  }

  validation {
    condition = alltrue([
      for unit in flatten([for metric in var.tracking.custom_metrics : concat([metric.unit], [for query in metric.metrics : try(query.metric_stat.unit, null)])]) :
      unit == null ? true : can(regex("^(None|Percent|(Micros|Millis|S)econds|(Count|((Kilo|Mega|Giga|Tera)b|B)(its|ytes))(/Second)?)$", unit))
    ])
    error_message = "Set unit of each custom_metric in signal and policies to a unit of CloudWatch, such as Count, Percent or Seconds, or omit it."
  }

  # The rules of metric math are from
  # https://docs.aws.amazon.com/autoscaling/application/APIReference/API_TargetTrackingMetricDataQuery.html. The
  # provider takes one character less of an expression than the API.
  validation {
    condition = alltrue([
      for query in flatten([for metric in var.tracking.custom_metrics : [for query in metric.metrics : query]]) :
      (query.expression == null) != (query.metric_stat == null) && alltrue([for text in [query.expression, query.label] : text == null ? true : length(text) >= 1 && length(text) <= 2047])
    ])
    error_message = "Set exactly one of metric_stat and expression in each entry of metrics in signal and policies; expression and label have 1 to 2047 characters."
  }

  validation {
    condition = alltrue([
      for metric in var.tracking.custom_metrics :
      length(distinct([for query in metric.metrics : query.id])) == length(metric.metrics) && alltrue([for query in metric.metrics : can(regex("^[a-z][a-zA-Z0-9_]{0,254}$", query.id))])
    ])
    error_message = "Set a different id in each entry of metrics in signal and policies: letters, digits and underscores, starting with a lower-case letter."
  }

  validation {
    condition     = alltrue([for metric in var.tracking.custom_metrics : length(metric.metrics) == 0 ? true : length([for query in metric.metrics : query if query.return_data]) == 1])
    error_message = "Set return_data to false in all entries of metrics in signal and policies but one: Application Auto Scaling tracks a single time series."
  }

  validation {
    condition     = alltrue([for metric in var.tracking.custom_metrics : alltrue([for number in [length([for query in metric.metrics : query if query.expression == null]), length([for query in metric.metrics : query if query.expression != null])] : number <= 10])])
    error_message = "Remove entries from metrics in signal and policies: at most ten may have a metric_stat, and ten an expression."
  }

  validation {
    condition = alltrue([
      for query in flatten([for metric in var.tracking.custom_metrics : [for query in metric.metrics : query if query.metric_stat != null]]) :
      can(regex("^(Average|Maximum|Minimum|SampleCount|Sum|${local.extended_statistic})$", query.metric_stat.stat))
    ])
    error_message = "Set stat of each metric_stat in signal and policies to Average, Maximum, Minimum, SampleCount or Sum, or to a percentile such as p99 (or tm90, tc90, ts90, wm90, IQM, PR(0:5))."
  }
}
