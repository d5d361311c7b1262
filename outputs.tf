# These outputs use a condition, because one() would make the whole object sensitive if one member is.

output "async" {
  description = <<-EOT
    The asynchronous endpoint; null if there is none.
    - `alarm_arns`: ARNs of the alarms of `monitoring`, by name; empty without it.
    - `arn`: ARN of the endpoint.
    - `config_name`: name of the endpoint configuration in use. It changes with the content.
    - `dashboard_name`: name of the dashboard of `monitoring`; null without a dashboard.
    - `log_group_name`: name of the log group that the module created; null if `log_group.create` is false.
    - `name`: name of the endpoint, for InvokeEndpointAsync.
    - `policy_alarm_arns`: ARNs of the alarms that Application Auto Scaling created for the policy `backlog`. Application Auto Scaling manages them: never edit them.
    - `policy_arns`: ARNs of the scaling policies: `backlog`, `wake_up` if the endpoint may have no instances, and those of `async.policies` by name.
    - `scaling_resource_id`: resource id of the scalable target.
    - `target_value`: target value of the policy `backlog`, in requests per instance.
    - `variant_name`: name of the production variant.
    - `wake_up_alarm_arn`: ARN of the alarm that wakes the endpoint when it has no instances; null if it always has some.
  EOT
  value = length(module.async) == 0 ? null : {
    alarm_arns          = length(module.async_monitoring) == 0 ? {} : module.async_monitoring[0].alarm_arns
    arn                 = module.async[0].arn
    config_name         = module.async[0].config_name
    dashboard_name      = length(module.async_monitoring) == 0 ? null : module.async_monitoring[0].dashboard_name
    log_group_name      = module.async[0].log_group_name
    name                = module.async[0].name
    policy_alarm_arns   = module.async[0].policy_alarm_arns
    policy_arns         = module.async[0].policy_arns
    scaling_resource_id = module.async[0].scaling_resource_id
    target_value        = module.async[0].target_value
    variant_name        = module.async[0].variant_name
    wake_up_alarm_arn   = module.async[0].wake_up_alarm_arn
  }
}

output "execution_role" {
  description = <<-EOT
    The execution role of the model; null for an existing model.
    - `arn`: ARN of the role that the module created, or of `model.execution_role`.
    - `name`: name of the created role, to attach further policies; null with `model.execution_role`.
  EOT
  value       = length(module.model) == 0 ? null : module.model[0].execution_role
}

output "invoke_policy_json" {
  description = "IAM policy document that allows calling the endpoints, and nothing else."
  value       = data.aws_iam_policy_document.invoke.json
}

output "model" {
  description = <<-EOT
    The model that the endpoints serve.
    - `arn`: ARN of the model; null for an existing model.
    - `name`: name of the model.
  EOT
  value = {
    arn  = length(module.model) == 0 ? null : module.model[0].arn
    name = local.model_name
  }
}

output "operator_policy_json" {
  description = "IAM policy document for whoever applies and destroys this module, restricted to the names of its resources. It allows changes of the execution role only within `model.permissions_boundary`; without a boundary, someone else must create the role. It has no permissions for EC2, which `model.vpc_config.vpc` needs (docs/permissions.md)."
  value       = data.aws_iam_policy_document.operator.json
}

output "realtime" {
  description = <<-EOT
    The real-time endpoint; null if there is none.
    - `alarm_arns`: ARNs of the alarms of `monitoring`, by name; empty without it.
    - `arn`: ARN of the endpoint.
    - `config_name`: name of the endpoint configuration in use. It changes with the content.
    - `dashboard_name`: name of the dashboard of `monitoring`; null without a dashboard.
    - `log_group_name`: name of the log group that the module created; null if `log_group.create` is false.
    - `name`: name of the endpoint, for InvokeEndpoint and InvokeEndpointWithBidirectionalStream.
    - `policy_alarm_arns`: ARNs of the alarms that Application Auto Scaling created for the policy `concurrency`. Application Auto Scaling manages them: never edit them.
    - `policy_arns`: ARNs of the scaling policies: `concurrency`, `guard` if the metric is weighted and `signal.fast_guard` is not false, and those of `realtime.policies` by name.
    - `scaling_resource_id`: resource id of the scalable target.
    - `target_value`: target value of the policy `concurrency`: requests in flight per instance, or the utilization of the fullest instance type if pools differ.
    - `variant_name`: name of the production variant.
  EOT
  value = length(module.realtime) == 0 ? null : {
    alarm_arns          = length(module.realtime_monitoring) == 0 ? {} : module.realtime_monitoring[0].alarm_arns
    arn                 = module.realtime[0].arn
    config_name         = module.realtime[0].config_name
    dashboard_name      = length(module.realtime_monitoring) == 0 ? null : module.realtime_monitoring[0].dashboard_name
    log_group_name      = module.realtime[0].log_group_name
    name                = module.realtime[0].name
    policy_alarm_arns   = module.realtime[0].policy_alarm_arns
    policy_arns         = module.realtime[0].policy_arns
    scaling_resource_id = module.realtime[0].scaling_resource_id
    target_value        = module.realtime[0].target_value
    variant_name        = module.realtime[0].variant_name
  }
}
