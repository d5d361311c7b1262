# How an update reaches the fleet. Without a choice SageMaker replaces all instances at once (blue/green).

locals {
  deployment_config = one([
    for deployment in var.deployment[*] : {
      auto_rollback_configuration = length(deployment.rollback_alarm_names) == 0 ? null : {
        alarms = [for name in deployment.rollback_alarm_names : { alarm_name = name }]
      }
      blue_green_update_policy = deployment.strategy == "ROLLING" ? null : {
        maximum_execution_timeout_in_seconds = deployment.maximum_execution_timeout
        termination_wait_in_seconds          = deployment.termination_wait
        traffic_routing_configuration = {
          canary_size              = deployment.strategy == "CANARY" ? deployment.step : null
          linear_step_size         = deployment.strategy == "LINEAR" ? deployment.step : null
          type                     = deployment.strategy
          wait_interval_in_seconds = deployment.strategy == "ALL_AT_ONCE" ? 0 : deployment.wait_interval # required, though there is no second step
        }
      }
      rolling_update_policy = deployment.strategy != "ROLLING" ? null : {
        maximum_batch_size                   = deployment.step
        maximum_execution_timeout_in_seconds = deployment.maximum_execution_timeout
        rollback_maximum_batch_size          = deployment.rollback_step
        wait_interval_in_seconds             = deployment.wait_interval
      }
    }
  ])
}
