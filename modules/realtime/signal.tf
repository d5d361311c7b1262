# The signal that scaling follows, chosen from the pools (docs/decisions/0005).

locals {
  high_resolution = "SageMakerVariantConcurrentRequestsPerModelHighResolution"

  # Without pools only their validation speaks.
  max_concurrencies  = coalescelist([for pool in var.instance_pools : coalesce(pool.max_concurrency, 1)], [1])
  variant_dimensions = { EndpointName = var.name, VariantName = var.variant_name } # not the endpoint's: it may wait for alarms on these

  # The predefined metric treats all instances as equal. Pools that differ need a weighted one.
  derived_from_pools = var.signal.custom_metric == null && var.signal.predefined_metric_type == null
  weighted           = local.derived_from_pools && length(distinct(local.max_concurrencies)) > 1
  has_guard          = local.weighted && var.signal.fast_guard

  predefined_metric_type = (
    local.weighted || var.signal.custom_metric != null ? null : coalesce(var.signal.predefined_metric_type, local.high_resolution)
  )
  predefined_in_use = compact([local.predefined_metric_type, local.has_guard ? local.high_resolution : null])

  # In requests per instance. Products of decimals come with a tail (48 * 0.6 is 28.8 and a bit), which format
  # cuts off.
  weakest_target = tonumber(format("%.9g", min(local.max_concurrencies...) * var.target_utilization))
  largest_target = tonumber(format("%.9g", max(local.max_concurrencies...) * var.target_utilization))

  # For the predefined metric it is what the weakest pool bears, if they differ after all.
  target_value = coalesce(var.signal.target_value, local.weighted ? var.target_utilization : local.weakest_target)

  # Utilization of the fullest instance of any type. A type without instances has no series and is passed
  # over; a constant divisor would let it dilute the others.
  hottest_pool = merge(
    {
      for index, pool in var.instance_pools : "concurrency_${index + 1}" => {
        expression    = null
        instance_type = pool.instance_type
        label         = "Requests in flight on the fullest ${pool.instance_type}"
        stat          = "Maximum"
      }
    },
    {
      utilization = {
        expression    = "MAX([${join(", ", [for index, limit in local.max_concurrencies : "concurrency_${index + 1}/${limit}"])}])"
        instance_type = null
        label         = "Utilization of the fullest instance type"
        stat          = null
      }
    },
  )

  # Demand over the capacity that is there. Every instance reports at the same rate, so the sample count of a
  # type is its share of the fleet; in sums a missing series counts as zero, above and below the line.
  present_capacity = merge(
    {
      for index, pool in var.instance_pools : "demand_${index + 1}" => {
        expression    = null
        instance_type = pool.instance_type
        label         = "Requests in flight on ${pool.instance_type}, summed over samples"
        stat          = "Sum"
      }
    },
    {
      for index, pool in var.instance_pools : "samples_${index + 1}" => {
        expression    = null
        instance_type = pool.instance_type
        label         = "Samples of ${pool.instance_type}"
        stat          = "SampleCount"
      }
    },
    {
      utilization = {
        expression = format(
          "(%s) / (%s)",
          join(" + ", [for index, _ in local.max_concurrencies : "demand_${index + 1}"]),
          join(" + ", [for index, limit in local.max_concurrencies : "samples_${index + 1} * ${limit}"]),
        )
        instance_type = null
        label         = "Demand over the capacity that is present"
        stat          = null
      }
    },
  )

  weighted_queries = local.weighted ? (var.signal.weighting == "hottest_pool" ? local.hottest_pool : local.present_capacity) : {}

  # What the policy follows where it is no predefined metric: metric math, of the pools or the caller's own, or one metric.
  queries = concat(
    [
      for id, query in local.weighted_queries : {
        expression = query.expression
        id         = id
        label      = query.label
        metric_stat = query.stat == null ? null : {
          metric = {
            dimensions  = merge(local.variant_dimensions, { InstanceType = query.instance_type })
            metric_name = "ConcurrentRequestsPerModel"
            namespace   = "AWS/SageMaker"
          }
          stat = query.stat
          unit = null
        }
        return_data = query.expression != null
      }
    ],
    [
      for query in flatten(var.signal.custom_metric[*].metrics) : merge(query, {
        metric_stat = query.metric_stat == null ? null : merge(query.metric_stat, {
          metric = merge(query.metric_stat.metric, { dimensions = coalesce(query.metric_stat.metric.dimensions, local.variant_dimensions) })
        })
      })
    ],
  )
  custom_metrics = [
    for metric in var.signal.custom_metric[*] : merge(metric, {
      dimensions = coalesce(metric.dimensions, local.variant_dimensions)
      namespace  = coalesce(metric.namespace, "AWS/SageMaker")
      statistic  = metric.statistic == null ? "Average" : metric.statistic
    }) if length(local.queries) == 0
  ]

  # For alarms and a dashboard that watch it; without metrics they know the concurrency.
  monitored_signal = {
    label = null
    metrics = concat(local.queries, [
      for metric in concat(local.custom_metrics, [
        for type in local.predefined_metric_type[*] : {
          dimensions  = local.variant_dimensions
          metric_name = "InvocationsPerInstance"
          namespace   = "AWS/SageMaker"
          statistic   = "Sum"
          unit        = null
        } if type == "SageMakerVariantInvocationsPerInstance"
        ]) : {
        expression  = null
        id          = "signal"
        label       = metric.metric_name == "InvocationsPerInstance" ? "Invocations per instance" : metric.metric_name
        metric_stat = { metric = { for name in ["dimensions", "metric_name", "namespace"] : name => metric[name] }, stat = metric.statistic, unit = metric.unit }
        return_data = true
      }
    ])
    target = local.target_value
  }
}

# The signal is the maximum over the instances, not their average: it does not fall as instances are added.
locals {
  requests_at_target = (
    local.predefined_metric_type == local.high_resolution ? local.target_value :
    local.weighted && var.signal.weighting == "hottest_pool" ? min(local.max_concurrencies...) * local.target_value : 1
  )
}

check "one_request_fits" {
  assert {
    condition     = local.requests_at_target >= 1
    error_message = "Set signal of the endpoint ${var.name} to { predefined_metric_type = \"SageMakerVariantInvocationsPerInstance\", target_value = N }, or raise target_utilization until max_concurrency times target_utilization is 1 or more for every type: now one request in flight anywhere is over the target, and the endpoint grows to capacity.max and stays there while anybody calls (docs/traps.md, \"A target under one request\")."
  }
}
