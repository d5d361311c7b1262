output "endpoint_name" {
  description = "Name of the endpoint, for InvokeEndpoint and InvokeEndpointWithBidirectionalStream."
  value       = module.speech.realtime.name
}

output "scaling_resource_id" {
  description = "Resource id of the scalable target."
  value       = module.speech.realtime.scaling_resource_id
}

output "target_value" {
  description = "Utilization of the fullest instance type that scaling aims at."
  value       = module.speech.realtime.target_value
}
