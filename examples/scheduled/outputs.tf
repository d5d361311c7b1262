output "endpoint_name" {
  description = "Name of the endpoint, for InvokeEndpoint and InvokeEndpointWithBidirectionalStream."
  value       = module.speech.realtime.name
}

output "scaling_resource_id" {
  description = "Resource id of the scalable target."
  value       = module.speech.realtime.scaling_resource_id
}

output "target_value" {
  description = "Target value of the scaling policy, in requests in flight per instance."
  value       = module.speech.realtime.target_value
}
