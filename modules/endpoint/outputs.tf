output "arn" {
  description = "ARN of the endpoint."
  value       = awscc_sagemaker_endpoint.this.endpoint_arn
}

output "config_arn" {
  description = "ARN of the endpoint configuration in use."
  value       = awscc_sagemaker_endpoint_config.this.endpoint_config_arn
}

output "config_name" {
  description = "Name of the endpoint configuration in use: changes with its content."
  value       = awscc_sagemaker_endpoint_config.this.endpoint_config_name
}

output "instance_types" {
  description = "Instance types in priority order. Policies are to be replaced when it changes, as the scalable target is."
  value       = local.instance_types
}

output "name" {
  description = "Name of the endpoint."
  value       = awscc_sagemaker_endpoint.this.endpoint_name
}

output "scalable_target" {
  description = "The scalable target as policies refer to it: `service_namespace`, `scalable_dimension`, `resource_id`, and its `arn`."
  value = {
    arn                = aws_appautoscaling_target.this.arn
    resource_id        = aws_appautoscaling_target.this.resource_id
    scalable_dimension = aws_appautoscaling_target.this.scalable_dimension
    service_namespace  = aws_appautoscaling_target.this.service_namespace
  }
}

output "variant_name" {
  description = "Name of the production variant."
  value       = var.variant_name
}
