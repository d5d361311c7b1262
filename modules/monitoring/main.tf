data "aws_region" "current" {}

locals {
  region = data.aws_region.current.region

  async        = var.kind == "async"
  realtime     = var.kind == "realtime"
  can_be_empty = local.async && var.capacity.min == 0

  # The queue belongs to the endpoint, so its metrics carry no variant.
  endpoint_dimensions = { EndpointName = var.endpoint_name }
  variant_dimensions  = merge(local.endpoint_dimensions, { VariantName = var.variant_name })

  # Series per instance type exist for instance pools only, not for a variant of a single type.
  pooled          = length(var.instance_pools) > 1
  instance_types  = var.instance_pools[*].instance_type
  type_dimensions = tomap({ for type in local.instance_types : type => merge(local.variant_dimensions, { InstanceType = type }) })

  max_concurrencies = { for pool in var.instance_pools : pool.instance_type => pool.max_concurrency if pool.max_concurrency != null }

  # GPUs by family and size, 1 in the sizes that are left out (Amazon EC2 instance types, Accelerated computing).
  gpu_families = {
    g4dn    = { "12xlarge" = 4 }
    g5      = { "12xlarge" = 4, "24xlarge" = 4, "48xlarge" = 8 }
    g6      = { "12xlarge" = 4, "24xlarge" = 4, "48xlarge" = 8 }
    g6e     = { "12xlarge" = 4, "24xlarge" = 4, "48xlarge" = 8 }
    g7      = { "12xlarge" = 2, "24xlarge" = 4, "48xlarge" = 8 }
    g7e     = { "12xlarge" = 2, "24xlarge" = 4, "48xlarge" = 8 }
    p3      = { "8xlarge" = 4, "16xlarge" = 8 }
    p4d     = { "24xlarge" = 8 }
    p4de    = { "24xlarge" = 8 }
    p5      = { "48xlarge" = 8 }
    p5e     = { "48xlarge" = 8 }
    p5en    = { "48xlarge" = 8 }
    p6-b200 = { "48xlarge" = 8 }
    p6-b300 = { "48xlarge" = 8 }
  }
  # A family that is not in the table has no GPU alarm, unless gpus says how many there are.
  gpus = {
    for pool in var.instance_pools : pool.instance_type => coalesce(pool.gpus, try(lookup(
      local.gpu_families[split(".", pool.instance_type)[1]], split(".", pool.instance_type)[2], 1
    ), 0))
  }
  gpu_types = [for type in local.instance_types : type if local.gpus[type] > 0]

  # The metric that the kind of endpoint scales on, where no other is given.
  plain_metrics = {
    async = {
      dimensions  = local.endpoint_dimensions
      id          = "signal"
      label       = "Backlog per instance"
      metric_name = "ApproximateBacklogSizePerInstance"
      namespace   = "AWS/SageMaker"
      statistic   = "Average"
    }
    # The statistic of the alarms behind the predefined high-resolution metric.
    realtime = {
      dimensions  = local.variant_dimensions
      id          = "signal"
      label       = "Requests in flight on the busiest instance"
      metric_name = "ConcurrentRequestsPerModel"
      namespace   = "AWS/SageMaker"
      statistic   = "Maximum"
    }
  }
  signal_metrics = length(var.signal.metrics) > 0 ? var.signal.metrics : [local.plain_metrics[var.kind]]
  weighted       = var.signal.expression != null
  signal_id      = local.weighted ? "signal" : local.signal_metrics[0].id
  signal_label   = coalesce(var.signal.label, local.weighted ? "Signal" : local.signal_metrics[0].label, local.signal_metrics[0].metric_name)

  # Each instance sends one sample of its utilization in each interval: the number of samples in a minute is the number
  # of instances (Amazon SageMaker Developer Guide, async-inference-troubleshooting).
  count_metric         = { metric_name = "CPUUtilization", namespace = "/aws/sagemaker/Endpoints", statistic = "SampleCount" }
  count_period         = max(60, var.metric_publish_frequency_in_seconds)
  samples_per_instance = local.count_period / var.metric_publish_frequency_in_seconds
}
