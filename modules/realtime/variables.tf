variable "capacity_reservation_config" {
  description = <<-EOT
    Reserved capacity that the instances start in, the other answer to a shortage beside several types. For one entry of `instance_pools` only: a reservation holds one type. Null for none.
    - `capacity_reservation_preference`: `capacity-reservations-only`: an instance that finds no room in the reservation fails to start.
    - `ml_reservation_arn`: the reservation.
  EOT
  type = object({
    capacity_reservation_preference = optional(string, "capacity-reservations-only")
    ml_reservation_arn              = string
  })
  default = null
}

variable "container_startup_timeout" {
  description = "Seconds that a container may take until its health check passes, 60-3600. A ceiling: a container that is ready earlier serves earlier."
  type        = number
  default     = 300
  nullable    = false
}

variable "core_dump_config" {
  description = <<-EOT
    Keeps a core dump in S3 when the process in a container crashes. Null for none.
    - `destination_s3_uri`: where; the model's role writes there.
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
    - `destination_s3_uri`: where; the model's role writes there.
    - `initial_sampling_percentage`: share of the requests, 0-100. It has no default: 100 stores every request and every answer, which takes space and keeps what callers send.
    - `kms_key_id`: key that encrypts the records; null for the bucket's own encryption.
    - `modes`: what is recorded, of `Input` and `Output`.
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
    How an update reaches the fleet. By default everything at once, on a second fleet (blue/green), as SageMaker does by itself. You can change what an existing endpoint has, but not remove it.
    - `strategy`: `ALL_AT_ONCE`, `CANARY` (a part first), `LINEAR` (in equal steps), all three on a second fleet, or `ROLLING` (in batches, in place).
    - `step`: size of the canary, the linear step or the rolling batch, as `{ type = "CAPACITY_PERCENT" or "INSTANCE_COUNT", value }`. SageMaker takes a share of the instances that run: percent always fit, a number of instances may not.
    - `wait_interval`: seconds between two steps, 0-3600, while the rollback alarms watch.
    - `rollback_alarm_names`: one to ten CloudWatch alarms that roll the update back. Without any, nothing does.
    - `rollback_step`: size of a rolling batch on the way back; null for everything at once.
    - `termination_wait`: seconds that the old fleet stays after the new one has taken over, 0-3600. Not for `ROLLING`.
    - `maximum_execution_timeout`: seconds that the whole update may take, 600-28800.
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
  description = "Lets AWS Systems Manager open a shell in the containers, for debugging. The image must contain the SSM agent, and AWS must have enabled it for the account. Null leaves it to SageMaker, which opens none."
  type        = bool
  default     = null
}

variable "exclude_endpoint_tags" {
  description = "Keys of tags that the endpoint and its configuration do not get, such as a commit's hash among the aws provider's default_tags: AWS may deploy an endpoint anew for a change of its tags. It does not hide tags that something else has added, as `ignore_tags` of the aws provider does (docs/traps.md)."
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
    One to five instance types in priority order, the preferred one first. SageMaker provisions from the first that has capacity and releases the last first.
    - `instance_type`: SageMaker's name of the type, such as `ml.g6.2xlarge`. Every type needs its own endpoint quota: quota does not fall back.
    - `max_concurrency`: the last level that held: the most requests and streams in flight with which one such instance keeps your latency objective (docs/measuring.md).
    - `model_name_override`: a model compiled for this type, instead of the endpoint's; null for the endpoint's.
  EOT
  type = list(object({
    instance_type       = string
    max_concurrency     = number
    model_name_override = optional(string)
  }))
  nullable = false

  validation {
    condition     = alltrue([for pool in var.instance_pools : try(pool.max_concurrency != null, false)])
    error_message = "Set max_concurrency for every entry of instance_pools: a real-time endpoint scales on concurrency. Measure the requests in flight that one instance of the type sustains within your latency objective."
  }
}

