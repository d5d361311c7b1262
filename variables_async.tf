variable "async" {
  description = <<-EOT
    The asynchronous endpoint, for files queued through S3. It scales on the backlog, down to zero instances and back. Null for none.
    - `backlog_per_instance`: target of scaling: requests, waiting or in progress, per instance.
    - `capacity`: `min` (0 costs nothing while idle), `max` and `initial` instances of all pools together.
    - `capacity_reservation_config`: reserved capacity for the instances, for one instance type only. An instance that does not fit into the reservation fails to start.
      - `ml_reservation_arn`: ARN of the reservation.
      - `capacity_reservation_preference`: `capacity-reservations-only`.
    - `container_startup_timeout`, `inference_ami_version`, `model_data_download_timeout`, `provision_timeout`: override the inputs of the same names for this endpoint.
    - `deployment`: how SageMaker rolls out an update. The default replaces the whole fleet at once. On an existing endpoint you can change these settings but not remove them. [modules/async](modules/async/README.md#input_deployment) has the details.
      - `strategy`: `ALL_AT_ONCE`, `CANARY`, `LINEAR` or `ROLLING`.
      - `step`, `rollback_step`: share of the fleet that moves at a time, in the update and in a rollback, each with a `type` and a `value`.
      - `wait_interval`, `termination_wait`, `maximum_execution_timeout`: seconds between two steps, seconds that the old fleet stays after the update, and seconds that the whole update may take.
      - `rollback_on`: alarms of `monitoring` that roll the update back, by their names in `monitoring.alarms`.
      - `rollback_alarm_names`: names of your alarms that roll the update back.
    - `error_topic_arn`, `success_topic_arn`: ARNs of the SNS topics that receive a message for each failed and each completed request.
    - `include_inference_response_in`: topics whose messages contain the response: `SUCCESS_NOTIFICATION_TOPIC`, `ERROR_NOTIFICATION_TOPIC`.
    - `instance_pools`: instance types of this endpoint, with `instance_type`, `max_concurrency` and `model_name_override`. They override the input of the same name.
    - `max_concurrent_invocations_per_instance`: requests that one instance processes at a time. Null lets SageMaker choose.
    - `name`: name of the endpoint instead of `NAME-async`. A change replaces the endpoint: Terraform deletes the old one first.
    - `output_kms_key_id`: key that encrypts the results; null for the bucket's own encryption.
    - `policies`: additional scaling policies, by name. Each has either `target_tracking` or `step`. [modules/async](modules/async/README.md#input_policies) has the details.
      - `target_tracking`: `target_value` of a `predefined_metric_type` or a `custom_metric`, `scale_in_cooldown`, `scale_out_cooldown` and `disable_scale_in`.
      - `step`: `steps` with `lower_bound`, `upper_bound` and `adjustment`; `adjustment_type`, `cooldown`, `metric_aggregation_type` and `min_adjustment_magnitude`.
      - `alarm` of a `step`: `comparison_operator`, `datapoints_to_alarm`, `evaluation_periods`, `statistic` or `extended_statistic`, `period`, `threshold` and `treat_missing_data`.
    - `custom_metric` of a policy or of `signal`: either one metric or metric math.
      - One metric: `namespace`, `metric_name`, `statistic`, `unit` and `dimensions`.
      - Metric math: `metrics`, each with an `id`, a `label`, and either a `metric_stat` (`metric`, `stat`, `unit`) or an `expression`. Set `return_data` to false in all but the one that the policy tracks.
    - `s3_failure_path`, `s3_output_path`: S3 URIs under which the endpoint writes failures and results.
    - `s3_input_paths`: S3 URIs under which the created role may read requests. Null for the whole bucket of `s3_output_path`.
    - `scale_in_cooldown`, `scale_out_cooldown`: seconds after a scaling activity before the next one in the same direction.
    - `schedules`: scheduled actions by name, which change the bounds. With schedules, `capacity` applies only when the scalable target is registered.
      - `schedule`: `at(...)`, `rate(...)` or `cron(...)`, read in `timezone`.
      - `min`, `max`: the new bounds.
      - `start_time`, `end_time`: first and last time at which the schedule acts.
    - `signal`: metric that scaling follows instead of the backlog: a `custom_metric` and its `target_value`.
    - `suspended`: pauses scaling without removing it: `in` and `out` pause the policies, `scheduled` pauses the schedules.
    - `wake_up`: how an endpoint without instances starts again: `instances` to add, `evaluation_periods` (minutes that requests must have waited) and `cooldown` (seconds until the next wake-up).
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
          namespace           = optional(string)
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
                namespace   = optional(string)
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
              namespace   = optional(string)
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
      lower(coalesce(try(var.async.name, null), "${var.name}-async")) != lower(coalesce(try(var.realtime.name, null), "${var.name}-realtime"))
    )
    error_message = "Set async.name and realtime.name to names that differ in more than case: an account has only one endpoint of a name, and CreateEndpoint ignores case."
  }
}
