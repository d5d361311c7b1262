variable "realtime" {
  description = <<-EOT
    The real-time endpoint, for live streams and synchronous requests. It scales on concurrency and always keeps at least one instance. Null for none.
    - `capacity`: `min` (1 or more), `max` and `initial` instances of all pools together.
    - `capacity_reservation_config`: reserved capacity for the instances, for one instance type only. An instance that does not fit into the reservation fails to start.
      - `ml_reservation_arn`: ARN of the reservation.
      - `capacity_reservation_preference`: `capacity-reservations-only`.
    - `container_startup_timeout`, `inference_ami_version`, `model_data_download_timeout`, `provision_timeout`: override the inputs of the same names for this endpoint.
    - `deployment`: how SageMaker rolls out an update. The default replaces the whole fleet at once. On an existing endpoint you can change these settings but not remove them. [modules/realtime](modules/realtime/README.md#input_deployment) has the details.
      - `strategy`: `ALL_AT_ONCE`, `CANARY`, `LINEAR` or `ROLLING`.
      - `step`, `rollback_step`: share of the fleet that moves at a time, in the update and in a rollback, each with a `type` and a `value`.
      - `wait_interval`, `termination_wait`, `maximum_execution_timeout`: seconds between two steps, seconds that the old fleet stays after the update, and seconds that the whole update may take.
      - `rollback_on`: alarms of `monitoring` that roll the update back, by their names in `monitoring.alarms`.
      - `rollback_alarm_names`: names of your alarms that roll the update back.
    - `enable_ssm_access`: whether AWS Systems Manager may open a shell in the containers, for debugging.
    - `instance_pools`: instance types of this endpoint, with `instance_type`, `max_concurrency` and `model_name_override`. They override the input of the same name.
    - `name`: name of the endpoint instead of `NAME-realtime`. A change replaces the endpoint: Terraform deletes the old one first.
    - `policies`: additional scaling policies, by name. Each has either `target_tracking` or `step`. [modules/realtime](modules/realtime/README.md#input_policies) has the details.
      - `target_tracking`: `target_value` of a `predefined_metric_type` or a `custom_metric`, `scale_in_cooldown`, `scale_out_cooldown` and `disable_scale_in`.
      - `step`: `steps` with `lower_bound`, `upper_bound` and `adjustment`; `adjustment_type`, `cooldown`, `metric_aggregation_type` and `min_adjustment_magnitude`.
      - `alarm` of a `step`: `comparison_operator`, `datapoints_to_alarm`, `evaluation_periods`, `statistic` or `extended_statistic`, `period`, `threshold` and `treat_missing_data`.
    - `custom_metric` of a policy or of `signal`: either one metric or metric math.
      - One metric: `namespace`, `metric_name`, `statistic`, `unit` and `dimensions`.
      - Metric math: `metrics`, each with an `id`, a `label`, and either a `metric_stat` (`metric`, `stat`, `unit`) or an `expression`. Set `return_data` to false in all but the one that the policy tracks.
    - `scale_in_cooldown`, `scale_out_cooldown`: seconds after a scaling activity before the next one in the same direction. An instance that scale-in removes has 30 seconds to finish its streams.
    - `schedules`: scheduled actions by name, which change the bounds. With schedules, `capacity` applies only when the scalable target is registered.
      - `schedule`: `at(...)`, `rate(...)` or `cron(...)`, read in `timezone`.
      - `min`, `max`: the new bounds.
      - `start_time`, `end_time`: first and last time at which the schedule acts.
    - `signal`: the metric that scaling follows. By default the module derives metric and target from the pools.
      - `predefined_metric_type` or `custom_metric`, with its `target_value`.
      - `weighting`: how pools with different `max_concurrency` are weighted: `hottest_pool` or `present_capacity`.
      - `fast_guard`: whether to add a second policy beside the weighted one, which scales out faster.
    - `suspended`: pauses scaling without removing it: `in` and `out` pause the policies, `scheduled` pauses the schedules. While `in` is paused, a schedule with a low `max` can still remove instances, at a quiet time that you choose (docs/traps.md).
    - `target_utilization`: share of `max_concurrency` that scaling keeps each instance at.
  EOT
  type = object({
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
    enable_ssm_access     = optional(bool)
    inference_ami_version = optional(string)
    instance_pools = optional(list(object({
      instance_type       = string
      max_concurrency     = optional(number)
      model_name_override = optional(string)
    })))
    model_data_download_timeout = optional(number)
    name                        = optional(string)
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
    scale_in_cooldown  = optional(number, 300)
    scale_out_cooldown = optional(number, 60)
    schedules = optional(map(object({
      end_time   = optional(string)
      max        = optional(number)
      min        = optional(number)
      schedule   = string
      start_time = optional(string)
      timezone   = optional(string, "UTC")
    })), {})
    signal = optional(object({
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
      fast_guard             = optional(bool, true)
      predefined_metric_type = optional(string)
      target_value           = optional(number)
      weighting              = optional(string, "hottest_pool")
    }), {})
    suspended = optional(object({
      in        = optional(bool, false)
      out       = optional(bool, false)
      scheduled = optional(bool, false)
    }), {})
    target_utilization = optional(number, 0.75)
  })
  default = null
}
