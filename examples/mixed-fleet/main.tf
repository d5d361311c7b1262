module "speech" {
  source = "../.."

  name                  = var.name
  inference_ami_version = var.inference_ami_version
  provision_timeout     = 900

  model = {
    image             = var.image
    model_package_arn = var.model_package_arn
  }

  # These three types sustain different loads. Scaling follows the utilization of the fullest type, and a guard on the
  # ten-second metric detects a sudden load early.
  instance_pools = [
    { instance_type = "ml.g6.2xlarge", max_concurrency = 12 },
    { instance_type = "ml.g6e.2xlarge", max_concurrency = 16 },
    { instance_type = "ml.g5.2xlarge", max_concurrency = 10 },
  ]

  realtime = {
    capacity = { min = 2, max = 20 }

    # Updates go in place, a quarter of the fleet at a time, and roll back if callers get errors. The alarm looks at ten
    # minutes, so each quarter serves for longer than that before the next one.
    deployment = var.model_package_arn != null ? null : {
      strategy      = "ROLLING"
      step          = { type = "CAPACITY_PERCENT", value = 25 }
      rollback_on   = ["errors_5xx"]
      wait_interval = 900
    }
  }

  # Creates the alarm that rolls an update back, and those on latency and load. Set alarm_actions to be notified.
  monitoring = { dashboard = false }
}
