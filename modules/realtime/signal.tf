# The metric that scaling follows, derived from the pools by default (docs/decisions/0005).

locals {
  high_resolution = "SageMakerVariantConcurrentRequestsPerModelHighResolution"

  # The fallback keeps these expressions valid without pools, so that only the validation of instance_pools fails. format
  # removes the rounding error of decimals (48 * 0.6 is 28.8 and a bit), by which equal pools would differ.
  max_concurrencies  = coalescelist([for pool in var.instance_pools : tonumber(format("%.9g", coalesce(pool.max_concurrency, 1)))], [1])
  variant_dimensions = { EndpointName = var.name, VariantName = var.variant_name } # from the input: the endpoint may depend on alarms with these dimensions

  # The predefined metric treats all instances as equal, so unequal pools need a weighted metric.
  derived_from_pools = var.signal.custom_metric == null && var.signal.predefined_metric_type == null
  weighted           = local.derived_from_pools && length(distinct(local.max_concurrencies)) > 1
  has_guard          = local.weighted && var.signal.fast_guard

  predefined_metric_type = (
    local.weighted || var.signal.custom_metric != null ? null : coalesce(var.signal.predefined_metric_type, local.high_resolution)
  )
  predefined_in_use = compact([local.predefined_metric_type, local.has_guard ? local.high_resolution : null])

  # Targets in requests per instance, without such an error.
  weakest_target = tonumber(format("%.9g", min(local.max_concurrencies...) * var.target_utilization))
  largest_target = tonumber(format("%.9g", max(local.max_concurrencies...) * var.target_utilization))

  # If the caller chose the predefined metric for unequal pools, the weakest pool sets the target.
  target_value = coalesce(var.signal.target_value, local.weighted ? var.target_utilization : local.weakest_target)

  # Utilization of the fullest instance of any type. MAX ignores a type without instances, which has no data.
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

  # Demand divided by the capacity of the running instances. Every instance sends samples at the same rate, so the
  # sample count of a type is its share of the fleet. In both sums a type without data counts as zero.
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

  # The metric that the policy follows if it is not predefined: queries is metric math (of the pools or the caller),
  # custom_metrics is one metric of the caller. At most one of them has entries.
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
    flatten(module.endpoint.signal_metrics[*].queries),
  )
  custom_metrics = flatten(module.endpoint.signal_metrics[*].metrics)

  # The signal for the alarms and the dashboard of modules/monitoring. Empty metrics stand for the concurrency.
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
    condition     = length(var.instance_pools) == 0 || local.requests_at_target >= 1 # without pools only their validation speaks
    error_message = "Set signal of the endpoint ${var.name} to { predefined_metric_type = \"SageMakerVariantInvocationsPerInstance\", target_value = N }, or raise target_utilization until max_concurrency times target_utilization is 1 or more for every type. As it is, a single request in flight exceeds the target, so the endpoint scales out to capacity.max and stays there under any traffic (docs/traps.md, \"A target under one request\")."
  }
}
