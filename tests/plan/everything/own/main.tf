# A real-time endpoint with a package that another account of the caller's shares.

provider "aws" {
  region = "us-east-1"
}

provider "awscc" {
  region = "us-east-1"
}

module "it" {
  source = "../../../.."

  instance_pools = [{ instance_type = "ml.g6.2xlarge", max_concurrency = 12 }]
  model = {
    ecr_repository_arns          = ["arn:aws:ecr:us-east-1:210987654321:repository/speech"]
    marketplace                  = false
    inference_specification_name = "gpu"
    model_package_arn            = "arn:aws:sagemaker:us-east-1:210987654321:model-package/speech/3"
    s3_read_uris                 = ["s3://acme-packages/speech/3.tar.gz"]
  }
  name = "speech"
  realtime = {
    capacity   = { max = 4, min = 1 }
    deployment = { rollback_alarm_names = ["speech-errors"], strategy = "ALL_AT_ONCE" }
  }
}
