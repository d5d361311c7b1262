locals {
  microseconds_per_second = 1000000

  # What the endpoint publishes. An alarm on anything else would never fire.
  can_fire = {
    concurrency               = local.realtime && length(local.max_concurrencies) == length(var.instance_pools)
    errors_5xx                = true
    expired_requests          = local.async
    first_chunk_latency       = local.realtime && var.streaming
    gpu_utilization           = length(local.gpu_types) > 0
    invocation_failures       = local.async
    mid_stream_errors         = local.realtime && var.streaming
    model_latency             = true
    notification_failures     = local.async
    oldest_request_age        = local.async
    request_download_failures = local.async
    response_upload_failures  = local.async
    scale_out_stalled         = true
    silent_signal             = true
    stuck_at_max              = length(local.signal_metrics) <= 8 # An alarm reads ten metrics at most, and two count the instances.
    wake_up_overdue           = local.can_be_empty
  }

  # Not on wherever they can fire: a stream has no ModelLatency, a queue is there to keep GPUs busy and counts its
  # failures itself, AWS looks after its own metrics, and only topics can fail to be notified.
  on_by_default = merge(local.can_fire, {
    errors_5xx            = local.realtime
    gpu_utilization       = local.realtime && local.can_fire.gpu_utilization
    model_latency         = local.realtime && !var.streaming
    notification_failures = false
    silent_signal         = local.weighted
  })
  on = { for name, alarm in var.alarms : name => alarm.enabled == null ? local.on_by_default[name] : alarm.enabled }

  # One alarm where all types have the same limit, or the same number of GPUs; else one for each type.
  everywhere             = tomap({ all = local.variant_dimensions })
  concurrency_dimensions = length(distinct(values(local.max_concurrencies))) > 1 ? local.type_dimensions : local.everywhere
  gpu_dimensions         = length(distinct(values(local.gpus))) > 1 ? tomap({ for type in local.gpu_types : type => local.type_dimensions[type] }) : local.everywhere

  # The share of what an instance sustains that scaling aims at, where it aims at a concurrency: the alarm on
  # concurrency stays at or over it.
  target_share = max(0, [
    for limit in values(local.max_concurrencies) : local.weighted ? var.signal.target : var.signal.target / limit
    if local.signal_metrics[0].metric_name == "ConcurrentRequestsPerModel"
  ]...)
  concurrency_share = coalesce(var.alarms.concurrency.threshold, max(0.9, local.target_share))

  # By the documented dimensions, statistic and unit of each metric. All are raised at or over the threshold.
  metric_alarms = merge(
    {
      for where, dimensions in local.concurrency_dimensions : (where == "all" ? "concurrency" : "concurrency_${where}") => {
        alarm              = "concurrency"
        description        = "An instance has ${local.concurrency_share * 100} % or more of the requests in flight that it sustains. Raise capacity.max, or lower the target to scale out earlier."
        dimensions         = dimensions
        evaluation_periods = 3
        metric_name        = "ConcurrentRequestsPerModel"
        namespace          = "AWS/SageMaker"
        percentile         = null
        period             = 60
        statistic          = "Maximum"
        threshold          = local.concurrency_share * try(local.max_concurrencies[where], values(local.max_concurrencies)[0], 1)
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
        threshold          = var.alarms.gpu_utilization.threshold * try(local.gpus[where], values(local.gpus)[0]) # 0-100 for each GPU of an instance
      }
    },
    {
      for name, metric in {
        errors_5xx        = { name = "Invocation5XXErrors", what = "requests were answered with an error 5XX" }
        mid_stream_errors = { name = "MidStreamErrors", what = "streams broke off after their first chunk" }
        } : name => {
        alarm              = name
        description        = "${var.alarms[name].threshold} or more ${metric.what} in five minutes, and again in the next five. See the container logs."
        dimensions         = local.variant_dimensions
        evaluation_periods = 2
        metric_name        = metric.name
        namespace          = "AWS/SageMaker"
        percentile         = null
        period             = 300
        statistic          = "Sum"
        threshold          = var.alarms[name].threshold
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
        threshold          = var.alarms[name].threshold * local.microseconds_per_second
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

  # The signal as the policy sees it: its metrics, and the expression over them where there is one.
  signal_queries = concat(
    [for metric in local.signal_metrics : { id = metric.id, expression = null, metric = metric }],
    [for expression in var.signal.expression[*] : { id = "signal", expression = expression, metric = null }],
  )
  at_max_queries = concat(
    [
      for id, metric_name in { load = local.load.of_all, load_per_instance = local.load.of_one_instance } :
      { id = id, expression = null, metric = merge(local.load, { metric_name = metric_name, namespace = "AWS/SageMaker" }) }
    ],
    [{ id = "at_max", expression = "IF(load / load_per_instance > ${var.capacity.max - 0.5}, ${local.signal_id}, 0)", metric = null }],
  )
  stalled_minutes = coalesce(var.alarms.scale_out_stalled.minutes, local.async ? 60 : 30)

  signal_alarms = {
    scale_out_stalled = {
      alarm       = "scale_out_stalled"
      comparison  = "GreaterThanThreshold" # as the alarm that scales out
      datapoints  = local.stalled_minutes
      description = "The load has been over the target of scaling for ${local.stalled_minutes} minutes, so scaling out does not help: capacity.max is reached, capacity or quota is missing, or scaling is suspended. Look at the scaling activities."
      minutes     = local.stalled_minutes
      missing     = "notBreaching"
      queries     = local.signal_queries
      returned    = local.signal_id
      threshold   = coalesce(var.alarms.scale_out_stalled.threshold, var.signal.target)
    }
    signal_missing = {
      alarm       = "silent_signal"
      comparison  = "LessThanThreshold" # never true of data: no load is negative
      datapoints  = var.alarms.silent_signal.minutes
      description = "In alarm while the signal of scaling has no data, which is no trouble while there are no requests. Half of ${var.endpoint_name}-silent-signal."
      minutes     = var.alarms.silent_signal.minutes
      missing     = "breaching"
      queries     = local.signal_queries
      returned    = local.signal_id
      threshold   = 0
    }
    stuck_at_max = {
      alarm       = "stuck_at_max"
      comparison  = "GreaterThanThreshold"
      datapoints  = ceil(var.alarms.stuck_at_max.minutes * 0.8) # A minute without requests has no count.
      description = "All ${var.capacity.max} instances run and the load has stayed over the target of scaling. Raise capacity.max."
      minutes     = var.alarms.stuck_at_max.minutes
      missing     = "notBreaching"
      queries     = concat(local.signal_queries, local.at_max_queries)
      returned    = "at_max"
      threshold   = coalesce(var.alarms.stuck_at_max.threshold, var.signal.target)
    }
  }

  # A signal without data scales nothing and raises nothing. An alarm on missing data would be raised by an idle
  # endpoint too, so that two alarms which tell nobody, no data and requests, make up the one that does.
  halves = ["requests_arrive", "signal_missing"]
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
  alarm_actions       = contains(local.halves, each.key) ? null : var.alarm_topic_arns
  ok_actions          = contains(local.halves, each.key) ? null : var.ok_topic_arns
  tags                = var.tags
}

resource "aws_cloudwatch_metric_alarm" "signal" {
  for_each = { for key, alarm in local.signal_alarms : key => alarm if local.on[alarm.alarm] }

  alarm_name          = "${var.endpoint_name}-${replace(each.key, "_", "-")}"
  alarm_description   = "${var.endpoint_name}: ${each.value.description}"
  evaluation_periods  = each.value.minutes
  datapoints_to_alarm = each.value.datapoints
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  treat_missing_data  = each.value.missing
  alarm_actions       = contains(local.halves, each.key) ? null : var.alarm_topic_arns
  ok_actions          = contains(local.halves, each.key) ? null : var.ok_topic_arns
  tags                = var.tags

  dynamic "metric_query" {
    for_each = each.value.queries

    content {
      id          = metric_query.value.id
      expression  = metric_query.value.expression
      return_data = metric_query.value.id == each.value.returned

      dynamic "metric" {
        for_each = metric_query.value.metric[*]

        content {
          namespace   = metric.value.namespace
          metric_name = metric.value.metric_name
          dimensions  = metric.value.dimensions
          stat        = metric.value.statistic
          period      = 60
        }
      }
    }
  }
}

resource "aws_cloudwatch_composite_alarm" "silent_signal" {
  count = local.on.silent_signal ? 1 : 0

  alarm_name        = "${var.endpoint_name}-silent-signal"
  alarm_description = "${var.endpoint_name}: requests arrive and the signal of scaling has no data, so nothing scales. Compare its dimensions with those that CloudWatch lists for the endpoint."
  alarm_actions     = var.alarm_topic_arns
  ok_actions        = var.ok_topic_arns
  tags              = var.tags

  alarm_rule = join(" AND ", [
    for half in [aws_cloudwatch_metric_alarm.signal["signal_missing"], aws_cloudwatch_metric_alarm.metric["requests_arrive"]] : "ALARM(\"${half.alarm_name}\")"
  ])

  # Without instances a signal per instance has no data, nor for some minutes after the first one.
  dynamic "actions_suppressor" {
    for_each = local.can_be_empty ? [var.wake_up_alarm_arn] : []

    content {
      alarm            = actions_suppressor.value
      extension_period = 600
      wait_period      = 120
    }
  }
}

locals {
  told = merge(
    { for key, alarm in merge(aws_cloudwatch_metric_alarm.metric, aws_cloudwatch_metric_alarm.signal) : key => alarm if !contains(local.halves, key) },
    { for alarm in aws_cloudwatch_composite_alarm.silent_signal : "silent_signal" => alarm },
  )
  alarm_arns  = { for key, alarm in local.told : key => alarm.arn }
  alarm_names = { for key, alarm in local.told : key => alarm.alarm_name }
}
