data "aws_region" "current" {}

locals {
  region = data.aws_region.current.region

  # Patterns of ARNs, from the service on: actions that CloudWatch takes in any state of an alarm, and actions that it
  # takes only when the alarm is raised.
  any_state_action_pattern = "(sns:[a-z0-9-]+:[0-9]{12}:[a-zA-Z0-9_-]{1,256}|lambda:[a-z0-9-]+:[0-9]{12}:function:[a-zA-Z0-9_-]{1,64}(:(\\$LATEST|[a-zA-Z0-9_-]{1,128}))?)"
  raised_action_pattern    = "(ssm:[a-z0-9-]+:[0-9]{12}:opsitem:[1-4](#CATEGORY=[a-zA-Z0-9_ -]{1,64})?|ssm-incidents::[0-9]{12}:response-?plan/[a-zA-Z0-9_-]{1,200}|aiops:[a-z0-9-]+:[0-9]{12}:investigation-group[/:][a-zA-Z0-9_-]+)"

  async        = var.kind == "async"
  realtime     = var.kind == "realtime"
  can_be_empty = local.async && var.capacity.min == 0

  # Metrics of the queue have no VariantName, because the queue belongs to the endpoint.
  endpoint_dimensions = { EndpointName = var.endpoint_name }
  variant_dimensions  = merge(local.endpoint_dimensions, { VariantName = var.variant_name })

  # SageMaker publishes metrics by InstanceType only for several instance pools.
  several_types   = length(var.instance_pools) > 1
  instance_types  = var.instance_pools[*].instance_type
  type_dimensions = tomap({ for type in local.instance_types : type => merge(local.variant_dimensions, { InstanceType = type }) })

  # format removes the rounding error of decimals (48 * 0.6 is 28.8 and a bit), by which equal pools would differ.
  max_concurrencies = { for pool in var.instance_pools : pool.instance_type => tonumber(format("%.9g", pool.max_concurrency)) if pool.max_concurrency != null }

  # GPUs by family and size; a size that is not in the table has one (Amazon EC2 instance types, Accelerated computing).
  gpu_families = {
    g4dn      = { "12xlarge" = 4 }
    g5        = { "12xlarge" = 4, "24xlarge" = 4, "48xlarge" = 8 }
    g6        = { "12xlarge" = 4, "24xlarge" = 4, "48xlarge" = 8 }
    g6e       = { "12xlarge" = 4, "24xlarge" = 4, "48xlarge" = 8 }
    g7        = { "12xlarge" = 2, "24xlarge" = 4, "48xlarge" = 8 }
    g7e       = { "12xlarge" = 2, "24xlarge" = 4, "48xlarge" = 8 }
    p2        = { "8xlarge" = 8, "16xlarge" = 16 }
    p3        = { "8xlarge" = 4, "16xlarge" = 8 }
    p4d       = { "24xlarge" = 8 }
    p4de      = { "24xlarge" = 8 }
    p5        = { "48xlarge" = 8 }
    p5e       = { "48xlarge" = 8 }
    p5en      = { "48xlarge" = 8 }
    p6-b200   = { "48xlarge" = 8 }
    p6-b300   = { "48xlarge" = 8 }
    p6e-gb200 = { "36xlarge" = 4 }
  }
  # A family that is not in the table counts as one without GPUs, unless gpus says how many.
  gpus = {
    for pool in var.instance_pools : pool.instance_type => coalesce(pool.gpus, try(lookup(
      local.gpu_families[split(".", pool.instance_type)[1]], split(".", pool.instance_type)[2], 1
    ), 0))
  }
  gpu_types = [for type in local.instance_types : type if local.gpus[type] > 0]

  # The metric that each kind of endpoint scales on by default.
  plain_signals = {
    async = {
      label  = "Backlog per instance"
      metric = { dimensions = local.endpoint_dimensions, metric_name = "ApproximateBacklogSizePerInstance", namespace = "AWS/SageMaker" }
      stat   = "Average"
    }
    # Maximum is also the statistic of the alarms of the predefined high-resolution metric.
    realtime = {
      label  = "Requests in flight on the busiest instance"
      metric = { dimensions = local.variant_dimensions, metric_name = "ConcurrentRequestsPerModel", namespace = "AWS/SageMaker" }
      stat   = "Maximum"
    }
  }
  signal = concat(var.signal.metrics, [
    for kind, plain in local.plain_signals : {
      expression  = null
      id          = "signal"
      label       = plain.label
      metric_stat = { metric = plain.metric, stat = plain.stat, unit = null }
      return_data = true
    } if kind == var.kind && length(var.signal.metrics) == 0
  ])
  signal_names  = [for query in local.signal : query.metric_stat.metric.metric_name if query.metric_stat != null]
  tracked_query = [for query in local.signal : query if query.return_data][0]
  weighted      = local.tracked_query.expression != null
  signal_label  = coalesce(var.signal.label, local.tracked_query.label, local.weighted ? "Signal" : local.signal_names[0])

  # Each instance sends one sample of its utilization in each interval, so the number of samples gives the number of
  # instances (Amazon SageMaker Developer Guide, async-inference-troubleshooting).
  count_metric         = { metric_name = "CPUUtilization", namespace = "/aws/sagemaker/Endpoints", statistic = "SampleCount" }
  count_period         = max(60, var.metric_publish_frequency_in_seconds)
  samples_per_instance = local.count_period / var.metric_publish_frequency_in_seconds
}
