locals {
  # Instance types that Deepgram lists for each product family, in its order (docs/deepgram.md).
  families = {
    aura-2   = ["ml.g6.12xlarge", "ml.g6e.12xlarge", "ml.g5.12xlarge", "ml.g4dn.12xlarge", "ml.g7.12xlarge"]
    flux     = ["ml.g6.2xlarge", "ml.g6e.2xlarge", "ml.g5.2xlarge", "ml.g7.2xlarge", "ml.g7e.2xlarge"]
    flux-tts = ["ml.g6e.2xlarge", "ml.g6.2xlarge", "ml.g7.2xlarge", "ml.g7e.2xlarge"]
    nova-3   = ["ml.g6.2xlarge", "ml.g6e.2xlarge", "ml.g5.2xlarge", "ml.g4dn.2xlarge", "ml.g7.2xlarge"]
  }
  instance_types = coalesce(var.instance_types, local.families[var.family])
}

module "speech" {
  source = "../.."

  name                        = var.name
  inference_ami_version       = var.inference_ami_version
  container_startup_timeout   = 900
  model_data_download_timeout = 1800
  provision_timeout           = 300 * max(length(local.instance_types), 2)

  # A Marketplace package runs without network access, and SageMaker updates it all at once. `aws sagemaker
  # describe-model-package` lists its instance types in SupportedRealtimeInferenceInstanceTypes.
  model = {
    environment       = var.environment
    model_package_arn = var.model_package_arns[var.region]
  }

  instance_pools = [
    for type in local.instance_types : { instance_type = type, max_concurrency = lookup(var.max_concurrency, type, 10) }
  ]

  quota_check = var.quota_check

  realtime = {
    capacity = { min = 1, max = 4 }
  }
}
