module "transcripts" {
  source = "../.."

  name                  = var.name
  inference_ami_version = var.inference_ami_version
  model = {
    image             = var.image
    model_package_arn = var.model_package_arn
  }

  instance_pools = [
    { instance_type = "ml.g6.2xlarge" },  # preferred
    { instance_type = "ml.g6e.2xlarge" }, # the fallback
  ]

  async = {
    capacity          = { min = 0, max = 5 }
    s3_output_path    = "s3://${aws_s3_bucket.transcripts.bucket}/out/"
    s3_failure_path   = "s3://${aws_s3_bucket.transcripts.bucket}/failed/"
    s3_input_paths    = ["s3://${aws_s3_bucket.transcripts.bucket}/in/"]
    success_topic_arn = aws_sns_topic.success.arn
    error_topic_arn   = aws_sns_topic.error.arn
  }
}
