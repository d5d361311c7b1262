# Quota does not fall back as capacity does: every type of the pools needs it, for all instances that the
# endpoints may have, and for the second fleet of an update.

locals {
  # At most of each: what bounds and schedules allow, and what an update builds beside it, a batch where it
  # is rolling and a second fleet where it is not.
  quota_needed = sum([
    for endpoint in [
      { deployment = try(var.realtime.deployment, null), max = try(local.realtime_bounds.max, 0) },
      { deployment = try(var.async.deployment, null), max = try(local.async_bounds.max, 0) },
    ] :
    endpoint.max + (
      try(endpoint.deployment.strategy, "") != "ROLLING" ? endpoint.max :
      endpoint.deployment.step.type == "INSTANCE_COUNT" ? endpoint.deployment.step.value : ceil(endpoint.max * endpoint.deployment.step.value / 100)
    )
  ])
  quota_types = var.quota_check ? toset(var.instance_pools[*].instance_type) : toset([])
  quota_short = { for type, quota in data.aws_servicequotas_service_quota.endpoint_usage : quota.quota_name => quota.value if quota.value < local.quota_needed }
}

data "aws_servicequotas_service_quota" "endpoint_usage" {
  for_each = local.quota_types

  service_code = "sagemaker"
  quota_name   = "${each.key} for endpoint usage"
}

check "quota" {
  assert {
    condition     = length(local.quota_short) == 0
    error_message = "Ask for higher SageMaker quotas, or lower capacity.max: the endpoints of ${var.name} may need ${local.quota_needed} instances of each type (what an update adds included), and there is ${join(", ", [for name, value in local.quota_short : "\"${name}\" = ${value}"])}."
  }
}
