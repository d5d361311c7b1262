# An endpoint, its model and the image of the model are in one region. So each region has a module block with providers
# of its own, and locals hold what the regions share.

locals {
  capacity = { min = 1, max = 4 }
  instance_pools = [
    { instance_type = "ml.g6.2xlarge", max_concurrency = 10 },
    { instance_type = "ml.g6e.2xlarge", max_concurrency = 10 },
  ]
}

module "first" {
  source = "../.."

  # IAM is global, so the names contain the region.
  name                  = "${var.name}-${var.region}"
  inference_ami_version = var.inference_ami_version
  instance_pools        = local.instance_pools
  model                 = { image = var.images[var.region] }
  realtime              = { capacity = local.capacity }
}

module "second" {
  source = "../.."

  providers = {
    aws   = aws.second
    awscc = awscc.second
  }

  name                  = "${var.name}-${var.second_region}"
  inference_ami_version = var.inference_ami_version
  instance_pools        = local.instance_pools
  model                 = { image = var.images[var.second_region] }
  realtime              = { capacity = local.capacity }
}
