# Reads the endpoint after an apply. Cloud Control may report an update as done although SageMaker rolled it back, and
# awscc then keeps the planned values in the state (docs/decisions/0013). Only the endpoint itself shows it.

data "awscc_sagemaker_endpoint" "live" {
  id = awscc_sagemaker_endpoint.this.id

  lifecycle {
    postcondition {
      condition     = self.endpoint_config_name == awscc_sagemaker_endpoint_config.this[local.types].endpoint_config_name
      error_message = "Correct what made the update of endpoint ${var.name} fail, and apply again: the endpoint serves ${self.endpoint_config_name}, not ${awscc_sagemaker_endpoint_config.this[local.types].endpoint_config_name}. SageMaker has rolled the update back, or has not finished it; the old fleet still serves and scales. If EndpointStatus is UpdateRollbackFailed, the rollback has failed too, and the fleet is a mix of both until an update succeeds (docs/traps.md). Status and reason are in `aws sagemaker describe-endpoint --endpoint-name ${var.name} --query '[EndpointStatus, FailureReason]'`, or in the log group /aws/sagemaker/Endpoints/${var.name}."
    }
  }
}

# Reads the endpoint during the plan, before any change. The id goes through a local: Terraform would put off a data
# source that refers to a changed resource directly.
locals {
  endpoint_id = awscc_sagemaker_endpoint.this.id
}

data "awscc_sagemaker_endpoint" "before" {
  id = local.endpoint_id
}
