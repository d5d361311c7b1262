locals {
  quota_name = "${var.instance_type} for endpoint usage"
}

# The data source is inside the check, so a quota that is not found or may not be read is only a warning. Outside it
# would fail the plan.
check "quota" {
  data "aws_servicequotas_service_quota" "endpoint_usage" {
    service_code = "sagemaker"
    quota_name   = local.quota_name
  }

  assert {
    condition     = data.aws_servicequotas_service_quota.endpoint_usage.value >= var.instances
    error_message = "Request a higher SageMaker quota, or lower capacity.max: the endpoints of ${var.name} may need ${var.instances} instances, including those that an update adds, but the quota \"${local.quota_name}\" is ${data.aws_servicequotas_service_quota.endpoint_usage.value}."
  }
}
