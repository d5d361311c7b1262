output "arn" {
  description = "ARN of the model."
  value       = aws_sagemaker_model.this.arn
}

output "endpoints_policy_id" {
  description = "Id of the created role's policy that the endpoints need before they start and until they are gone: goes into `prerequisites` of [realtime](../realtime) and [async](../async). Null when a role was given."
  value       = one(aws_iam_role_policy.endpoints[*].id)
}

output "execution_role" {
  description = "The role that the model runs with: `arn`, created or given, and `name`, for further policies of your own, which is null where a role is given."
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
  description = "Name of the model, with the hash of its content: changes whenever the content does."
  value       = aws_sagemaker_model.this.name
}
