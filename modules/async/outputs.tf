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
  description = "Name of the endpoint, for InvokeEndpointAsync."
  value       = module.endpoint.name
}

output "policy_alarm_arns" {
  description = "ARNs of the CloudWatch alarms that Application Auto Scaling created for the backlog policy. Application Auto Scaling manages them: never edit them."
  value       = terraform_data.policy_alarms.id == "" ? null : aws_appautoscaling_policy.backlog.alarm_arns
}

output "policy_arns" {
  description = "ARNs of the scaling policies: `backlog`, `wake_up` if the endpoint may have no instances, and those of the `policies` input by name."
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
  description = "The metric that scaling follows and its target, for the `signal` input of [monitoring](../monitoring)."
  value = {
    label = null
    # An empty list tells monitoring to use the backlog.
    metrics = [for query in concat(local.signal_queries, [
      for metric in local.signal_metrics : {
        expression  = null
        id          = "signal"
        label       = metric.metric_name
        metric_stat = { metric = { for name in ["dimensions", "metric_name", "namespace"] : name => metric[name] }, stat = metric.statistic, unit = metric.unit }
        return_data = true
      }
    ]) : query if var.signal != null]
    target = local.signal.target_value
  }
}

output "target_value" {
  description = "Target value of the backlog policy, in requests per instance."
  value       = local.signal.target_value
}

output "variant_name" {
  description = "Name of the production variant."
  value       = module.endpoint.variant_name
}

output "wake_up_alarm_arn" {
  description = "ARN of the alarm that wakes the endpoint when it has no instances; null if it always has some."
  value       = one(aws_cloudwatch_metric_alarm.wake_up[*].arn)
}
