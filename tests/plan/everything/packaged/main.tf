# Both endpoints with a package of the Marketplace, on three types whose present capacity is weighed.

provider "aws" {
  region = "us-east-1"
}

provider "awscc" {
  region = "us-east-1"
}

module "it" {
  source = "../../../.."

  async = {
    capacity       = { max = 3, min = 1 }
    s3_output_path = "s3://acme-transcripts"
  }
  instance_pools = [
    { instance_type = "ml.g5.2xlarge", max_concurrency = 10 },
    { instance_type = "ml.g6.2xlarge", max_concurrency = 20 },
    { instance_type = "ml.g6.4xlarge", max_concurrency = 8 },
  ]
  model      = { model_package_arn = "arn:aws:sagemaker:us-east-1:865070037744:model-package/speech-1-4" }
  monitoring = { alarms = { concurrency = { enabled = false }, silent_signal = { enabled = false } } }
  name       = "speech"
  realtime = {
    capacity = { max = 6, min = 2 }
    signal   = { fast_guard = false, weighting = "present_capacity" }
  }
}
