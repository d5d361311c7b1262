# The metrics that SageMaker publishes for an endpoint, and what policies and signal read where the caller does not say.

locals {
  # Pages of the Amazon SageMaker Developer Guide: monitoring-cloudwatch (namespaces, dimensions, statistics; instances and
  # multi-model endpoints), async-inference-monitor ("an exhaustive list of metrics for asynchronous endpoints" in
  # AWS/SageMaker, beside those of instances; InvocationsProcesssed is its spelling), async-inference-autoscale
  # (HasBacklogWithoutCapacity), monitoring-detailed-observability-metric-mapping (streams). The statistic is Average
  # where the guide allows it. In Average InvocationsPerInstance would always be one divided by the instances, because
  # each request sends that value. Of the normalized metrics monitoring-cloudwatch says that they are for inference
  # components only, and accounts of enhanced metrics say otherwise: they are taken.
  metric_groups = [
    { kinds = ["async"], namespace = "AWS/SageMaker", of_queue = true, statistic = "Average", names = [
      "ApproximateAgeOfOldestRequest", "ApproximateBacklogSize", "ApproximateBacklogSizePerInstance", "HasBacklogWithoutCapacity",
    ] },
    { kinds = ["async"], namespace = "AWS/SageMaker", of_queue = false, statistic = "Sum", names = [
      "ExpiredRequests", "InvocationFailures", "InvocationsProcessed", "InvocationsProcesssed", "NotificationFailures",
      "RequestDownloadFailures", "ResponseUploadFailures",
    ] },
    { kinds = ["async"], namespace = "AWS/SageMaker", of_queue = false, statistic = "Average", names = [
      "RequestDownloadLatency", "ResponseUploadLatency", "TimeInBacklog", "TotalProcessingTime",
    ] },
    { kinds = ["realtime"], namespace = "AWS/SageMaker", of_queue = false, statistic = "Maximum", names = ["ConcurrentRequestsPerModel"] },
    { kinds = ["realtime"], namespace = "AWS/SageMaker", of_queue = false, statistic = "Sum", names = ["Invocations", "InvocationsPerInstance"] },
    { kinds = ["realtime"], namespace = "AWS/SageMaker", of_queue = false, statistic = "Average", names = [
      "FirstChunkLatency", "FirstChunkModelLatency", "FirstChunkOverheadLatency", "InvocationModelErrors", "MidStreamErrors",
      "ModelCacheHit", "ModelDownloadingTime", "ModelLoadingTime", "ModelLoadingWaitTime", "ModelUnloadingTime", "OverheadLatency",
    ] },
    { kinds = ["async", "realtime"], namespace = "AWS/SageMaker", of_queue = false, statistic = "Average", names = [
      "Invocation4XXErrors", "Invocation5XXErrors", "ModelLatency",
    ] },
    { kinds = ["async", "realtime"], namespace = "/aws/sagemaker/Endpoints", of_queue = false, statistic = "Average", names = [
      "CPUUtilization", "CPUUtilizationNormalized", "DiskUtilization", "GPUMemoryUtilization", "GPUMemoryUtilizationNormalized",
      "GPUUtilization", "GPUUtilizationNormalized", "MemoryUtilization", "MemoryUtilizationNormalized",
    ] },
    { kinds = ["realtime"], namespace = "/aws/sagemaker/Endpoints", of_queue = false, statistic = "Average", names = ["LoadedModelCount"] },
  ]
  published_metrics = merge([for group in local.metric_groups : { for name in group.names : name => group }]...)

  # A metric of another name or namespace. Nothing is known of it.
  other_metric = { kinds = ["async", "realtime"], namespace = "AWS/SageMaker", of_queue = false, statistic = "Average" }

  # Each metric that is read, by policy and, in metric math, by id. Neither has a slash.
  read_metrics = merge(concat(
    [for key, custom in var.tracking.custom_metrics : { for metric in [custom] : key => metric if length(custom.metrics) == 0 }],
    [
      for key, custom in var.tracking.custom_metrics : {
        for query in custom.metrics : "${key}/${query.id}" => merge(query.metric_stat.metric, { statistic = query.metric_stat.stat })
        if query.metric_stat != null
      }
    ],
    [{ for name, policy in var.policies : "alarms/${name}" => policy.step.alarm if policy.step != null }],
  )...)
  metric_facts = {
    for key, metric in local.read_metrics : key => try(
      [for facts in [local.published_metrics[metric.metric_name]] : facts if coalesce(metric.namespace, facts.namespace) == facts.namespace][0],
      local.other_metric,
    )
  }

  # The same with nothing left out. SageMaker publishes metrics of the queue by endpoint: with VariantName they have no data.
  complete_metrics = {
    for key, metric in local.read_metrics : key => {
      dimensions = coalesce(
        metric.dimensions,
        local.metric_facts[key].of_queue ? { EndpointName = var.name } : { EndpointName = var.name, VariantName = var.tracking.variant_name },
      )
      metric_name = metric.metric_name
      namespace   = coalesce(metric.namespace, local.metric_facts[key].namespace)
      statistic   = metric.statistic == null ? local.metric_facts[key].statistic : metric.statistic
    }
  }

  # What target tracking follows: one metric, or the queries of metric math. One of the lists is empty.
  tracked_metrics = {
    for key, custom in var.tracking.custom_metrics : key => {
      metrics = [for metric in [custom] : merge(local.complete_metrics[key], { unit = custom.unit }) if length(custom.metrics) == 0]
      queries = [
        for query in custom.metrics : merge(query, {
          metric_stat = query.metric_stat == null ? null : {
            metric = { for name in ["dimensions", "metric_name", "namespace"] : name => local.complete_metrics["${key}/${query.id}"][name] }
            stat   = query.metric_stat.stat
            unit   = query.metric_stat.unit
          }
        })
      ]
    }
  }

  # Metrics of SageMaker that are read where it does not publish them.
  misplaced = distinct([
    for metric in values(local.complete_metrics) : metric.metric_name if try(
      metric.namespace == local.published_metrics[metric.metric_name].namespace ?
      local.published_metrics[metric.metric_name].of_queue && contains(keys(metric.dimensions), "VariantName") :
      contains(local.metric_groups[*].namespace, metric.namespace), false
    )
  ])

  # What each policy with target tracking follows, in full.
  predefined_types = {
    for name, policy in var.policies : "policies/${name}" => policy.target_tracking.predefined_metric_type
    if try(policy.target_tracking.predefined_metric_type, null) != null
  }
  followed  = merge(local.predefined_types, { for key, metric in local.tracked_metrics : key => jsonencode(metric) })
  competing = [for key, metric in local.followed : key if length([for other in values(local.followed) : other if other == metric]) > 1]

  # Metrics that this endpoint does not publish, because they are of the other kind. Another endpoint may be of that kind.
  # The predefined metrics are those of real-time endpoints.
  kind = var.async_inference == null ? "realtime" : "async"
  unpublished = distinct(concat(
    [
      for key, metric in local.complete_metrics : metric.metric_name
      if !contains(local.metric_facts[key].kinds, local.kind) && lookup(metric.dimensions, "EndpointName", var.name) == var.name
    ],
    local.kind == "async" ? values(local.predefined_types) : [],
  ))
}

check "misplaced_metrics" {
  assert {
    condition     = length(local.misplaced) == 0
    error_message = "Omit namespace and dimensions of ${join(", ", local.misplaced)} in signal and policies of the endpoint ${var.name}: SageMaker publishes them in its other namespace, or without VariantName, so what is read has no data."
  }
}
