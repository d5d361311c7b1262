module "speech" {
  source = "../.."

  name                  = var.name
  inference_ami_version = var.inference_ami_version
  model = {
    image             = var.image
    model_package_arn = var.model_package_arn
  }

  instance_pools = var.instance_pools

  realtime = {
    capacity = { min = 1, max = 4 }
  }
}
