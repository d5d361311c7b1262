# Alarms with metric math: on the signal of scaling, and on the shares of requests and streams that fail.

locals {
  # The signal, with the same queries as the scaling policy.
  signal_queries = [
    for query in local.signal : {
      expression = query.expression
      id         = query.id
      metric     = query.metric_stat == null ? null : merge(query.metric_stat.metric, { statistic = query.metric_stat.stat, unit = query.metric_stat.unit })
    }
  ]
  # The target is of a minute, and a sum grows with the period. So the signal is read by the minute, except utilization
  # that comes less often; the frequency is that of the utilization metrics (MetricPublishFrequencyInSeconds in the
  # SageMaker API). FILL(signal, REPEAT) by the minute would let a single request be a load that lasts.
  summed         = [for query in local.signal : query.id if can(regex("^(Sum|SampleCount|[tT][cCsS].*)$", query.metric_stat.stat))]
  of_utilization = contains([for query in local.signal : query.metric_stat.metric.namespace if query.metric_stat != null], local.count_metric.namespace)
  signal_period  = local.count_period == 60 ? 60 : length(local.summed) == 0 && local.of_utilization ? local.count_period : 60 # the first 60 is known even if of_utilization is not
  # The instances can be counted only over count_period. There a sum is divided by the minutes.
  tracked_by_minute = contains(local.summed, local.tracked_query.id) && local.count_period > 60 ? "${local.tracked_query.id} / ${local.count_period / 60}" : local.tracked_query.id
  at_max_queries = [
    { id = "samples", expression = null, metric = merge(local.count_metric, { dimensions = local.variant_dimensions }) },
    { id = "at_max", expression = "IF(samples > ${(var.capacity.max - 0.5) * local.samples_per_instance}, ${local.tracked_by_minute}, 0)", metric = null },
  ]
  stalled_minutes = coalesce(var.alarms.scale_out_stalled.minutes, local.async ? 60 : 30)
  stuck_periods   = ceil(var.alarms.stuck_at_max.minutes * 60 / local.count_period)

  # Fewer failures than this raise no alarm on a share: one error of one request would be 100 %.
  fewest_failures = 5

  # Each response sends 1 or 0, so the average is the share (Amazon SageMaker Developer Guide, monitoring-cloudwatch and
  # async-inference-monitor: "For each 5xx response, 1 is sent; otherwise, 0 is sent"; valid are Average and Sum). So
  # the alarm needs no count of requests, which asynchronous endpoints do not publish and AWS does not document for
  # streams.
  error_queries = [
    { id = "errors", expression = null, metric = { dimensions = local.variant_dimensions, metric_name = "Invocation5XXErrors", namespace = "AWS/SageMaker", statistic = "Sum" } },
    { id = "average", expression = null, metric = { dimensions = local.variant_dimensions, metric_name = "Invocation5XXErrors", namespace = "AWS/SageMaker", statistic = "Average" } },
    { id = "share", expression = "IF(errors >= ${local.fewest_failures}, average, 0)", metric = null },
  ]

  # Each stream sends one sample of FirstChunkLatency when it begins, so the samples count the streams. If more break
  # off than begin in a period, the share is 1.
  broken_queries = [
    { id = "broken", expression = null, metric = { dimensions = local.variant_dimensions, metric_name = "MidStreamErrors", namespace = "AWS/SageMaker", statistic = "Sum" } },
    { id = "streams", expression = null, metric = { dimensions = local.variant_dimensions, metric_name = "FirstChunkLatency", namespace = "AWS/SageMaker", statistic = "SampleCount" } },
    { id = "share", expression = "IF(broken >= ${local.fewest_failures}, broken / MAX([broken, streams]), 0)", metric = null },
  ]

  signal_alarms = {
    errors_5xx = {
      alarm       = "errors_5xx"
      comparison  = "GreaterThanOrEqualToThreshold"
      datapoints  = 2
      description = "${format("%.12g", var.alarms.errors_5xx.threshold * 100)} % or more of the requests, and at least ${local.fewest_failures}, were answered with an error 5XX in five minutes, and again in the next five. See the container logs."
      missing     = "notBreaching"
      period      = 300
      periods     = 2
      queries     = local.error_queries
      returned    = "share"
      threshold   = var.alarms.errors_5xx.threshold
    }
    mid_stream_errors = {
      alarm       = "mid_stream_errors"
      comparison  = "GreaterThanOrEqualToThreshold"
      datapoints  = 2
      description = "${format("%.12g", var.alarms.mid_stream_errors.threshold * 100)} % or more of the streams, and at least ${local.fewest_failures}, broke off after their first chunk in five minutes, and again in the next five. See the container logs. If this alarm is on while all is well, the container's clean closes count as errors: set alarms.mid_stream_errors.enabled = false."
      missing     = "notBreaching"
      period      = 300
      periods     = 2
      queries     = local.broken_queries
      returned    = "share"
      threshold   = var.alarms.mid_stream_errors.threshold
    }
    scale_out_stalled = {
      alarm       = "scale_out_stalled"
      comparison  = "GreaterThanThreshold" # like the alarm that scales out
      datapoints  = ceil(local.stalled_minutes * 60 / local.signal_period)
      description = "The load has been over the target of scaling for ${local.stalled_minutes} minutes, so scaling out does not help: capacity.max is reached, capacity or quota is missing, or scaling is suspended. Look at the scaling activities."
      missing     = "notBreaching"
      period      = local.signal_period
      periods     = ceil(local.stalled_minutes * 60 / local.signal_period)
      queries     = local.signal_queries
      returned    = local.tracked_query.id
      threshold   = coalesce(var.alarms.scale_out_stalled.threshold, var.signal.target)
    }
    signal_missing = {
      alarm       = "silent_signal"
      comparison  = "LessThanThreshold" # never true of data: no load is negative
      datapoints  = ceil(var.alarms.silent_signal.minutes * 60 / local.signal_period)
      description = "In alarm while the signal of scaling has no data, which is no trouble while there are no requests. Half of ${var.endpoint_name}-silent-signal."
      missing     = "breaching"
      period      = local.signal_period
      periods     = ceil(var.alarms.silent_signal.minutes * 60 / local.signal_period)
      queries     = local.signal_queries
      returned    = local.tracked_query.id
      threshold   = 0
    }
    stuck_at_max = {
      alarm       = "stuck_at_max"
      comparison  = "GreaterThanThreshold"
      datapoints  = ceil(local.stuck_periods * 0.8) # A late sample counts for the next minute.
      description = "All ${var.capacity.max} instances run and the load has stayed over the target of scaling. Raise capacity.max."
      missing     = "notBreaching"
      period      = local.count_period
      periods     = local.stuck_periods
      queries     = concat(local.signal_queries, local.at_max_queries)
      returned    = "at_max"
      threshold   = coalesce(var.alarms.stuck_at_max.threshold, var.signal.target)
    }
  }

  # A signal without data neither scales nor raises an alarm. An alarm on missing data alone would also be raised for an
  # idle endpoint. So the composite alarm silent_signal combines two alarms that notify nobody: no data, and requests
  # arrive.
  silent_signal_parts = ["requests_arrive", "signal_missing"]
}

