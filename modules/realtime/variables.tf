variable "capacity" {
  description = <<-EOT
    Bounds of the instance count, over all pools together.
    - `min`, `max`: what Application Auto Scaling keeps the count between; `min` is at least 1.
    - `initial`: count at the first creation, at least 1; null means the larger of `min` and 1. Not read again afterwards: updates keep the live count.
  EOT
  type = object({
    initial = optional(number)
    max     = number
    min     = number
  })
  nullable = false

  validation {
    condition     = try(var.capacity.min >= 1, true)
    error_message = "Set capacity.min to 1 or more: a real-time endpoint never scales to zero. To pay nothing while idle, use the asynchronous endpoint (the async input of the root module, or modules/async)."
  }
}

variable "container_startup_timeout" {
  description = "Seconds that a container may take until its health check passes, 60-3600. A ceiling: a container that is ready earlier serves earlier."
  type        = number
  default     = 300
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
    - `max_concurrency`: requests and streams in flight that one such instance sustains within your latency objective, as measured.
    - `model_name`: a model compiled for this type, in place of the endpoint's; null for the endpoint's.
  EOT
  type = list(object({
    instance_type   = string
    max_concurrency = number
    model_name      = optional(string)
  }))
  nullable = false

  validation {
    condition     = alltrue([for pool in var.instance_pools : pool.max_concurrency != null])
    error_message = "Set max_concurrency for every entry of instance_pools: a real-time endpoint scales on concurrency. Measure the requests in flight that one instance of the type sustains within your latency objective."
  }

  validation {
    condition     = alltrue([for pool in var.instance_pools : coalesce(pool.max_concurrency, 1) > 0])
    error_message = "Set max_concurrency of every entry of instance_pools to more than 0 requests in flight."
  }
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

variable "provision_timeout" {
  description = "Seconds that SageMaker looks for capacity over all instance pools together, 300-3600, before a scale-out fails. Without effect for a single instance type, which is retried without end."
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

variable "scale_in_cooldown" {
  description = "Seconds after a scale-in before the next one. Slow by default: streams last for minutes, and instances take minutes to come back."
  type        = number
  default     = 300
  nullable    = false

  validation {
    condition     = var.scale_in_cooldown >= 0 && floor(var.scale_in_cooldown) == var.scale_in_cooldown
    error_message = "Set scale_in_cooldown to a whole number of seconds, 0 or more."
  }
}

variable "scale_out_cooldown" {
  description = "Seconds after a scale-out before the next one, unless more is needed. Short by default: waiting callers cost more than an early instance."
  type        = number
  default     = 60
  nullable    = false

  validation {
    condition     = var.scale_out_cooldown >= 0 && floor(var.scale_out_cooldown) == var.scale_out_cooldown
    error_message = "Set scale_out_cooldown to a whole number of seconds, 0 or more."
  }
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

variable "target_utilization" {
  description = "Share of max_concurrency that scaling aims at, over 0 and at most 1. The default leaves a quarter of each instance for the load that arrives while the next one starts; 0.7 to 0.8 is the advised range."
  type        = number
  default     = 0.75
  nullable    = false

  validation {
    condition     = var.target_utilization > 0 && var.target_utilization <= 1
    error_message = "Set target_utilization over 0 and at most 1, such as 0.75."
  }
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
