# SageMaker does not fall back to another type when a quota is reached. So every type of the pools needs a quota for all
# instances that the endpoints may have, including those that an update adds.

locals {
  # The most instances of each endpoint: the highest count that capacity and schedules allow, and what an update adds:
  # one batch if it is rolling, otherwise a second fleet. What is missing, the endpoint module asks for.
  quota_fleets = [
    for endpoint in concat(
      [for realtime in var.realtime[*] : { deployment = realtime.deployment, max = local.bounds.realtime.max, pools = local.realtime_pools }],
      [for async in var.async[*] : { deployment = async.deployment, max = local.bounds.async.max, pools = local.async_pools }],
      ) : {
      instances = try(endpoint.max + (
        endpoint.deployment.strategy != "ROLLING" ? endpoint.max :
        endpoint.deployment.step.type == "INSTANCE_COUNT" ? endpoint.deployment.step.value : ceil(endpoint.max * endpoint.deployment.step.value / 100)
      ), 0)
      types = endpoint.pools[*].instance_type
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
