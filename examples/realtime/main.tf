module "speech" {
  source = "../.."

  name                  = var.name
  inference_ami_version = var.inference_ami_version
  model = {
    image             = var.image
    model_package_arn = var.model_package_arn
  }

  # Measure max_concurrency with your own model: the last level that held (docs/measuring.md).
  instance_pools = [
    { instance_type = "ml.g6.2xlarge", max_concurrency = 10 },  # preferred
    { instance_type = "ml.g6e.2xlarge", max_concurrency = 10 }, # the fallback
  ]

  realtime = {
    capacity = { min = 1, max = 4 }
  }
}
