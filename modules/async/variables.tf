variable "backlog_per_instance" {
  description = "Requests, waiting or being worked on, that scaling aims at for each instance. The default is the example of the SageMaker guide; lower it for shorter waits."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.backlog_per_instance > 0
    error_message = "Set backlog_per_instance to more than 0 requests."
  }
}

variable "capacity" {
  description = <<-EOT
    Bounds of the instance count, over all pools together.
    - `min`, `max`: what Application Auto Scaling keeps the count between; with `min` 0 the endpoint costs nothing while the queue is empty.
    - `initial`: count at the first creation, at least 1; null means the larger of `min` and 1. Not read again afterwards: updates keep the live count.
  EOT
  type = object({
    initial = optional(number)
    max     = number
    min     = number
  })
  nullable = false
}

variable "container_startup_timeout" {
  description = "Seconds that a container may take until its health check passes, 60-3600. A ceiling: a container that is ready earlier serves earlier."
  type        = number
  default     = 300
  nullable    = false
}

variable "error_topic_arn" {
  description = "ARN of the SNS topic that is told of each failed request. Null for none."
  type        = string
  default     = null
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
    One to five instance types in priority order, the preferred one first. SageMaker provisions from the first that has capacity and releases the last first.
    - `instance_type`: SageMaker's name of the type, such as `ml.g6.2xlarge`. Every type needs its own endpoint quota: quota does not fall back.
    - `model_name`: a model compiled for this type, in place of the endpoint's; null for the endpoint's.
  EOT
  type = list(object({
    instance_type = string
    model_name    = optional(string)
  }))
  nullable = false
}

variable "max_concurrent_invocations" {
  description = "Requests that one instance works on at a time, 1-1000. Null leaves the choice to SageMaker."
  type        = number
  default     = null
}

variable "model_download_timeout" {
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
  description = "Name of the endpoint, at most 54 characters. Its configurations are called the same with a short hash of their content."
  type        = string
  nullable    = false
}

variable "output_kms_key_id" {
  description = "Key id, ARN or alias that encrypts the results. Null for the bucket's own encryption."
  type        = string
  default     = null
}

variable "provision_timeout" {
  description = "Seconds that SageMaker looks for capacity over all instance pools together, 300-3600, before a scale-out fails. Without effect for a single instance type, which is retried without end."
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

variable "scale_in_cooldown" {
  description = "Seconds after a scale-in before the next one."
  type        = number
  default     = 300
  nullable    = false

  validation {
    condition     = var.scale_in_cooldown >= 0 && floor(var.scale_in_cooldown) == var.scale_in_cooldown
    error_message = "Set scale_in_cooldown to a whole number of seconds, 0 or more."
  }
}

variable "scale_out_cooldown" {
  description = "Seconds after a scale-out before the next one, unless more is needed. An instance takes minutes to start on the queue."
  type        = number
  default     = 300
  nullable    = false

  validation {
    condition     = var.scale_out_cooldown >= 0 && floor(var.scale_out_cooldown) == var.scale_out_cooldown
    error_message = "Set scale_out_cooldown to a whole number of seconds, 0 or more."
  }
}

variable "success_topic_arn" {
  description = "ARN of the SNS topic that is told of each completed request. Null for none."
  type        = string
  default     = null
}

variable "suspended" {
  description = "Pauses parts of the scaling without removing them: dynamic scaling `in`, dynamic scaling `out`, `scheduled` actions."
  type = object({
    in        = optional(bool, false)
    out       = optional(bool, false)
    scheduled = optional(bool, false)
  })
  default  = {}
  nullable = false
}

variable "tags" {
  description = "Tags of endpoint, configuration and scalable target, beside the aws provider's default_tags."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "variant_name" {
  description = "Name of the one production variant. AllTraffic is what SageMaker's consoles and vendors' guides assume."
  type        = string
  default     = "AllTraffic"
  nullable    = false
}

variable "volume_kms_key_id" {
  description = "Key id, ARN or alias that encrypts the storage volumes of the instances. Refused for instance types with local NVMe storage, which hardware encrypts."
  type        = string
  default     = null
}

variable "volume_size_gb" {
  description = "Size of the storage volume of each instance in GiB, 1-512. Null for SageMaker's default; instance types with local NVMe storage have a fixed size."
  type        = number
  default     = null
}

variable "wake_up" {
  description = <<-EOT
    How an endpoint at zero instances wakes when requests arrive. Created whenever `capacity.min` is 0, since the backlog per instance has no value without instances.
    - `cooldown`: seconds after a wake-up before the next one.
    - `evaluation_periods`: minutes that the queue must have been waiting. 2 is the SageMaker guide's; 1 wakes a minute earlier.
    - `instances`: instances that a wake-up adds.
  EOT
  type = object({
    cooldown           = optional(number, 300)
    evaluation_periods = optional(number, 2)
    instances          = optional(number, 1)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.wake_up.instances >= 1 && floor(var.wake_up.instances) == var.wake_up.instances
    error_message = "Set wake_up.instances to a whole number, 1 or more: fewer wakes nothing."
  }

  validation {
    condition     = try(var.wake_up.instances <= var.capacity.max, true)
    error_message = "Lower wake_up.instances to at most capacity.max, or raise capacity.max."
  }

  validation {
    condition     = var.wake_up.cooldown >= 0 && floor(var.wake_up.cooldown) == var.wake_up.cooldown
    error_message = "Set wake_up.cooldown to a whole number of seconds, 0 or more."
  }

  validation {
    condition     = var.wake_up.evaluation_periods >= 1 && var.wake_up.evaluation_periods <= 1440 && floor(var.wake_up.evaluation_periods) == var.wake_up.evaluation_periods
    error_message = "Set wake_up.evaluation_periods to a whole number of minutes from 1 to 1440."
  }
}
