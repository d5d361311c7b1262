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

    # A scale-in cuts the streams that are open on its instance. So nearly all instances of the day are up before
    # the lines open, and go when hardly anybody calls any more.
    schedules = {
      opening = { schedule = "cron(30 7 ? * MON-FRI *)", timezone = "Europe/Berlin", min = 9, max = 12 }
      weekend = { schedule = "cron(30 7 ? * SAT-SUN *)", timezone = "Europe/Berlin", min = 4, max = 12 }
      closing = { schedule = "cron(0 22 * * ? *)", timezone = "Europe/Berlin", min = 1, max = 12 }
    }

    # Above the minimum there is less to react to, and an instance that is added goes again.
    target_utilization = 0.85
  }
}
