variable "capacity_reservation_config" {
  description = <<-EOT
    Reserved capacity that the instances start in, as an alternative to several instance types. It needs a single entry in `instance_pools`, because a reservation holds one type. Null for none.
    - `capacity_reservation_preference`: `capacity-reservations-only`. An instance that finds no room in the reservation fails to start.
    - `ml_reservation_arn`: ARN of the reservation.
  EOT
  type = object({
    capacity_reservation_preference = optional(string, "capacity-reservations-only")
    ml_reservation_arn              = string
  })
  default = null
}

variable "container_startup_timeout" {
  description = "Seconds that a container may take to pass its health check, 60-3600. This is an upper limit: a container that is ready earlier serves earlier."
  type        = number
  default     = 300
  nullable    = false
}

variable "core_dump_config" {
  description = <<-EOT
    Keeps a core dump in S3 when the process in a container crashes. Null for none.
    - `destination_s3_uri`: S3 URI to write to, with the role of the model.
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
    - `destination_s3_uri`: S3 URI to write to, with the role of the model.
    - `initial_sampling_percentage`: share of the requests to record, 0-100. It has no default, because 100 stores all that callers send and receive.
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
    How SageMaker rolls an update out. The default replaces the whole fleet at once by a second one (blue/green). You can change what an existing endpoint has, but not remove it.
    - `strategy`: `ALL_AT_ONCE`, `CANARY` (one part first) or `LINEAR` (equal steps) on a second fleet, or `ROLLING` (batches, in place).
    - `step`: size of the canary, the linear step or the rolling batch, as `{ type = "CAPACITY_PERCENT" or "INSTANCE_COUNT", value }`. SageMaker limits it to a share of the running instances: a percentage always fits, a number of instances may not.
    - `wait_interval`: seconds between two steps, 0-3600, while the rollback alarms watch.
    - `rollback_alarm_names`: one to ten CloudWatch alarms that roll the update back. Without them nothing does.
    - `rollback_step`: size of a rolling batch during a rollback; null rolls back at once.
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

variable "error_topic_arn" {
  description = "ARN of the SNS topic notified of each failed request. Null for none."
  type        = string
  default     = null
}

variable "exclude_endpoint_tags" {
  description = "Keys of tags that the endpoint and its configuration do not get, such as a commit hash among the default_tags of the aws provider: AWS may redeploy an endpoint when its tags change. Tags that something else has added still show in plans, unlike with `ignore_tags` of the aws provider (docs/traps.md)."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "include_inference_response_in" {
  description = "Topics whose messages carry the response itself: `SUCCESS_NOTIFICATION_TOPIC`, `ERROR_NOTIFICATION_TOPIC`."
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
    One to five instance types, the preferred one first. SageMaker starts instances of the first type that has capacity, and removes instances of the last type first.
    - `instance_type`: SageMaker's name of the type, such as `ml.g6.2xlarge`. Every type needs an endpoint quota of its own: SageMaker does not fall back when a quota is reached.
    - `max_concurrency`: the most requests in flight with which one such instance keeps your latency objective: the last level that held in a load test (docs/measuring.md). `backlog_per_instance` is for the first pool. If every pool has a `max_concurrency` and they differ, the target is lowered to what the weakest pool can take.
    - `model_name_override`: a model compiled for this type; null for the model of the endpoint.
  EOT
  type = list(object({
    instance_type       = string
    max_concurrency     = optional(number)
    model_name_override = optional(string)
  }))
  nullable = false
}

variable "log_group" {
  description = <<-EOT
    The log group of the endpoint, `/aws/sagemaker/Endpoints/NAME`, which the containers write to. It is created before the endpoint and deleted with it.
    - `create`: whether the module creates the group. With false SageMaker does, without retention and key, and nothing deletes it. Import a group that exists already (docs/adopting.md).
    - `kms_key_id`: ARN of the key that encrypts the logs; null for CloudWatch's own encryption. The key policy must allow CloudWatch Logs (docs/permissions.md).
    - `retention_in_days`: how long CloudWatch Logs keeps a line: 1, 3, 5, 7, 14, 30, 60, 90 and so on to 3653 days; 0 for ever.
    - `skip_destroy`: keeps the group and its lines when the endpoint is destroyed.
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
  description = "Whether the model is from an AWS Marketplace package. SageMaker has no deployment guardrails for such a model, so `deployment` must be left out."
  type        = bool
  default     = false
  nullable    = false
}

variable "max_concurrent_invocations_per_instance" {
  description = "Requests that one instance processes at a time, 1-1000. Null leaves the choice to SageMaker."
  type        = number
  default     = null
}

variable "metrics_config" {
  description = <<-EOT
    Metrics that the endpoint publishes in CloudWatch. They are part of the endpoint configuration, so a change updates the endpoint. Null for SageMaker's defaults.
    - `enable_detailed_observability`: OpenTelemetry metrics of the container, each GPU and each instance. Null for SageMaker's default, which is on for configurations made after 17 June 2026. CloudWatch bills OpenTelemetry metrics by the gigabyte; AWS does not document whether it bills these (docs/traps.md).
    - `enable_enhanced_metrics`: also publishes utilization and invocation metrics of each instance and each GPU. CloudWatch bills each as a metric of its own.
    - `metric_publish_frequency_in_seconds`: seconds between two values of the utilization metrics: 10, 30, 60, 120, 180, 240 or 300. With `enable_enhanced_metrics` it applies to the invocation metrics too.
  EOT
  type = object({
    enable_detailed_observability       = optional(bool)
    enable_enhanced_metrics             = optional(bool, false)
    metric_publish_frequency_in_seconds = optional(number, 60)
  })
  default = null
}

variable "model_data_download_timeout" {
  description = "Seconds that an instance may take to download the model data, 60-3600. This is an upper limit; large models need up to 1800."
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
  description = "Name of the endpoint, at most 54 characters. Its configurations have this name and a short hash of their content. A change of name replaces the endpoint: Terraform deletes the old one first, and nothing serves until the new one is in service."
  type        = string
  nullable    = false
}

variable "output_kms_key_id" {
  description = "Key id, ARN or alias that encrypts the results. Null for the bucket's own encryption."
  type        = string
  default     = null
}

variable "prerequisites" {
  description = "Ids of what must exist before the endpoint and be destroyed after it, such as `endpoints_policy_id` of [model](../model). They only set the order."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "provision_timeout" {
  description = "Seconds that SageMaker looks for capacity over all instance pools together, 300-3600, before a scale-out fails. It has no effect with one type: the pages of AWS contradict each other on whether SageMaker then retries without end or fails."
  type        = number
  default     = 600
  nullable    = false
}

variable "s3_failure_path" {
  description = "S3 URI below which the failures are written. Null for none."
  type        = string
  default     = null
}

variable "s3_output_path" {
  description = "S3 URI below which the results are written, such as `s3://bucket/out/`."
  type        = string
  nullable    = false
}

variable "success_topic_arn" {
  description = "ARN of the SNS topic notified of each completed request. Null for none."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of endpoint, configuration and scalable target, beside the aws provider's default_tags."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "variant_name" {
  description = "Name of the only production variant. SageMaker's consoles and vendors' guides assume the default, AllTraffic. It cannot change while the endpoint exists."
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
