variable "capacity_reservation_config" {
  description = <<-EOT
    Reserved capacity for the instances, as an alternative to several instance types. It needs a single entry in `instance_pools`, because a reservation is for one type. Null for none.
    - `capacity_reservation_preference`: `capacity-reservations-only`, which is the default: an instance that does not fit into the reservation fails to start.
    - `ml_reservation_arn`: ARN of the reservation.
  EOT
  type = object({
    capacity_reservation_preference = optional(string, "capacity-reservations-only")
    ml_reservation_arn              = string
  })
  default = null
}

variable "container_startup_timeout" {
  description = "Seconds that a container may take to pass its first health check, 60-3600. A container that is ready earlier serves earlier."
  type        = number
  default     = 300
  nullable    = false
}

variable "core_dump_config" {
  description = <<-EOT
    Writes a core dump to S3 when the process in a container crashes. Null for none.
    - `destination_s3_uri`: S3 URI that SageMaker writes to, with the role of the model.
    - `kms_key_id`: key that encrypts the dumps; null for the bucket's own encryption.
  EOT
  type = object({
    destination_s3_uri = string
    kms_key_id         = optional(string)
  })
  default = null
}

variable "data_capture" {
  description = <<-EOT
    Records requests and responses in S3. Null for none.
    - `destination_s3_uri`: S3 URI that SageMaker writes to, with the role of the model.
    - `initial_sampling_percentage`: percentage of the requests to record, a whole number from 0 to 100. It has no default, because 100 stores everything that callers send and receive.
    - `kms_key_id`: key that encrypts the records; null for the bucket's own encryption.
    - `modes`: what to record: `Input`, `Output` or both.
  EOT
  type = object({
    destination_s3_uri          = string
    initial_sampling_percentage = number
    kms_key_id                  = optional(string)
    modes                       = optional(list(string), ["Input", "Output"])
  })
  default = null
}

variable "deployment" {
  description = <<-EOT
    How SageMaker rolls out an update. The default starts a second fleet and moves all traffic to it at once (blue/green). On an existing endpoint you can change these settings but not remove them.
    - `strategy`: `ALL_AT_ONCE`, `CANARY` (one part first) or `LINEAR` (equal steps) on a second fleet, or `ROLLING` (batches, in place).
    - `step`: size of the canary, the linear step or the rolling batch, as `{ type = "CAPACITY_PERCENT" or "INSTANCE_COUNT", value }`. SageMaker limits it to a share of the running instances: a percentage always fits, a number of instances may be too large or too small.
    - `wait_interval`: seconds between two steps, 0-3600, while the rollback alarms watch.
    - `rollback_alarm_names`: names of one to ten CloudWatch alarms that roll the update back. Without them SageMaker rolls back only an update that fails.
    - `rollback_step`: size of a rolling batch during a rollback; null rolls back at once.
    - `termination_wait`: seconds that the old fleet stays after all traffic has moved, 0-3600. Not for `ROLLING`.
    - `maximum_execution_timeout`: seconds that the whole update may take, 600-28800; more than `termination_wait` and the waits between all steps together.
  EOT
  type = object({
    maximum_execution_timeout = optional(number)
    rollback_alarm_names      = optional(list(string), [])
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
  })
  default  = {}
  nullable = false
}

variable "enable_ssm_access" {
  description = "Whether AWS Systems Manager may open a shell in the containers, for debugging. The image must contain the SSM agent, and AWS must have enabled this for the account. Null for SageMaker's default, which is off."
  type        = bool
  default     = null
}

