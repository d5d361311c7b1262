output "batch_endpoint_name" {
  description = "Name of the endpoint for recordings, for InvokeEndpointAsync."
  value       = module.speech.async.name
}

output "live_endpoint_name" {
  description = "Name of the endpoint for live streams, for InvokeEndpointWithBidirectionalStream."
  value       = module.speech.realtime.name
}
