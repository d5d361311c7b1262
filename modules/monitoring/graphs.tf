# The graphs of the dashboard. A line is one entry of `metrics` in a widget: namespace, metric name, names and values of
# dimensions in turn, and rendering options; or an expression over the ids of other lines.

locals {
  endpoint_path = ["EndpointName", var.endpoint_name]
  variant_path  = concat(local.endpoint_path, ["VariantName", var.variant_name])
  type_paths    = { for type in local.instance_types : type => concat(local.variant_path, local.several_types ? ["InstanceType", type] : []) }

  alarm_color  = "#d62728"
  bound_color  = "#7f7f7f"
  target_color = "#ff7f0e"

  signal_lines = concat(
    [
      for query in local.signal : concat(
        [query.metric_stat.metric.namespace, query.metric_stat.metric.metric_name],
        flatten([for name, value in query.metric_stat.metric.dimensions : [name, value]]),
        [{ id = query.id, label = coalesce(query.label, query.metric_stat.metric.metric_name), stat = query.metric_stat.stat, visible = query.return_data }],
      ) if query.metric_stat != null
    ],
    [
      for query in local.signal : [{ expression = query.expression, id = query.id, label = query.return_data ? local.signal_label : coalesce(query.label, query.id), visible = query.return_data }]
      if query.metric_stat == null
    ],
  )

  concurrency_lines = [
    for type in local.instance_types :
    concat(["AWS/SageMaker", "ConcurrentRequestsPerModel"], local.type_paths[type], [{ label = type, stat = "Maximum" }])
  ]
  distinct_limits = distinct(values(local.max_concurrencies))
  concurrency_limits = [
    for limit in local.distinct_limits : {
      color = local.alarm_color
      label = "Sustained by ${length(local.distinct_limits) == 1 ? "an instance" : join(", ", [for type, value in local.max_concurrencies : type if value == limit])}"
      value = limit
    }
  ]

  # Lines that count instances by their samples, in total and by type.
  instance_counts = {
    instances         = [{ label = "Instances", path = local.variant_path }]
    instances_by_type = [for type in local.instance_types : { label = type, path = local.type_paths[type] }]
  }
  instance_count_lines = {
    for graph, lines in local.instance_counts : graph => concat(
      [
        for index, line in lines : concat(
          [local.count_metric.namespace, local.count_metric.metric_name],
          line.path,
          [{ id = "samples_${index + 1}", label = line.label, stat = local.count_metric.statistic, visible = local.samples_per_instance == 1 }],
        )
      ],
      [
        for index, line in lines :
        [{ expression = "samples_${index + 1} / ${local.samples_per_instance}", id = "instances_${index + 1}", label = line.label }] if local.samples_per_instance > 1
      ],
    )
  }
  count_bounds = [
    for name, count in var.capacity : { color = local.bound_color, label = "capacity.${name}", value = count }
  ]

  # Latencies with the statistics that AWS documents for each. per_second converts microseconds or milliseconds.
  latencies = concat(
    [for stat in ["p50", "p90", "p99"] : { name = "FirstChunkLatency", label = "First chunk, ${stat}", per_second = local.microseconds_per_second, stat = stat } if local.realtime],
    [for stat in ["p50", "p90", "p99"] : { name = "ModelLatency", label = "Model, ${stat}", per_second = local.microseconds_per_second, stat = stat } if local.realtime],
    [for stat in ["Average", "Maximum"] : { name = "TimeInBacklog", label = "In the queue, ${lower(stat)}", per_second = local.microseconds_per_second, stat = stat } if local.async],
    [for stat in ["Average", "Maximum"] : { name = "TotalProcessingTime", label = "To the result, ${lower(stat)}", per_second = 1000, stat = stat } if local.async],
  )
  latency_lines = concat(
    [
      for index, latency in local.latencies :
      concat(["AWS/SageMaker", latency.name], local.variant_path, [{ id = "latency_${index + 1}", stat = latency.stat, visible = false }])
    ],
    [
      for index, latency in local.latencies :
      [{ expression = "latency_${index + 1} / ${latency.per_second}", id = "seconds_${index + 1}", label = latency.label }]
    ],
  )

  # AWS's page async-inference-monitor writes InvocationsProcesssed; Cloud Custodian's documentation, which has recordings
  # of asynchronous endpoints, says that the metric is InvocationsProcessed. One of the two lines is empty.
  request_counts = local.async ? ["InvocationsProcessed", "InvocationsProcesssed"] : ["Invocations"]

  errors = concat(
    local.async ? ["InvocationFailures", "RequestDownloadFailures", "ResponseUploadFailures", "NotificationFailures", "ExpiredRequests"] : [],
    local.realtime ? ["MidStreamErrors"] : [],
    ["Invocation5XXErrors", "Invocation4XXErrors"],
  )

  # Utilization of the GPUs, or of the CPUs if no type has a GPU.
  utilization       = length(local.gpu_types) > 0 ? { metric_name = "GPUUtilization", of = "GPU", types = local.gpu_types } : { metric_name = "CPUUtilization", of = "core", types = local.instance_types }
  utilization_lines = [for type in local.utilization.types : concat(["/aws/sagemaker/Endpoints", local.utilization.metric_name], local.type_paths[type], [{ label = type, stat = "Average" }])]

  # Thresholds of the alarms that are on, as lines in their graphs.
  alarm_lines = {
    for graph, names in {
      age         = { oldest_request_age = "Alarm" }
      errors      = { errors_5xx_count = "Alarm, 5XX", invocation_failures = "Alarm, invocation failures" }
      latency     = { first_chunk_latency = "Alarm, first chunk", model_latency = "Alarm, model" }
      utilization = { for key, alarm in local.metric_alarms : key => join(" ", compact(["Alarm", trimprefix(trimprefix(key, "gpu_utilization"), "_")])) if alarm.alarm == "gpu_utilization" }
      } : graph => [
      for key, label in names : {
        color = local.alarm_color
        label = label
        value = graph == "latency" ? var.alarms[key].threshold : local.metric_alarms[key].threshold
      } if local.on[local.metric_alarms[key].alarm]
    ]
  }

  graphs = {
    age = {
      annotations = local.alarm_lines.age
      axis        = "seconds"
      lines       = [concat(["AWS/SageMaker", "ApproximateAgeOfOldestRequest"], local.endpoint_path, [{ label = "Oldest request", stat = "Maximum" }])]
      title       = "Age of the oldest request in the queue"
    }
    backlog = {
      axis  = "requests"
      lines = [concat(["AWS/SageMaker", "ApproximateBacklogSize"], local.endpoint_path, [{ label = "Waiting or being worked on", stat = "Maximum" }])]
      title = "Backlog"
    }
    concurrency = {
      annotations = local.concurrency_limits
      axis        = "requests in flight"
      lines       = local.concurrency_lines
      title       = local.several_types ? "Requests in flight on the busiest instance, by type" : "Requests in flight on the busiest instance"
    }
    errors = {
      annotations = local.alarm_lines.errors
      axis        = "in five minutes"
      lines       = [for name in local.errors : concat(["AWS/SageMaker", name], local.variant_path, [{ label = name, stat = "Sum" }])]
      period      = 300
      title       = local.async ? "Failures and errors" : "Errors"
    }
    instances = {
      annotations = local.count_bounds
      axis        = "instances"
      lines       = local.instance_count_lines.instances
      period      = local.count_period
      title       = "Instances"
    }
    instances_by_type = {
      axis    = "instances"
      lines   = local.instance_count_lines.instances_by_type
      period  = local.count_period
      stacked = true
      title   = "Instances by type"
    }
    latency = {
      annotations = local.alarm_lines.latency
      axis        = "seconds"
      lines       = local.latency_lines
      title       = local.async ? "Time of a request" : "Latency"
    }
    requests = {
      axis  = "a minute"
      lines = [for name in local.request_counts : concat(["AWS/SageMaker", name], local.variant_path, [{ label = name, stat = "Sum" }])]
      title = local.async ? "Requests processed" : "Requests"
    }
    signal = {
      annotations = [{ color = local.target_color, label = "Target", value = var.signal.target }]
      axis        = local.signal_label
      lines       = local.signal_lines
      title       = "Signal of scaling and its target"
    }
    utilization = {
      annotations = local.alarm_lines.utilization
      axis        = "percent, 100 for each ${local.utilization.of}"
      lines       = local.utilization_lines
      period      = 300
      title       = "${local.utilization.metric_name}, average over the instances"
    }
    waking = {
      axis  = "1: requests wait, no instance runs"
      lines = [concat(["AWS/SageMaker", "HasBacklogWithoutCapacity"], local.endpoint_path, [{ label = "Backlog without capacity", stat = "Maximum" }])]
      title = "Backlog without capacity"
    }
  }
}