variable "exclude_endpoint_tags" {
  description = "Keys of tags that the endpoint and its configuration do not have, such as a commit hash among the default_tags of the aws provider: AWS may redeploy an endpoint when its tags change. Plans still show tags that other tools have added, unlike with `ignore_tags` of the aws provider (docs/traps.md)."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "inference_ami_version" {
  description = "Version of the AMI that the instances boot (drivers, CUDA). Null for SageMaker's default; current Deepgram packages need `al2023-ami-sagemaker-inference-gpu-4-1`."
  type        = string
  default     = null
}

variable "instance_pools" {
  description = <<-EOT
    One to five instance types, the preferred one first. SageMaker starts an instance of the first type that has capacity, and on scale-in removes instances of the last type first.
    - `instance_type`: SageMaker's name of the type, such as `ml.g6.2xlarge`. Every type needs endpoint quota: SageMaker does not fall back to the next type when a quota is reached.
    - `max_concurrency`: requests and streams in flight that one instance of the type sustains within your latency objective: the highest level that passed a load test (docs/measuring.md).
    - `model_name_override`: a model compiled for this type; null for the model of the endpoint.
  EOT
  type = list(object({
    instance_type       = string
    max_concurrency     = number
    model_name_override = optional(string)
  }))
  nullable = false

  validation {
    condition     = alltrue([for pool in var.instance_pools : try(pool.max_concurrency != null, false)])
    error_message = "Set max_concurrency for every entry of instance_pools: a real-time endpoint scales on concurrency. Measure how many requests in flight one instance of the type sustains within your latency objective."
  }
}

variable "log_group" {
  description = <<-EOT
    The log group of the endpoint, `/aws/sagemaker/Endpoints/NAME`, which the containers write to. The module creates it before the endpoint and deletes it with the endpoint.
    - `create`: whether the module creates the group. If false, SageMaker creates it, without retention or key, and nothing deletes it. Import a group that already exists (docs/adopting.md).
    - `kms_key_id`: ARN of the key that encrypts the logs; null for CloudWatch's own encryption. The key policy must allow CloudWatch Logs (docs/permissions.md).
    - `retention_in_days`: how long CloudWatch Logs keeps a line: 1, 3, 5, 7, 14, 30, 60, 90 and so on to 3653 days; 0 for ever.
    - `skip_destroy`: whether a destroy keeps the group and its log lines.
  EOT
  type = object({
    create            = optional(bool, true)
    kms_key_id        = optional(string)
    retention_in_days = optional(number, 30)
    skip_destroy      = optional(bool, false)
  })
  default  = {}
  nullable = false
}

variable "marketplace" {
  description = "Whether the model is from an AWS Marketplace package. SageMaker has no deployment guardrails for such a model, so `deployment` must be omitted."
  type        = bool
  default     = false
  nullable    = false
}

variable "metrics_config" {
  description = <<-EOT
    Metrics that the endpoint publishes in CloudWatch. They are part of the endpoint configuration, so a change updates the endpoint. Null for SageMaker's defaults.
    - `enable_detailed_observability`: OpenTelemetry metrics of the container, each GPU and each instance. Null for SageMaker's default, which is on for configurations created after 17 June 2026. CloudWatch bills OpenTelemetry metrics by the gigabyte; AWS does not document whether it bills these (docs/traps.md).
    - `enable_enhanced_metrics`: also publishes utilization and invocation metrics of each instance and each GPU. CloudWatch bills each as a separate metric.
    - `metric_publish_frequency_in_seconds`: seconds between two values of the utilization metrics: 10, 30, 60, 120, 180, 240 or 300. With `enable_enhanced_metrics` it applies to the invocation metrics too.
  EOT
  type = object({
    enable_detailed_observability       = optional(bool)
    enable_enhanced_metrics             = optional(bool, false)
    metric_publish_frequency_in_seconds = optional(number, 60)
  })
  default = null

  validation {
    condition     = try(!var.metrics_config.enable_enhanced_metrics || var.metrics_config.metric_publish_frequency_in_seconds <= 60, true)
    error_message = "Lower metrics_config.metric_publish_frequency_in_seconds to at most 60 seconds, or turn enhanced metrics off: with them SageMaker publishes the metric of the scaling policy at the same interval, and its alarm, which reads every ten seconds or every minute, finds no data in most of them."
  }
}

variable "model_data_download_timeout" {
  description = "Seconds that an instance may take to download the model data, 60-3600. Large models may need 1800."
  type        = number
  default     = 600
  nullable    = false
}

variable "model_name" {
  description = "Name of the SageMaker model that the endpoint serves."
  type        = string
  nullable    = false
}

variable "name" {
  description = "Name of the endpoint, at most 54 characters. The endpoint configurations have this name and a short hash of their content. A change replaces the endpoint: Terraform deletes the old one first, and nothing serves until the new one is in service."
  type        = string
  nullable    = false
}

variable "prerequisites" {
  description = "Ids of resources that must exist before the endpoint and outlive it, such as `endpoints_policy_id` of [model](../model). They only set the order."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "provision_timeout" {
  description = "Seconds that SageMaker looks for capacity in all instance pools together before a scale-out fails, 300-3600. It has no effect with one type: AWS's pages contradict each other on whether SageMaker then retries forever or fails."
  type        = number
  default     = 600
  nullable    = false
}

variable "routing_strategy" {
  description = "How SageMaker spreads requests over the instances: `LEAST_OUTSTANDING_REQUESTS` or `RANDOM`. The default keeps long streams from piling up on one instance."
  type        = string
  default     = "LEAST_OUTSTANDING_REQUESTS"
  nullable    = false
}

variable "tags" {
  description = "Tags of the endpoint, its configuration and the scalable target, in addition to the aws provider's default_tags."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "variant_name" {
  description = "Name of the only production variant. SageMaker's console and vendors' guides assume the default, AllTraffic. An existing endpoint cannot change it."
  type        = string
  default     = "AllTraffic"
  nullable    = false
}

variable "volume_kms_key_id" {
  description = "Key id, ARN or alias that encrypts the storage volumes of the instances. SageMaker refuses it for instance types with local NVMe storage, which the hardware encrypts."
  type        = string
  default     = null
}

variable "volume_size_in_gb" {
  description = "Size of the storage volume of each instance in GiB, 1-512. Null for SageMaker's default; instance types with local NVMe storage have a fixed size."
  type        = number
  default     = null
}
