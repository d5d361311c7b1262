output "arn" {
  description = "ARN of the endpoint."
  value       = awscc_sagemaker_endpoint.this.endpoint_arn

  precondition {
    condition     = length(local.deployment_removed) == 0
    error_message = "Put ${join(" and ", local.deployment_removed)} back into deployment, or replace the endpoint ${var.name} (terraform apply -replace=ADDRESS; or use another name, to create the new endpoint beside it): the awscc provider cannot remove them from an existing endpoint."
  }

  precondition {
    condition     = try(var.deployment.maximum_execution_timeout > local.update_waits, true)
    error_message = "Raise deployment.maximum_execution_timeout of the endpoint ${var.name} above ${local.update_waits} seconds, lower wait_interval, or make the steps larger: the update waits that long between its steps and for termination_wait, and takes longer than its waits."
  }
}

output "config_name" {
  description = "Name of the endpoint configuration in use. It changes with the content."
  value       = awscc_sagemaker_endpoint_config.this[local.types].endpoint_config_name
}

output "log_group_name" {
  description = "Name of the log group that the module created; null if `log_group.create` is false."
  value       = one(aws_cloudwatch_log_group.this[*].name)
}

output "name" {
  description = "Name of the endpoint."
  value       = awscc_sagemaker_endpoint.this.endpoint_name
}

output "policy_arns" {
  description = "ARNs of the policies of the `policies` input, by name."
  value = merge(
    { for name, policy in aws_appautoscaling_policy.target_tracking : name => policy.arn },
    { for name, policy in aws_appautoscaling_policy.step : name => policy.arn },
  )
}

output "registration" {
  description = "Changes when the scalable target is registered again, which deletes its policies. Use it in replace_triggered_by of policies outside the module."
  value       = local.registration
}

output "scalable_target" {
  description = "The scalable target, for policies: `service_namespace`, `scalable_dimension` and `resource_id`."
  value = {
    resource_id        = local.target.resource_id
    scalable_dimension = local.target.scalable_dimension
    service_namespace  = local.target.service_namespace
  }

  # The module's own policies wait for this output, so a validation of policies fails before AWS gets them.
  depends_on = [var.policies]

  # hashicorp/terraform-provider-aws issue 41179: "Only one TargetTrackingScaling policy for a given metric specification
  # is allowed". AWS says so in the apply, when the endpoint exists.
  precondition {
    condition     = length(local.competing) == 0
    error_message = "Track each metric in one place only: AWS refuses two target tracking policies on the same metric. These follow the same: ${join(", ", local.competing)} (signal is the module's own policy)."
  }

  # A policy without data adds no instance, and may keep the others from removing any.
  precondition {
    condition     = length(local.unpublished) == 0
    error_message = "Use ${local.kind == "async" ? "ApproximateBacklogSizePerInstance or another metric of the queue" : "ConcurrentRequestsPerModel or InvocationsPerInstance"}, or a metric of the instances such as CPUUtilization, instead of ${join(", ", local.unpublished)} in signal and policies: SageMaker does not publish these for ${local.kind == "async" ? "asynchronous" : "real-time"} endpoints, so a policy on them would do nothing."
  }
}

output "signal_metrics" {
  description = "The custom metric of the module's own policy with its namespace, statistic and dimensions: `metrics` has the one metric, or `queries` the metric math. Null if the policy follows a predefined metric."
  value       = lookup(local.tracked_metrics, "signal", null)
}

output "variant_name" {
  description = "Name of the production variant."
  value       = var.variant.variant_name

  # https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-exclusions.html
  precondition {
    condition     = terraform_data.creation.input.variant_name == var.variant.variant_name
    error_message = "Set variant_name to ${terraform_data.creation.input.variant_name}, or replace the endpoint ${var.name} (terraform apply -replace=ADDRESS; or use another name, to create the new endpoint beside it): an update cannot rename a variant, because the live instance count, metrics and scaling belong to it."
  }
}
