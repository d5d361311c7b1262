output "realtime_endpoint_name" {
  description = "Name of the endpoint by region, for InvokeEndpoint and InvokeEndpointWithBidirectionalStream."
  value = {
    (var.region)        = module.first.realtime.name
    (var.second_region) = module.second.realtime.name
  }
}

output "realtime_scaling_resource_id" {
  description = "Resource id of the scalable target by region."
  value = {
    (var.region)        = module.first.realtime.scaling_resource_id
    (var.second_region) = module.second.realtime.scaling_resource_id
  }
}
