output "arn" {
  description = "ARN of the model."
  value       = aws_sagemaker_model.this.arn
}

output "execution_role_arn" {
  description = "ARN of the role that the model runs with, created or given."
  value       = aws_sagemaker_model.this.execution_role_arn
}

output "execution_role_name" {
  description = "Name of the created role, for further policies of your own; null when a role was given."
  value       = one(aws_iam_role.this[*].name)
}

output "marketplace" {
  description = "Whether the model is from an AWS Marketplace package, which SageMaker updates all at once only."
  value       = local.marketplace
}

output "name" {
  description = "Name of the model, with the hash of its content: changes whenever the content does."
  value       = aws_sagemaker_model.this.name
}
