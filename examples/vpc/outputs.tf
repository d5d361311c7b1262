output "endpoint_name" {
  description = "Name of the endpoint, for InvokeEndpoint."
  value       = module.private.realtime.name
}

output "scaling_resource_id" {
  description = "Resource id of the scalable target."
  value       = module.private.realtime.scaling_resource_id
}

output "target_value" {
  description = "Target value of the scaling policy, in requests in flight per instance."
  value       = module.private.realtime.target_value
}
