locals {
  microseconds_per_second = 1000000

  # var.alarms has alarms for both kinds of endpoint. Those of the other kind are ignored.
  kinds = merge(
    { for name in ["concurrency", "first_chunk_latency", "mid_stream_errors", "model_latency"] : name => "realtime" },
    {
      for name in [
        "expired_requests", "invocation_failures", "notification_failures", "oldest_request_age", "request_download_failures",
        "response_upload_failures", "wake_up_overdue",
      ] : name => "async"
    },
  )
  other_kind = { for name in keys(local.can_fire) : name => lookup(local.kinds, name, var.kind) != var.kind }

  # Whether the endpoint publishes what each alarm watches. Otherwise the alarm could never be raised.
  can_fire = {
    concurrency               = length(local.max_concurrencies) == length(var.instance_pools)
    errors_5xx                = true
    errors_5xx_count          = true
    expired_requests          = true
    first_chunk_latency       = true
    gpu_utilization           = length(local.gpu_types) > 0
    invocation_failures       = true
    mid_stream_errors         = true
    model_latency             = true
    notification_failures     = true
    oldest_request_age        = true
    request_download_failures = true
    response_upload_failures  = true
    scale_out_stalled         = true
    silent_signal             = true
    stuck_at_max              = local.can_count
    wake_up_overdue           = local.can_be_empty
  }

  # An alarm takes ten metrics and ten expressions; the count of instances needs one of each. Over more than a minute,
  # metric math of sums is another number than the one that scaling compares with the target.
  can_count = (
    length(local.signal_names) <= 9 && length(local.signal) - length(local.signal_names) <= 9 &&
    (local.count_period > 60 ? !local.weighted || length(local.summed) == 0 : true)
  )

  # Alarms that are off by default although they could be raised. An asynchronous endpoint is meant to keep its GPUs
  # busy and counts 5XX among its failures. Notifications need topics. The default signals have data while there are
  # requests, so silent_signal watches all others: a name that nobody publishes looks like any other.
  on_by_default = merge(local.can_fire, {
    errors_5xx            = local.realtime
    errors_5xx_count      = local.realtime
    gpu_utilization       = local.realtime && local.can_fire.gpu_utilization
    notification_failures = false
    silent_signal         = length(var.signal.metrics) > 0
  })
  on = { for name, alarm in var.alarms : name => !local.other_kind[name] && coalesce(alarm.enabled, local.on_by_default[name]) }

  # Alarms that may roll an update back. silent_signal may not: it depends on an alarm of the endpoint, and the endpoint
  # would depend on it.
  rollback_candidates = [for name, other_kind in local.other_kind : name if !other_kind && name != "silent_signal"]

  # One alarm if all types have the same limit or the same number of GPUs, otherwise one for each type.
  whole_variant          = tomap({ all = local.variant_dimensions })
  concurrency_dimensions = length(distinct(values(local.max_concurrencies))) > 1 ? local.type_dimensions : local.whole_variant
  gpu_dimensions         = length(distinct(values(local.gpus))) > 1 ? tomap({ for type in local.gpu_types : type => local.type_dimensions[type] }) : local.whole_variant

  # The share of max_concurrency that scaling aims at, if it follows the concurrency. The threshold of the alarm on
  # concurrency is at least this share. Metric math with a target over 1 is not a share, nor is a sum over instances.
  target_share = tonumber(format("%.9g", max(0, [
    for limit in values(local.max_concurrencies) : local.weighted ? (var.signal.target <= 1 ? var.signal.target : 0) : local.tracked_query.metric_stat.stat == "Maximum" ? var.signal.target / limit : 0
    if try(local.signal_names[0], null) == "ConcurrentRequestsPerModel"
  ]...)))
  concurrency_share = coalesce(var.alarms.concurrency.threshold, max(0.9, local.target_share))

  # Each alarm uses the dimensions, statistic and unit that AWS documents for its metric, and is raised at or over its
  # threshold. format removes the rounding error of decimals (0.9 * 12 is 10.8 less a bit).
  metric_alarms = merge(
    {
      for where, dimensions in local.concurrency_dimensions : (where == "all" ? "concurrency" : "concurrency_${where}") => {
        alarm              = "concurrency"
        description        = "An instance has ${format("%.12g", local.concurrency_share * 100)} % or more of the requests in flight that it sustains. Raise capacity.max, or lower the target to scale out earlier."
        dimensions         = dimensions
        evaluation_periods = 3
        metric_name        = "ConcurrentRequestsPerModel"
        namespace          = "AWS/SageMaker"
        percentile         = null
        period             = 60
        statistic          = "Maximum"
        threshold          = tonumber(format("%.12g", local.concurrency_share * try(local.max_concurrencies[where], values(local.max_concurrencies)[0], 1)))
      }
    },
    {
      for where, dimensions in local.gpu_dimensions : (where == "all" ? "gpu_utilization" : "gpu_utilization_${where}") => {
        alarm              = "gpu_utilization"
        description        = "The GPUs are used to ${var.alarms.gpu_utilization.threshold} % or more, on average over the instances."
        dimensions         = dimensions
        evaluation_periods = 3
        metric_name        = "GPUUtilization"
        namespace          = "/aws/sagemaker/Endpoints"
        percentile         = null
        period             = 300
        statistic          = "Average"
        threshold          = tonumber(format("%.12g", var.alarms.gpu_utilization.threshold * try(local.gpus[where], values(local.gpus)[0]))) # 0-100 for each GPU of an instance
      }
    },
    {
      for name, metric in {
        first_chunk_latency = { name = "FirstChunkLatency", what = "streams waits for its first chunk" }
        model_latency       = { name = "ModelLatency", what = "requests keeps the model busy" }
        } : name => {
        alarm              = name
        description        = "One in a hundred ${metric.what} for ${var.alarms[name].threshold} seconds or more."
        dimensions         = local.variant_dimensions
        evaluation_periods = 3
        metric_name        = metric.name
        namespace          = "AWS/SageMaker"
        percentile         = "p99"
        period             = 60
        statistic          = null
        threshold          = tonumber(format("%.12g", var.alarms[name].threshold * local.microseconds_per_second))
      }
    },
    {
      for name, metric_name in {
        expired_requests          = "ExpiredRequests"
        invocation_failures       = "InvocationFailures"
        notification_failures     = "NotificationFailures"
        request_download_failures = "RequestDownloadFailures"
        response_upload_failures  = "ResponseUploadFailures"
        } : name => {
        alarm              = name
        description        = "${var.alarms[name].threshold} or more ${metric_name} in five minutes. See the failure path, the error topic and the data log of the endpoint."
        dimensions         = local.variant_dimensions
        evaluation_periods = 1
        metric_name        = metric_name
        namespace          = "AWS/SageMaker"
        percentile         = null
        period             = 300
        statistic          = "Sum"
        threshold          = var.alarms[name].threshold
      }
    },
    {
      errors_5xx_count = {
        alarm              = "errors_5xx_count"
        description        = "${var.alarms.errors_5xx_count.threshold} or more requests were answered with an error 5XX in five minutes, and again in the next five. See the container logs."
        dimensions         = local.variant_dimensions
        evaluation_periods = 2
        metric_name        = "Invocation5XXErrors"
        namespace          = "AWS/SageMaker"
        percentile         = null
        period             = 300
        statistic          = "Sum"
        threshold          = var.alarms.errors_5xx_count.threshold
      }
      oldest_request_age = {
        alarm              = "oldest_request_age"
        description        = "The oldest request has been in the queue for ${var.alarms.oldest_request_age.threshold} seconds or more."
        dimensions         = local.endpoint_dimensions
        evaluation_periods = 3
        metric_name        = "ApproximateAgeOfOldestRequest"
        namespace          = "AWS/SageMaker"
        percentile         = null
        period             = 60
        statistic          = "Maximum"
        threshold          = var.alarms.oldest_request_age.threshold
      }
      requests_arrive = {
        alarm              = "silent_signal"
        description        = "In alarm while there are requests, which is no trouble by itself. Half of ${var.endpoint_name}-silent-signal."
        dimensions         = local.async ? local.endpoint_dimensions : local.variant_dimensions
        evaluation_periods = 2
        metric_name        = local.async ? "ApproximateBacklogSize" : "Invocations"
        namespace          = "AWS/SageMaker"
        percentile         = null
        period             = 300
        statistic          = local.async ? "Minimum" : "Sum"
        threshold          = var.alarms.silent_signal.threshold
      }
      wake_up_overdue = {
        alarm              = "wake_up_overdue"
        description        = "Requests have waited for ${var.alarms.wake_up_overdue.minutes} minutes and there is still no instance. Look for missing capacity or quota in the scaling activities."
        dimensions         = local.endpoint_dimensions
        evaluation_periods = var.alarms.wake_up_overdue.minutes
        metric_name        = "HasBacklogWithoutCapacity"
        namespace          = "AWS/SageMaker"
        percentile         = null
        period             = 60
        statistic          = "Average"
        threshold          = 1
      }
    },
  )
}

