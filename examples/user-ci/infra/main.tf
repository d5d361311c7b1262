module "speech" {
  source = "github.com/your-organisation/terraform-aws-sagemaker-autoscaling?ref=v0.1.0" # replace by your address and tag

  name  = var.name
  model = { image = var.image }

  # Measure max_concurrency with your own model: the last level that held in a load test (docs/measuring.md).
  instance_pools = [
    { instance_type = "ml.g6.2xlarge", max_concurrency = 12 },  # preferred
    { instance_type = "ml.g6e.2xlarge", max_concurrency = 16 }, # the fallback
  ]

  realtime = {
    capacity = var.live_capacity

    # The instances of the day are up before the lines open, and go when hardly anybody calls any more: a scale-in
    # cuts the streams that are open on its instance.
    schedules = {
      opening = {
        schedule = "cron(30 7 ? * MON-FRI *)"
        timezone = "Europe/Berlin"
        min      = var.opening_instances
        max      = var.live_capacity.max
      }
      closing = {
        schedule = "cron(0 22 ? * MON-FRI *)"
        timezone = "Europe/Berlin"
        min      = var.live_capacity.min
        max      = var.live_capacity.max
      }
    }
  }

  async = {
    capacity       = { min = 0, max = var.batch_instances }
    s3_output_path = var.results_path
  }

  # Pools that differ need the alarm silent_signal (docs/mixed-fleets.md of the module).
  monitoring = { dashboard = false }
}
