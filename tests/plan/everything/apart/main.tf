# Both endpoints, each on types and with timeouts of its own.

provider "aws" {
  region = "us-east-1"
}

provider "awscc" {
  region = "us-east-1"
}

module "it" {
  source = "../../../.."

  async = {
    capacity                    = { max = 5, min = 0 }
    container_startup_timeout   = 1200
    inference_ami_version       = "al2-ami-sagemaker-inference-gpu-3-1"
    instance_pools              = [{ instance_type = "ml.g5.2xlarge", max_concurrency = 6 }, { instance_type = "ml.g5.4xlarge", max_concurrency = 8 }]
    model_data_download_timeout = 1800
    provision_timeout           = 3600
    s3_output_path              = "s3://acme-transcripts/out/"
  }
  inference_ami_version = "al2-ami-sagemaker-inference-gpu-2"
  model = {
    additional_model_data_sources = [
      {
        channel_name   = "draft_model"
        s3_data_source = { compression_type = "Gzip", s3_data_type = "S3Object", s3_uri = "s3://acme-models/draft.tar.gz" }
      },
    ]
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/speech:1.4"
    model_data_source = {
      s3_data_source = {
        compression_type    = "None"
        model_access_config = { accept_eula = true }
        s3_data_type        = "S3Prefix"
        s3_uri              = "s3://acme-models/nova-3/"
      }
    }
  }
  model_data_download_timeout = 700
  monitoring                  = {}
  name                        = "speech"
  realtime = {
    capacity                  = { max = 8, min = 2 }
    container_startup_timeout = 400
    inference_ami_version     = "al2023-ami-sagemaker-inference-gpu-4-1"
    instance_pools = [
      { instance_type = "ml.g6.2xlarge", max_concurrency = 12, model_name_override = "nova-3-g6" },
      { instance_type = "ml.g6e.2xlarge", max_concurrency = 16 },
    ]
    model_data_download_timeout = 800
    provision_timeout           = 450
  }
}
