module "speech" {
  source = "../.."

  name                  = var.name
  inference_ami_version = var.inference_ami_version
  provision_timeout     = 900

  model = {
    image             = var.image
    model_package_arn = var.model_package_arn
  }

  # Three types that sustain different loads: the fullest of them drives the scaling, measured against what
  # its type sustains, and a guard on the ten-second metric keeps the detection quick.
  instance_pools = [
    { instance_type = "ml.g6.2xlarge", max_concurrency = 12 },
    { instance_type = "ml.g6e.2xlarge", max_concurrency = 16 },
    { instance_type = "ml.g5.2xlarge", max_concurrency = 10 },
  ]

  realtime = {
    capacity = { min = 2, max = 20 }

    # In place, a quarter of the fleet at a time, and back again when callers get errors. The alarm looks back ten minutes,
    # so each quarter serves for longer than that before the next one follows.
    deployment = var.model_package_arn != null ? null : {
      strategy      = "ROLLING"
      step          = { type = "CAPACITY_PERCENT", value = 25 }
      rollback_on   = ["errors_5xx"]
      wait_interval = 900
    }
  }

  # Makes the alarm that rolls an update back, and those on latency and load. Set alarm_actions to hear of them.
  monitoring = { dashboard = false }
}