resource "aws_cloudwatch_metric_alarm" "metric" {
  for_each = { for key, alarm in local.metric_alarms : key => alarm if local.on[alarm.alarm] }

  alarm_name          = "${var.endpoint_name}-${replace(each.key, "_", "-")}"
  alarm_description   = "${var.endpoint_name}: ${each.value.description}"
  namespace           = each.value.namespace
  metric_name         = each.value.metric_name
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  extended_statistic  = each.value.percentile
  period              = each.value.period
  evaluation_periods  = each.value.evaluation_periods
  datapoints_to_alarm = each.value.evaluation_periods
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = "notBreaching"
  alarm_actions       = contains(local.silent_signal_parts, each.key) ? null : var.alarm_actions
  ok_actions          = contains(local.silent_signal_parts, each.key) ? null : var.ok_actions
  tags                = var.tags
}

locals {
  notifying_alarms = merge(
    { for key, alarm in merge(aws_cloudwatch_metric_alarm.metric, aws_cloudwatch_metric_alarm.signal) : key => alarm if !contains(local.silent_signal_parts, key) },
    { for alarm in aws_cloudwatch_composite_alarm.silent_signal : "silent_signal" => alarm },
  )
  alarm_arns  = { for key, alarm in local.notifying_alarms : key => alarm.arn }
  alarm_names = { for key, alarm in local.notifying_alarms : key => alarm.alarm_name }

  rollback_alarm_names = [
    for key, alarm in merge(aws_cloudwatch_metric_alarm.metric, aws_cloudwatch_metric_alarm.signal) : alarm.alarm_name
    if contains(var.rollback_on, merge(local.metric_alarms, local.signal_alarms)[key].alarm)
  ]
}
