module "speech" {
  source = "../.."

  name                  = var.name
  inference_ami_version = var.inference_ami_version
  provision_timeout     = 900
  tags                  = { Service = "speech" }

  model = {
    environment       = var.environment
    image             = var.image
    model_package_arn = var.model_package_arn
    # The role reads requests and publishes to topics that this key encrypts.
    kms_key_arns = [aws_kms_key.speech.arn]
  }

  # The pools are unequal, so scaling follows the utilization of the fullest type, relative to its max_concurrency.
  instance_pools = [
    { instance_type = "ml.g6.2xlarge", max_concurrency = 12 },  # preferred
    { instance_type = "ml.g6e.2xlarge", max_concurrency = 16 }, # the fallback
  ]

  realtime = {
    capacity           = { min = 2, max = 20 }
    target_utilization = 0.7
  }

  async = {
    capacity          = { min = 0, max = 5 }
    s3_output_path    = "s3://${aws_s3_bucket.transcripts.bucket}/out/"
    s3_failure_path   = "s3://${aws_s3_bucket.transcripts.bucket}/failed/"
    s3_input_paths    = ["s3://${aws_s3_bucket.transcripts.bucket}/in/"]
    output_kms_key_id = aws_kms_key.speech.arn
    success_topic_arn = aws_sns_topic.this["success"].arn
    error_topic_arn   = aws_sns_topic.this["error"].arn

    backlog_per_instance                    = 4
    include_inference_response_in           = ["SUCCESS_NOTIFICATION_TOPIC"]
    max_concurrent_invocations_per_instance = 4
    wake_up                                 = { instances = 2, evaluation_periods = 1 }
  }

  log_group = { kms_key_id = aws_kms_key.speech.arn }

  monitoring = {
    alarm_actions = [aws_sns_topic.this["alarms"].arn]
    ok_actions    = [aws_sns_topic.this["alarms"].arn]
    alarms        = { notification_failures = { enabled = true } } # the asynchronous endpoint has topics
  }
}