variable "log_group" {
  description = <<-EOT
    The log group of the endpoint, `/aws/sagemaker/Endpoints/NAME`, in which the containers write. It is made before the endpoint, and deleted with it.
    - `create`: false leaves it to SageMaker, which makes it without retention and key, and leaves it behind. A group that exists already is imported (docs/adopting.md).
    - `kms_key_id`: ARN of the key that encrypts the logs; null for CloudWatch's own encryption. Its policy must admit CloudWatch Logs (docs/permissions.md).
    - `retention_in_days`: how long a line is kept, as CloudWatch Logs counts it: 1, 3, 5, 7, 14, 30, 60, 90 and so on to 3653; 0 for ever.
    - `skip_destroy`: keeps the group, and what is in it, when the endpoint is destroyed.
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
  description = "True for a model from an AWS Marketplace package: SageMaker has no deployment guardrails for it, so `deployment` is refused."
  type        = bool
  default     = false
  nullable    = false
}

variable "metrics_config" {
  description = <<-EOT
    What the endpoint publishes in CloudWatch. Part of the configuration: a change is an update. Null for SageMaker's defaults.
    - `enable_detailed_observability`: metrics of the container, of each GPU and of each instance, as OpenTelemetry metrics. Null for SageMaker's default, which is on for configurations made after 17 June 2026. CloudWatch bills such metrics by the gigabyte; no document of AWS says whether it bills these (docs/traps.md).
    - `enable_enhanced_metrics`: utilization and invocation metrics of each instance and each GPU as well, each billed as a metric of its own.
    - `metric_publish_frequency_in_seconds`: seconds between two values of the utilization metrics, with `enable_enhanced_metrics` of the invocation metrics as well: 10, 30, 60, 120, 180, 240 or 300.
  EOT
  type = object({
    enable_detailed_observability       = optional(bool)
    enable_enhanced_metrics             = optional(bool, false)
    metric_publish_frequency_in_seconds = optional(number, 60)
  })
  default = null

  validation {
    condition     = try(!var.metrics_config.enable_enhanced_metrics || var.metrics_config.metric_publish_frequency_in_seconds <= 60, true)
    error_message = "Lower metrics_config.metric_publish_frequency_in_seconds to at most 60 seconds, or leave enhanced metrics off: with them, what scaling follows is published that rarely too, and an alarm that looks at every minute finds most of them empty."
  }
}

variable "model_data_download_timeout" {
  description = "Seconds that an instance may take to download the model data, 60-3600. A ceiling; large models need up to 1800."
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
  description = "Name of the endpoint, at most 54 characters. Its configurations are called the same with a short hash of their content. Another name is another endpoint: Terraform deletes the old one first, and nothing serves until the new one is in service."
  type        = string
  nullable    = false
}

variable "prerequisites" {
  description = "Ids of what must be there before the endpoint and go after it, such as `endpoints_policy_id` of [model](../model). Only their order counts."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "provision_timeout" {
  description = "Seconds that SageMaker looks for capacity over all instance pools together, 300-3600, before a scale-out fails. No effect with one type: whether SageMaker retries that without end or fails, its pages do not agree on."
  type        = number
  default     = 600
  nullable    = false
}

variable "routing_strategy" {
  description = "How requests are spread over the instances: `LEAST_OUTSTANDING_REQUESTS` or `RANDOM`. The default keeps long streams from piling up on one instance."
  type        = string
  default     = "LEAST_OUTSTANDING_REQUESTS"
  nullable    = false
}

variable "tags" {
  description = "Tags of endpoint, configuration and scalable target, beside the aws provider's default_tags."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "variant_name" {
  description = "Name of the one production variant. AllTraffic is what SageMaker's consoles and vendors' guides assume. It cannot change while the endpoint stands."
  type        = string
  default     = "AllTraffic"
  nullable    = false
}

variable "volume_kms_key_id" {
  description = "Key id, ARN or alias that encrypts the storage volumes of the instances. Refused for instance types with local NVMe storage, which hardware encrypts."
  type        = string
  default     = null
}

variable "volume_size_in_gb" {
  description = "Size of the storage volume of each instance in GiB, 1-512. Null for SageMaker's default; instance types with local NVMe storage have a fixed size."
  type        = number
  default     = null
}
