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
  description = "Name of the endpoint, for InvokeEndpointAsync."
  value       = module.endpoint.name
}

output "policy_alarm_arns" {
  description = "ARNs of the CloudWatch alarms that Application Auto Scaling made for the backlog policy. They are its own: never edit them."
  value       = terraform_data.policy_alarms.id == "" ? null : aws_appautoscaling_policy.backlog.alarm_arns
}

output "policy_arns" {
  description = "ARNs of the scaling policies: `backlog`, `wake_up` where the endpoint may be empty, and those of the `policies` input by name."
  value = merge(
    module.endpoint.policy_arns,
    { backlog = aws_appautoscaling_policy.backlog.arn },
    { for policy in aws_appautoscaling_policy.wake_up : "wake_up" => policy.arn },
  )
}

output "scaling_resource_id" {
  description = "Resource id of the scalable target, `endpoint/NAME/variant/VARIANT`."
  value       = module.endpoint.scalable_target.resource_id
}

output "signal" {
  description = "What scaling follows and its target, as the `signal` input of [monitoring](../monitoring) takes it."
  value = {
    expression = null
    label      = null
    metrics = [
      for given in var.signal[*] : {
        dimensions  = coalesce(given.custom_metric.dimensions, { EndpointName = var.name }) # not the endpoint's: it may wait for alarms on these
        id          = "signal"
        label       = given.custom_metric.metric_name
        metric_name = given.custom_metric.metric_name
        namespace   = given.custom_metric.namespace
        statistic   = given.custom_metric.statistic
      }
    ]
    target = local.signal.target_value
  }
}

output "target_value" {
  description = "Requests per instance that the backlog policy keeps its signal at."
  value       = local.signal.target_value
}

output "variant_name" {
  description = "Name of the production variant."
  value       = module.endpoint.variant_name
}

output "wake_up_alarm_arn" {
  description = "ARN of the alarm that wakes an empty endpoint; null when `capacity.min` keeps it from being empty."
  value       = one(aws_cloudwatch_metric_alarm.wake_up[*].arn)
}
