# Both endpoints on two types that differ, with a value of its own for each input that they take.

provider "aws" {
  region = "us-east-1"

  default_tags {
    tags = { Commit = "7c1f0de", Team = "speech", Stage = "none" }
  }
}

provider "awscc" {
  region = "us-east-1"
}

locals {
  key    = "arn:aws:kms:us-east-1:123456789012:key"
  topics = "arn:aws:sns:us-east-1:123456789012"
}

module "it" {
  source = "../../../.."

  async = {
    backlog_per_instance = 6
    capacity             = { initial = 2, max = 5, min = 0 }
    deployment = {
      maximum_execution_timeout = 7200
      rollback_step             = { type = "CAPACITY_PERCENT", value = 80 }
      step                      = { type = "INSTANCE_COUNT", value = 1 }
      strategy                  = "ROLLING"
      wait_interval             = 20
    }
    error_topic_arn                         = "${local.topics}:failed"
    include_inference_response_in           = ["ERROR_NOTIFICATION_TOPIC"]
    max_concurrent_invocations_per_instance = 3
    name                                    = "speech-files"
    output_kms_key_id                       = "results"
    policies = {
      cpu = {
        target_tracking = {
          custom_metric      = { metric_name = "CPUUtilization", namespace = "/aws/sagemaker/Endpoints", statistic = "Maximum", unit = "Percent" }
          disable_scale_in   = true
          scale_in_cooldown  = 700
          scale_out_cooldown = 70
          target_value       = 60
        }
      }
      waiting = {
        target_tracking = {
          custom_metric = { metric_name = "ApproximateAgeOfOldestRequest" }
          target_value  = 300
        }
      }
    }
    s3_failure_path    = "s3://acme-failures/"
    s3_input_paths     = ["s3://acme-audio/in/"]
    s3_output_path     = "s3://acme-transcripts/out/"
    scale_in_cooldown  = 500
    scale_out_cooldown = 200
    success_topic_arn  = "${local.topics}:done"
    suspended          = { in = true }
    wake_up            = { cooldown = 100, evaluation_periods = 3, instances = 2 }
  }
  container_startup_timeout = 900
  data_capture              = { kms_key_id = "alias/captured", modes = ["Output"], destination_s3_uri = "s3://acme-captured/calls/", initial_sampling_percentage = 7 }
  exclude_endpoint_tags     = ["Commit"]
  inference_ami_version     = "al2023-ami-sagemaker-inference-gpu-4-1"
  instance_pools = [
    { instance_type = "ml.g6.2xlarge", max_concurrency = 40 },
    { instance_type = "ml.g6.12xlarge", max_concurrency = 12, model_name_override = "nova-3-wide" },
  ]
  log_group      = { kms_key_id = "${local.key}/1234abcd", retention_in_days = 14, skip_destroy = true }
  metrics_config = { enable_detailed_observability = false, enable_enhanced_metrics = true, metric_publish_frequency_in_seconds = 30 }
  model = {
    model_data_url           = "s3://acme-models/nova/model.tar.gz"
    environment              = { MAX_ACTIVE_REQUESTS = "120" }
    image                    = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/speech:1.4"
    kms_key_arns             = ["${local.key}/model"]
    enable_network_isolation = true
    permissions_boundary     = "arn:aws:iam::123456789012:policy/bound"
    role_policy_arns         = { reads = "arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess" }
    vpc_config               = { security_group_ids = ["sg-2", "sg-1"], subnets = ["subnet-1", "subnet-2"] }
  }
  model_data_download_timeout = 1200
  monitoring = {
    alarm_actions = ["${local.topics}:alarm"]
    alarms = {
      first_chunk_latency = { threshold = 7 }
      gpu_utilization     = { threshold = 70 }
      mid_stream_errors   = { threshold = 0.9 }
    }
    ok_actions = ["${local.topics}:ok"]
  }
  name              = "speech"
  provision_timeout = 1500
  realtime = {
    capacity = { initial = 3, max = 8, min = 2 }
    deployment = {
      maximum_execution_timeout = 3600
      rollback_alarm_names      = ["speech-errors"]
      rollback_on               = ["mid_stream_errors", "gpu_utilization"]
      step                      = { type = "CAPACITY_PERCENT", value = 20 }
      strategy                  = "CANARY"
      termination_wait          = 360
      wait_interval             = 240
    }
    name = "speech-live"
    policies = {
      burst = {
        step = {
          adjustment_type = "PercentChangeInCapacity"
          alarm = {
            comparison_operator = "GreaterThanThreshold"
            datapoints_to_alarm = 4
            evaluation_periods  = 5
            metric_name         = "Invocations"
            period              = 120
            statistic           = "Sum"
            threshold           = 1000
            treat_missing_data  = "notBreaching"
          }
          cooldown                 = 90
          metric_aggregation_type  = "Maximum"
          min_adjustment_magnitude = 2
          steps                    = [{ adjustment = 10, lower_bound = 0, upper_bound = 50 }, { adjustment = 30, lower_bound = 50 }]
        }
      }
    }
    scale_in_cooldown  = 420
    scale_out_cooldown = 45
    schedules = {
      morning = {
        end_time   = "2027-12-01T00:00:00Z"
        max        = 12
        min        = 4
        schedule   = "cron(30 7 ? * MON-FRI *)"
        start_time = "2026-12-01T00:00:00Z"
        timezone   = "Europe/Berlin"
      }
      night = { max = 7, min = 1, schedule = "cron(0 20 ? * * *)" }
    }
    suspended          = { out = true }
    target_utilization = 0.6
  }
  routing_strategy = "RANDOM"
  tags             = { Stage = "test" }
  variant_name     = "Live"
}
