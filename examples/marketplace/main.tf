module "speech" {
  source = "../.."

  name                        = var.name
  inference_ami_version       = var.inference_ami_version
  model_data_download_timeout = 1800

  # A Marketplace package runs without network and is updated all at once. Which instance types it takes is in
  # the package: aws sagemaker describe-model-package, SupportedRealtimeInferenceInstanceTypes.
  model = {
    environment       = var.environment
    model_package_arn = var.model_package_arns[var.region]
  }

  instance_pools = [
    { instance_type = "ml.g6.2xlarge", max_concurrency = 10 },
    { instance_type = "ml.g6e.2xlarge", max_concurrency = 10 },
  ]

  quota_check = var.quota_check

  realtime = {
    capacity = { min = 1, max = 4 }
  }
}
