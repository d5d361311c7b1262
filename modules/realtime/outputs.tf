output "arn" {
  description = "ARN of the endpoint."
  value       = module.endpoint.arn
}

output "config_name" {
  description = "Name of the endpoint configuration in use: changes with its content."
  value       = module.endpoint.config_name
}

output "log_group_name" {
  description = "Name of the log group that the module made; null where `log_group.create` is false."
  value       = module.endpoint.log_group_name
}

output "name" {
  description = "Name of the endpoint, for InvokeEndpoint and InvokeEndpointWithBidirectionalStream."
  value       = module.endpoint.name
}

output "policy_alarm_arns" {
  description = "ARNs of the CloudWatch alarms that Application Auto Scaling made for the concurrency policy. They are its own: never edit them."
  value       = terraform_data.policy_alarms.id == "" ? null : aws_appautoscaling_policy.concurrency.alarm_arns
}

output "policy_arns" {
  description = "ARNs of the scaling policies: `concurrency`, `guard` beside a weighted metric, and those of the `policies` input by name."
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
  description = "What scaling follows and its target, as the `signal` input of [monitoring](../monitoring) takes it."
  value       = local.monitored_signal
}

output "target_value" {
  description = "Target value of the policy: requests in flight per instance, or the utilization of the fullest instance type where pools differ."
  value       = local.target_value
}

output "variant_name" {
  description = "Name of the production variant."
  value       = module.endpoint.variant_name
}

output "weighted" {
  description = "True where the pools differ and a weighted metric drives the scaling."
  value       = local.weighted
}
