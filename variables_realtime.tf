variable "realtime" {
  description = <<-EOT
    The real-time endpoint, for live streams and synchronous requests: scales on concurrency, never below one instance. Null for none.
    - `capacity`: `min` (1 or more), `max` and `initial` instances over all pools together.
    - `capacity_reservation_config`: reserved capacity for one instance type: its `ml_reservation_arn`, and `capacity_reservation_preference` (`capacity-reservations-only`). An instance that finds no room there fails to start.
    - `container_startup_timeout`, `inference_ami_version`, `model_data_download_timeout`, `provision_timeout`: of this endpoint alone, instead of the inputs of these names that both share.
    - `deployment`: how an update reaches the fleet: `strategy` (`ALL_AT_ONCE`, `CANARY`, `LINEAR`, `ROLLING`), `step` and `rollback_step` of a `type` and a `value`, `wait_interval`, `termination_wait` and `maximum_execution_timeout` in seconds; what rolls it back: alarms of `monitoring` in `rollback_on`, by their names in `monitoring.alarms`, and your own in `rollback_alarm_names`. By default everything at once. You can change what an existing endpoint has, but not remove it.
    - `enable_ssm_access`: lets AWS Systems Manager open a shell in the containers, for debugging.
    - `instance_pools`: types of this endpoint alone, instead of those that both share, with the same `instance_type`, `max_concurrency` and `model_name_override`.
    - `name`: name of the endpoint instead of `NAME-realtime`. Another name deletes the endpoint before the new one is created.
    - `policies`: scaling policies of your own, by name. Each is a `target_tracking` (`target_value`, `predefined_metric_type` or `custom_metric`, cooldowns, `disable_scale_in`) or a `step` (`steps` of `lower_bound`, `upper_bound` and `adjustment`, `adjustment_type`, `cooldown`, `metric_aggregation_type`, `min_adjustment_magnitude`), which its `alarm` drives (`comparison_operator`, `datapoints_to_alarm`, `evaluation_periods`, `statistic` or `extended_statistic`, `period`, `threshold`, `treat_missing_data`).
    - `custom_metric` of a policy or of `signal`: one metric (`namespace`, `metric_name`, `statistic`, `unit`, `dimensions`), or metric math: `metrics` with an `id`, each a `metric_stat` (`metric`, `stat`, `unit`) or an `expression`, a `label`, and `return_data` false in all but the one that is tracked.
    - `scale_in_cooldown`, `scale_out_cooldown`: seconds after a change before the next one in that direction. An instance that is taken away has 30 seconds to end its streams.
    - `schedules`: when other bounds take effect, by name: `schedule` (`at(...)`, `rate(...)` or `cron(...)`) in its `timezone`, `min` and `max`, from `start_time` to `end_time`. Schedules own the bounds: `capacity` counts at registration only.
    - `signal`: what scaling follows, if you do not want the choice from the pools: a `predefined_metric_type` or a `custom_metric`, its `target_value`; for unequal pools the `weighting` (`hottest_pool`, `present_capacity`) and the `fast_guard` beside it.
    - `suspended`: pauses dynamic scaling `in` or `out`, or `scheduled` actions, without removing them. With `in` only a schedule with a low `max` takes instances away, at a time when that cuts no stream (docs/traps.md).
    - `target_utilization`: target of scaling, as a share of each pool's `max_concurrency`.
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
