output "realtime_endpoint_name" {
  description = "Name of the endpoint by region, for InvokeEndpoint and InvokeEndpointWithBidirectionalStream."
  value = {
    (var.region)        = module.first.realtime_endpoint_name
    (var.second_region) = module.second.realtime_endpoint_name
  }
}

output "realtime_scaling_resource_id" {
  description = "Resource id of the scalable target by region."
  value = {
    (var.region)        = module.first.realtime_scaling_resource_id
    (var.second_region) = module.second.realtime_scaling_resource_id
  }
}
