variable "async" {
  description = <<-EOT
    The asynchronous endpoint, for files queued through S3: scales on the backlog, to zero and back. Null for none.
    - `backlog_per_instance`: target of scaling: requests per instance, waiting or being processed.
    - `capacity`: `min` (0 costs nothing while idle), `max` and `initial` instances over all pools together.
    - `capacity_reservation_config`: reserved capacity for one instance type: its `ml_reservation_arn`, and `capacity_reservation_preference` (`capacity-reservations-only`). An instance that finds no room there fails to start.
    - `container_startup_timeout`, `inference_ami_version`, `model_data_download_timeout`, `provision_timeout`: of this endpoint alone, instead of the inputs of these names that both share.
    - `deployment`: how an update reaches the fleet: `strategy` (`ALL_AT_ONCE`, `CANARY`, `LINEAR`, `ROLLING`), `step` and `rollback_step` of a `type` and a `value`, `wait_interval`, `termination_wait` and `maximum_execution_timeout` in seconds; what rolls it back: alarms of `monitoring` in `rollback_on`, by their names in `monitoring.alarms`, and your own in `rollback_alarm_names`. By default everything at once. You can change what an existing endpoint has, but not remove it.
    - `error_topic_arn`, `success_topic_arn`: SNS topics notified of each failed and each completed request.
    - `include_inference_response_in`: topics whose messages carry the response: `SUCCESS_NOTIFICATION_TOPIC`, `ERROR_NOTIFICATION_TOPIC`.
    - `instance_pools`: types of this endpoint alone, instead of those that both share, with the same `instance_type`, `max_concurrency` and `model_name_override`.
    - `max_concurrent_invocations_per_instance`: requests that one instance processes at a time; null leaves the choice to SageMaker.
    - `name`: name of the endpoint instead of `NAME-async`. Another name deletes the endpoint before the new one is created.
    - `output_kms_key_id`: key that encrypts the results; null for the bucket's own encryption.
    - `policies`: scaling policies of your own, by name. Each is a `target_tracking` (`target_value`, `predefined_metric_type` or `custom_metric`, cooldowns, `disable_scale_in`) or a `step` (`steps` of `lower_bound`, `upper_bound` and `adjustment`, `adjustment_type`, `cooldown`, `metric_aggregation_type`, `min_adjustment_magnitude`), which its `alarm` drives (`comparison_operator`, `datapoints_to_alarm`, `evaluation_periods`, `statistic` or `extended_statistic`, `period`, `threshold`, `treat_missing_data`).
    - `custom_metric` of a policy or of `signal`: one metric (`namespace`, `metric_name`, `statistic`, `unit`, `dimensions`), or metric math: `metrics` with an `id`, each a `metric_stat` (`metric`, `stat`, `unit`) or an `expression`, a `label`, and `return_data` false in all but the one that is tracked.
    - `s3_failure_path`, `s3_output_path`: S3 URIs below which failures and results are written.
    - `s3_input_paths`: S3 URIs below which the created role may read requests; left out, the whole bucket of `s3_output_path`.
    - `scale_in_cooldown`, `scale_out_cooldown`: seconds after a change before the next one in that direction.
    - `schedules`: when other bounds take effect, by name: `schedule` (`at(...)`, `rate(...)` or `cron(...)`) in its `timezone`, `min` and `max`, from `start_time` to `end_time`. Schedules own the bounds: `capacity` counts at registration only.
    - `signal`: what scaling follows instead of the backlog: a `custom_metric` and its `target_value`.
    - `suspended`: pauses dynamic scaling `in` or `out`, or `scheduled` actions, without removing them.
    - `wake_up`: how an endpoint at zero wakes: `instances` to add, `evaluation_periods` (minutes of waiting), `cooldown` (seconds).
  EOT
  type = object({
    backlog_per_instance = optional(number, 5)
    capacity = object({
      initial = optional(number)
      max     = number
      min     = number
    })
    capacity_reservation_config = optional(object({
      capacity_reservation_preference = optional(string, "capacity-reservations-only")
      ml_reservation_arn              = string
    }))
    container_startup_timeout = optional(number)
    deployment = optional(object({
      maximum_execution_timeout = optional(number)
      rollback_alarm_names      = optional(list(string), [])
      rollback_on               = optional(list(string), [])
      rollback_step = optional(object({
        type  = string
        value = number
      }))
      step = optional(object({
        type  = string
        value = number
      }))
      strategy         = optional(string, "ALL_AT_ONCE")
      termination_wait = optional(number)
      wait_interval    = optional(number, 300)
    }), {})
    error_topic_arn               = optional(string)
    include_inference_response_in = optional(list(string), [])
    inference_ami_version         = optional(string)
    instance_pools = optional(list(object({
      instance_type       = string
      max_concurrency     = optional(number)
      model_name_override = optional(string)
    })))
    max_concurrent_invocations_per_instance = optional(number)
    model_data_download_timeout             = optional(number)
    name                                    = optional(string)
    output_kms_key_id                       = optional(string)
    policies = optional(map(object({
      step = optional(object({
        adjustment_type = optional(string, "ChangeInCapacity")
        alarm = object({
          comparison_operator = optional(string, "GreaterThanOrEqualToThreshold")
          datapoints_to_alarm = optional(number)
          dimensions          = optional(map(string))
          evaluation_periods  = optional(number, 2)
          extended_statistic  = optional(string)
          metric_name         = string
          namespace           = optional(string, "AWS/SageMaker")
          period              = optional(number, 60)
          statistic           = optional(string)
          threshold           = number
          treat_missing_data  = optional(string, "missing")
        })
        cooldown                 = optional(number, 300)
        metric_aggregation_type  = optional(string, "Average")
        min_adjustment_magnitude = optional(number)
        steps = list(object({
          adjustment  = number
          lower_bound = optional(number)
          upper_bound = optional(number)
        }))
      }))
      target_tracking = optional(object({
        custom_metric = optional(object({
          dimensions  = optional(map(string))
          metric_name = optional(string)
          metrics = optional(list(object({
            expression = optional(string)
            id         = string
            label      = optional(string)
            metric_stat = optional(object({
              metric = object({
                dimensions  = optional(map(string))
                metric_name = string
                namespace   = optional(string, "AWS/SageMaker")
              })
              stat = string
              unit = optional(string)
            }))
            return_data = optional(bool, true)
          })), [])
          namespace = optional(string)
          statistic = optional(string)
          unit      = optional(string)
        }))
        disable_scale_in       = optional(bool, false)
        predefined_metric_type = optional(string)
        scale_in_cooldown      = optional(number, 300)
        scale_out_cooldown     = optional(number, 300)
        target_value           = number
      }))
    })), {})
    provision_timeout  = optional(number)
    s3_failure_path    = optional(string)
    s3_input_paths     = optional(list(string))
    s3_output_path     = string
    scale_in_cooldown  = optional(number, 300)
    scale_out_cooldown = optional(number, 300)
    schedules = optional(map(object({
      end_time   = optional(string)
      max        = optional(number)
      min        = optional(number)
      schedule   = string
      start_time = optional(string)
      timezone   = optional(string, "UTC")
    })), {})
    signal = optional(object({
      custom_metric = object({
        dimensions  = optional(map(string))
        metric_name = optional(string)
        metrics = optional(list(object({
          expression = optional(string)
          id         = string
          label      = optional(string)
          metric_stat = optional(object({
            metric = object({
              dimensions  = optional(map(string))
              metric_name = string
              namespace   = optional(string, "AWS/SageMaker")
            })
            stat = string
            unit = optional(string)
          }))
          return_data = optional(bool, true)
        })), [])
        namespace = optional(string)
        statistic = optional(string)
        unit      = optional(string)
      })
      target_value = number
    }))
    success_topic_arn = optional(string)
    suspended = optional(object({
      in        = optional(bool, false)
      out       = optional(bool, false)
      scheduled = optional(bool, false)
    }), {})
    wake_up = optional(object({
      cooldown           = optional(number, 300)
      evaluation_periods = optional(number, 2)
      instances          = optional(number, 1)
    }), {})
  })
  default = null

  validation {
    condition     = var.async != null || var.realtime != null
    error_message = "Set realtime, async or both: without either there is no endpoint."
  }

  validation {
    condition = var.async == null || var.realtime == null ? true : (
      coalesce(try(var.async.name, null), "${var.name}-async") != coalesce(try(var.realtime.name, null), "${var.name}-realtime")
    )
    error_message = "Give async.name and realtime.name different names: they are two endpoints of one account."
  }
}
