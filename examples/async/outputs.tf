output "bucket" {
  description = "Bucket for requests (in/), results (out/) and failures (failed/)."
  value       = aws_s3_bucket.transcripts.bucket
}

output "endpoint_name" {
  description = "Name of the endpoint, for InvokeEndpointAsync."
  value       = module.transcripts.async.name
}

output "error_topic_arn" {
  description = "ARN of the SNS topic that receives a message for each failed request."
  value       = aws_sns_topic.error.arn
}

output "scaling_resource_id" {
  description = "Resource id of the scalable target."
  value       = module.transcripts.async.scaling_resource_id
}

output "success_topic_arn" {
  description = "ARN of the SNS topic that receives a message for each completed request."
  value       = aws_sns_topic.success.arn
}

output "wake_up_alarm_arn" {
  description = "ARN of the alarm that wakes the endpoint from zero."
  value       = module.transcripts.async.wake_up_alarm_arn
}
