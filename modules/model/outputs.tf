output "arn" {
  description = "ARN of the model."
  value       = aws_sagemaker_model.this.arn
}

output "endpoints_policy_id" {
  description = "Id of the part of the created role's policy that an endpoint needs before it starts and until it is deleted. Pass it to `prerequisites` of [realtime](../realtime) and [async](../async). Null if `execution_role` is given."
  value       = one(aws_iam_role_policy.endpoints[*].id)
}

output "execution_role" {
  description = "The role that the model runs with: its `arn`, and its `name` for further policies of your own. The name is null if `execution_role` is given."
  value = {
    arn  = local.execution_role_arn
    name = one(aws_iam_role.this[*].name)
  }
}

output "marketplace" {
  description = "Whether the model is from an AWS Marketplace package, which SageMaker can only update all at once."
  value       = local.marketplace
}

output "name" {
  description = "Name of the model. It contains a hash of the content and changes with it."
  value       = aws_sagemaker_model.this.name
}
