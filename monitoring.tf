locals {
  # The alarms that roll an update back: those of the input, and those of monitoring. The endpoint depends on the
  # latter, so they must take its name from the inputs, not from the endpoint. They are read by [0], because [*] would
  # also depend on the dashboard.
  realtime_deployment = one([
    for endpoint in var.realtime[*] : merge(endpoint.deployment, {
      rollback_alarm_names = concat(endpoint.deployment.rollback_alarm_names, var.monitoring == null ? [] : module.realtime_monitoring[0].rollback_alarm_names)
    })
  ])
  async_deployment = one([
    for endpoint in var.async[*] : merge(endpoint.deployment, {
      rollback_alarm_names = concat(endpoint.deployment.rollback_alarm_names, var.monitoring == null ? [] : module.async_monitoring[0].rollback_alarm_names)
    })
  ])

  # The lowest and the highest count that capacity and the schedules allow. A count that is missing is left out, because
  # the endpoint module asks for it. A bound is unknown only if one of its own counts is.
  bounds = {
    for kind, endpoints in { async = var.async[*], realtime = var.realtime[*] } : kind => one([
      for endpoint in endpoints : {
        for bound, counts in {
          max = [for counts in concat([endpoint.capacity], values(endpoint.schedules)) : counts.max if try(counts.max != null, false)]
          min = [for counts in concat([endpoint.capacity], values(endpoint.schedules)) : counts.min if try(counts.min != null, false)]
        } : bound => try(bound == "max" ? max(counts...) : min(counts...), null)
      }
    ])
  }
}

module "realtime_monitoring" {
  source = "./modules/monitoring"
  count  = var.monitoring == null || var.realtime == null ? 0 : 1

  alarm_actions                       = var.monitoring.alarm_actions
  alarms                              = var.monitoring.alarms
  capacity                            = local.bounds.realtime
  dashboard                           = var.monitoring.dashboard
  endpoint_name                       = local.realtime_name
  instance_pools                      = local.realtime_pools
  kind                                = "realtime"
  metric_publish_frequency_in_seconds = try(var.metrics_config.metric_publish_frequency_in_seconds, 60)
  ok_actions                          = var.monitoring.ok_actions
  policy_alarm_arns                   = module.realtime[0].policy_alarm_arns
  rollback_on                         = var.realtime.deployment.rollback_on
  signal                              = module.realtime[0].signal
  tags                                = var.tags
  variant_name                        = var.variant_name
}

module "async_monitoring" {
  source = "./modules/monitoring"
  count  = var.monitoring == null || var.async == null ? 0 : 1

  alarm_actions                       = var.monitoring.alarm_actions
  alarms                              = var.monitoring.alarms
  capacity                            = local.bounds.async
  dashboard                           = var.monitoring.dashboard
  endpoint_name                       = local.async_name
  instance_pools                      = local.async_pools
  kind                                = "async"
  metric_publish_frequency_in_seconds = try(var.metrics_config.metric_publish_frequency_in_seconds, 60)
  ok_actions                          = var.monitoring.ok_actions
  policy_alarm_arns                   = module.async[0].policy_alarm_arns
  rollback_on                         = var.async.deployment.rollback_on
  signal                              = module.async[0].signal
  tags                                = var.tags
  variant_name                        = var.variant_name
  wake_up_alarm_arn                   = module.async[0].wake_up_alarm_arn
}

# This check is in the root because it compares the endpoint (its signal) with monitoring (the alarm on it).
check "weighted_signal_is_watched" {
  assert {
    condition     = !anytrue(module.realtime[*].weighted) || (var.monitoring == null ? false : coalesce(var.monitoring.alarms.silent_signal.enabled, true))
    error_message = "Set monitoring = {}, whose alarm silent_signal notifies when scaling has no data, or set all instance_pools to the same max_concurrency. Pools that differ scale on ConcurrentRequestsPerModel by InstanceType, on which AWS's pages disagree. Without data the endpoint ${coalesce(local.realtime_name, "-")} only grows (docs/mixed-fleets.md, \"Without the metric by type\")."
  }
}
