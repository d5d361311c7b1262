output "arn" {
  description = "ARN of the endpoint."
  value       = module.endpoint.arn
}

output "config_name" {
  description = "Name of the endpoint configuration in use. It changes with the content."
  value       = module.endpoint.config_name
}

output "log_group_name" {
  description = "Name of the log group that the module created; null if `log_group.create` is false."
  value       = module.endpoint.log_group_name
}

output "name" {
  description = "Name of the endpoint, for InvokeEndpoint and InvokeEndpointWithBidirectionalStream."
  value       = module.endpoint.name
}

output "policy_alarm_arns" {
  description = "ARNs of the CloudWatch alarms that Application Auto Scaling created for the concurrency policy. Application Auto Scaling manages them: never edit them."
  value       = terraform_data.policy_alarms.id == "" ? null : aws_appautoscaling_policy.concurrency.alarm_arns
}

output "policy_arns" {
  description = "ARNs of the scaling policies: `concurrency`, `guard` if the metric is weighted, and those of the `policies` input by name."
  value = merge(
    module.endpoint.policy_arns,
    { concurrency = aws_appautoscaling_policy.concurrency.arn },
    { for policy in aws_appautoscaling_policy.guard : "guard" => policy.arn },
  )
}

output "scaling_resource_id" {
  description = "Resource id of the scalable target, `endpoint/NAME/variant/VARIANT`."
  value       = module.endpoint.scalable_target.resource_id
}

output "signal" {
  description = "The metric that scaling follows and its target, for the `signal` input of [monitoring](../monitoring)."
  value       = local.monitored_signal
}

output "target_value" {
  description = "Target value of the concurrency policy: requests in flight per instance, or the utilization of the fullest instance type if pools differ."
  value       = local.target_value
}

output "variant_name" {
  description = "Name of the production variant."
  value       = module.endpoint.variant_name
}

output "weighted" {
  description = "Whether scaling follows a weighted metric, because max_concurrency differs between the pools."
  value       = local.weighted
}
