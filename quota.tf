# Quota does not fall back as capacity does: every type of the pools needs it, for all instances that the
# endpoints may have, and for the second fleet of an update.

locals {
  # At most of each: what bounds and schedules allow, and what an update builds beside it, a batch where it
  # is rolling and a second fleet where it is not.
  quota_fleets = [
    for endpoint in [
      { deployment = try(var.realtime.deployment, null), max = try(local.realtime_bounds.max, 0), pools = [for _ in var.realtime[*] : local.realtime_pools] },
      { deployment = try(var.async.deployment, null), max = try(local.async_bounds.max, 0), pools = [for _ in var.async[*] : local.async_pools] },
      ] : {
      instances = endpoint.max + (
        try(endpoint.deployment.strategy, "") != "ROLLING" ? endpoint.max :
        endpoint.deployment.step.type == "INSTANCE_COUNT" ? endpoint.deployment.step.value : ceil(endpoint.max * endpoint.deployment.step.value / 100)
      )
      types = flatten([for pools in endpoint.pools : pools[*].instance_type])
    }
  ]
  quota_types  = var.quota_check ? toset(flatten(local.quota_fleets[*].types)) : toset([])
  quota_needed = { for type in local.quota_types : type => sum([for fleet in local.quota_fleets : fleet.instances if contains(fleet.types, type)]) }
}

module "quota" {
  source   = "./modules/quota"
  for_each = local.quota_types

  instance_type = each.key
  instances     = local.quota_needed[each.key]
  name          = var.name
}
