# Quota does not fall back as capacity does: every type of the pools needs it, for all instances that the
# endpoints may have, and for the second fleet of an update.

locals {
  quota_endpoints = concat(var.realtime[*], var.async[*])

  # A rolling update works in place; every other builds the new fleet beside the old one.
  quota_needed = sum(concat([0], [
    for endpoint in local.quota_endpoints : endpoint.capacity.max * (try(endpoint.deployment.strategy, "") == "ROLLING" ? 1 : 2)
  ]))
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
    error_message = "Ask for higher SageMaker quotas, or lower capacity.max: the endpoints of ${var.name} may need ${local.quota_needed} instances of each type (a second fleet during updates included), and there is ${join(", ", [for name, value in local.quota_short : "\"${name}\" = ${value}"])}."
  }
}
