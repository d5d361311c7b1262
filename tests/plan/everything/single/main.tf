# Both endpoints on one type, with signals, a role and thresholds of the caller's own.

provider "aws" {
  region = "us-east-1"
}

provider "awscc" {
  region = "us-east-1"
}

locals {
  topics = "arn:aws:sns:us-east-1:123456789012"
}

module "it" {
  source = "../../../.."

  async = {
    capacity = { max = 5, min = 1 }
    capacity_reservation_config = {
      capacity_reservation_preference = "capacity-reservations-only"
      ml_reservation_arn              = "arn:aws:sagemaker:us-east-1:123456789012:ml-reservation/files"
    }
    deployment = { rollback_on = ["oldest_request_age"], strategy = "ALL_AT_ONCE", termination_wait = 60 }
    policies = {
      old = {
        step = {
          alarm = {
            comparison_operator = "LessThanThreshold"
            dimensions          = { EndpointName = "speech-async", Kind = "old" }
            metric_name         = "ApproximateAgeOfOldestRequest"
            statistic           = "Maximum"
            threshold           = 600
          }
          steps = [{ adjustment = -1, upper_bound = 0 }]
        }
      }
      queue = {
        step = {
          alarm = { extended_statistic = "p90", metric_name = "ApproximateBacklogSize", threshold = 50 }
          steps = [{ adjustment = 1, lower_bound = 0 }]
        }
      }
    }
    s3_failure_path = "s3://acme-failures/"
    s3_output_path  = "s3://acme-transcripts/out/"
    schedules       = { weekend = { min = 0, schedule = "cron(0 0 ? * SAT *)" } }
    signal = {
      custom_metric = {
        metrics = [
          { id = "audio", metric_stat = { metric = { metric_name = "SecondsOfAudio", namespace = "Acme" }, stat = "Sum", unit = "Count" }, return_data = false },
          { id = "hours", expression = "audio / 3600", label = "Hours of audio" },
        ]
      }
      target_value = 1
    }
    success_topic_arn = "${local.topics}:done"
    suspended         = { scheduled = true }
  }
  core_dump_config = { destination_s3_uri = "s3://acme-dumps/speech/", kms_key_id = "alias/dumps" }
  instance_pools   = [{ instance_type = "ml.m5.4xlarge", max_concurrency = 30, model_name_override = "nova-3-cpu" }]
  log_group        = { create = false }
  model = {
    execution_role = { arn = "arn:aws:iam::123456789012:role/speech" }
    image          = "registry.acme.example/speech:1.4"
  }
  monitoring = {
    alarm_actions = ["${local.topics}:alarm", "arn:aws:ssm:us-east-1:123456789012:opsitem:2#CATEGORY=Performance"]
    alarms = {
      concurrency               = { threshold = 0.95 }
      errors_5xx                = { enabled = true, threshold = 0.11 }
      errors_5xx_count          = { enabled = true, threshold = 11 }
      expired_requests          = { threshold = 12 }
      invocation_failures       = { threshold = 13 }
      model_latency             = { threshold = 14 }
      notification_failures     = { enabled = true, threshold = 15 }
      oldest_request_age        = { threshold = 16 }
      request_download_failures = { threshold = 17 }
      response_upload_failures  = { threshold = 18 }
      scale_out_stalled         = { minutes = 19, threshold = 20 }
      silent_signal             = { enabled = true, minutes = 21, threshold = 22 }
      stuck_at_max              = { minutes = 23, threshold = 24 }
      wake_up_overdue           = { minutes = 25 }
    }
    dashboard = false
  }
  name = "speech"
  realtime = {
    capacity                    = { max = 4, min = 1 }
    capacity_reservation_config = { ml_reservation_arn = "arn:aws:sagemaker:us-east-1:123456789012:ml-reservation/streams" }
    enable_ssm_access           = true
    deployment = {
      step     = { type = "INSTANCE_COUNT", value = 2 }
      strategy = "LINEAR"
    }
    policies = {
      invocations = {
        target_tracking = { predefined_metric_type = "SageMakerVariantInvocationsPerInstance", target_value = 90 }
      }
    }
    signal = {
      custom_metric = { metric_name = "Streams", namespace = "Acme", statistic = "Maximum", unit = "Count" }
      target_value  = 21
    }
    suspended = { in = true }
  }
  volume_kms_key_id = "alias/volumes"
  volume_size_in_gb = 100
}
