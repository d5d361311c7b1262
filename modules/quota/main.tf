locals {
  quota_name = "${var.instance_type} for endpoint usage"
}

# A lookup inside a check: one that finds nothing, or may not look, is a warning too. Outside, it would fail the plan.
check "quota" {
  data "aws_servicequotas_service_quota" "endpoint_usage" {
    service_code = "sagemaker"
    quota_name   = local.quota_name
  }

  assert {
    condition     = data.aws_servicequotas_service_quota.endpoint_usage.value >= var.instances
    error_message = "Ask for a higher SageMaker quota, or lower capacity.max: the endpoints of ${var.name} may need ${var.instances} where \"${local.quota_name}\" = ${data.aws_servicequotas_service_quota.endpoint_usage.value}. What an update adds is included."
  }
}
