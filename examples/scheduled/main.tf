module "speech" {
  source = "../.."

  name                  = var.name
  inference_ami_version = var.inference_ami_version

  model = {
    image             = var.image
    model_package_arn = var.model_package_arn
  }

  instance_pools = [
    { instance_type = "ml.g6.2xlarge", max_concurrency = 10 },
    { instance_type = "ml.g6e.2xlarge", max_concurrency = 10 },
  ]

  realtime = {
    capacity = { min = 1, max = 12 }

    # Six instances are up before the lines open; nights and weekends need one.
    schedules = {
      opening = { schedule = "cron(30 7 ? * MON-FRI *)", timezone = "Europe/Berlin", min = 6, max = 12 }
      closing = { schedule = "cron(0 20 ? * MON-FRI *)", timezone = "Europe/Berlin", min = 1, max = 12 }
    }
  }
}
