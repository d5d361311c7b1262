output "async_endpoint_arn" {
  description = "ARN of the asynchronous endpoint; null without one."
  value       = one(module.async[*].endpoint_arn)
}

output "async_endpoint_name" {
  description = "Name of the asynchronous endpoint, for InvokeEndpointAsync; null without one."
  value       = one(module.async[*].endpoint_name)
}

output "async_policy_arns" {
  description = "ARNs of the scaling policies of the asynchronous endpoint: `backlog`, and `wake_up` where it may be empty."
  value       = one(module.async[*].policy_arns)
}

output "async_scaling_resource_id" {
  description = "Resource id of the scalable target of the asynchronous endpoint; null without one."
  value       = one(module.async[*].scaling_resource_id)
}

output "async_wake_up_alarm_arn" {
  description = "ARN of the alarm that wakes the asynchronous endpoint from zero; null where it is never empty."
  value       = one(module.async[*].wake_up_alarm_arn)
}

output "execution_role_arn" {
  description = "ARN of the role that the model runs with; null for an existing model."
  value       = one(module.model[*].execution_role_arn)
}

output "execution_role_name" {
  description = "Name of the created role, for further policies of your own; null when none was created."
  value       = one(module.model[*].execution_role_name)
}

output "invoke_policy_json" {
  description = "IAM policy document for those who call the endpoints, and nothing else."
  value       = data.aws_iam_policy_document.invoke.json
}

output "model_arn" {
  description = "ARN of the model; null for an existing model."
  value       = one(module.model[*].arn)
}

output "model_name" {
  description = "Name of the model that the endpoints serve."
  value       = local.model_name
}

output "monitoring_alarm_arns" {
  description = "ARNs of the alarms that notify, by endpoint and alarm; empty without `monitoring`."
  value = merge(
    { for monitoring in module.async_monitoring : "async" => monitoring.alarm_arns },
    { for monitoring in module.realtime_monitoring : "realtime" => monitoring.alarm_arns },
  )
}

output "operator_policy_json" {
  description = "IAM policy document for those who apply and destroy this module: what its resources need, by name. Allows changing roles only within `model.permissions_boundary`. Without one it allows none; someone else must create the role."
  value       = data.aws_iam_policy_document.operator.json
}

output "realtime_endpoint_arn" {
  description = "ARN of the real-time endpoint; null without one."
  value       = one(module.realtime[*].endpoint_arn)
}

output "realtime_endpoint_name" {
  description = "Name of the real-time endpoint, for InvokeEndpoint and InvokeEndpointWithBidirectionalStream; null without one."
  value       = one(module.realtime[*].endpoint_name)
}

output "realtime_policy_arns" {
  description = "ARNs of the scaling policies of the real-time endpoint, by name of the signal."
  value       = one(module.realtime[*].policy_arns)
}

output "realtime_scaling_resource_id" {
  description = "Resource id of the scalable target of the real-time endpoint; null without one."
  value       = one(module.realtime[*].scaling_resource_id)
}

output "realtime_target_value" {
  description = "Target value of the real-time policy: requests in flight per instance, or the utilization of the fullest type where pools differ."
  value       = one(module.realtime[*].target_value)
}
