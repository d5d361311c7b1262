output "alarm_topic_arn" {
  description = "ARN of the SNS topic that receives a message when an alarm is raised and when it clears. Subscribe whoever is on call."
  value       = aws_sns_topic.this["alarms"].arn
}

output "async_endpoint_name" {
  description = "Name of the asynchronous endpoint, for InvokeEndpointAsync."
  value       = module.speech.async.name
}

output "async_scaling_resource_id" {
  description = "Resource id of the scalable target of the asynchronous endpoint."
  value       = module.speech.async.scaling_resource_id
}

output "bucket" {
  description = "Bucket for requests (in/), results (out/) and failures (failed/)."
  value       = aws_s3_bucket.transcripts.bucket
}

output "error_topic_arn" {
  description = "ARN of the SNS topic that receives a message for each failed asynchronous request."
  value       = aws_sns_topic.this["error"].arn
}

output "execution_role_arn" {
  description = "ARN of the execution role of the model."
  value       = module.speech.execution_role.arn
}

output "kms_key_arn" {
  description = "Key that encrypts the bucket, the results and the topics."
  value       = aws_kms_key.speech.arn
}

output "model_name" {
  description = "Name of the model."
  value       = module.speech.model.name
}

output "realtime_endpoint_name" {
  description = "Name of the real-time endpoint, for InvokeEndpoint and InvokeEndpointWithBidirectionalStream."
  value       = module.speech.realtime.name
}

output "realtime_scaling_resource_id" {
  description = "Resource id of the scalable target of the real-time endpoint."
  value       = module.speech.realtime.scaling_resource_id
}

output "success_topic_arn" {
  description = "ARN of the SNS topic that receives a message for each completed asynchronous request."
  value       = aws_sns_topic.this["success"].arn
}

output "wake_up_alarm_arn" {
  description = "ARN of the alarm that wakes the asynchronous endpoint from zero."
  value       = module.speech.async.wake_up_alarm_arn
}