resource "aws_cloudwatch_metric_alarm" "signal" {
  for_each = { for key, alarm in local.signal_alarms : key => alarm if local.on[alarm.alarm] }

  alarm_name          = "${var.endpoint_name}-${replace(each.key, "_", "-")}"
  alarm_description   = "${var.endpoint_name}: ${each.value.description}"
  evaluation_periods  = each.value.periods
  datapoints_to_alarm = each.value.datapoints
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  treat_missing_data  = each.value.missing
  alarm_actions       = contains(local.silent_signal_parts, each.key) ? null : var.alarm_actions
  ok_actions          = contains(local.silent_signal_parts, each.key) ? null : var.ok_actions
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
          unit        = try(metric.value.unit, null)
          period      = each.value.period
        }
      }
    }
  }
}

resource "aws_cloudwatch_composite_alarm" "silent_signal" {
  count = local.on.silent_signal ? 1 : 0

  alarm_name        = "${var.endpoint_name}-silent-signal"
  alarm_description = "${var.endpoint_name}: requests arrive and the signal of scaling has no data, so nothing scales. Compare its dimensions with those that CloudWatch lists for the endpoint."
  alarm_actions     = var.alarm_actions
  ok_actions        = var.ok_actions
  tags              = var.tags

  alarm_rule = join(" AND ", [
    for half in [aws_cloudwatch_metric_alarm.signal["signal_missing"], aws_cloudwatch_metric_alarm.metric["requests_arrive"]] : "ALARM(\"${half.alarm_name}\")"
  ])

  # A signal per instance has no data while there is no instance, and for some minutes after the first one starts.
  dynamic "actions_suppressor" {
    for_each = local.can_be_empty ? [var.wake_up_alarm_arn] : []

    content {
      alarm            = actions_suppressor.value
      extension_period = 600
      wait_period      = 120
    }
  }
}
