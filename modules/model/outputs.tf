output "arn" {
  description = "ARN of the model."
  value       = aws_sagemaker_model.this.arn
}

output "endpoints_policy_id" {
  description = "Id of the policy of the created role that an endpoint needs from its creation to its deletion. Pass it to `prerequisites` of [realtime](../realtime) and [async](../async). Null with `execution_role`."
  value       = one(aws_iam_role_policy.endpoints[*].id)
}

output "execution_role" {
  description = "The execution role of the model: its `arn`, and its `name`, to attach further policies. The name is null with `execution_role`."
  value = {
    arn  = local.execution_role_arn
    name = one(aws_iam_role.this[*].name)
  }
}

output "marketplace" {
  description = "Whether the model is from an AWS Marketplace package, which SageMaker updates all at once only."
  value       = local.marketplace
}

output "name" {
  description = "Name of the model. It contains a hash of the content and changes with it."
  value       = aws_sagemaker_model.this.name
}
