variable "async_inference" {
  description = <<-EOT
    Makes the endpoint asynchronous. Null for a real-time endpoint.
    - `error_topic_arn`, `success_topic_arn`: SNS topics that are told of each failed and each completed request.
    - `include_inference_response_in`: topics whose messages carry the response itself: `SUCCESS_NOTIFICATION_TOPIC`, `ERROR_NOTIFICATION_TOPIC`.
    - `max_concurrent_invocations`: requests that one instance works on at a time, 1-1000; null leaves the choice to SageMaker.
    - `output_kms_key_id`: key that encrypts the results; null for the bucket's own encryption.
    - `s3_failure_path`, `s3_output_path`: S3 URIs below which failures and results are written.
  EOT
  type = object({
    error_topic_arn               = optional(string)
    include_inference_response_in = optional(list(string), [])
    max_concurrent_invocations    = optional(number)
    output_kms_key_id             = optional(string)
    s3_failure_path               = optional(string)
    s3_output_path                = string
    success_topic_arn             = optional(string)
  })
  default = null

  validation {
    condition = var.async_inference == null ? true : alltrue([
      for path in [var.async_inference.s3_output_path, var.async_inference.s3_failure_path] :
      path == null || can(regex("^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?$", path))
    ])
    error_message = "Write s3_output_path and s3_failure_path as S3 URIs, such as s3://bucket/out/."
  }

  validation {
    condition     = var.async_inference == null ? true : var.async_inference.s3_output_path != null
    error_message = "Set s3_output_path: an asynchronous endpoint has nowhere else to put its results."
  }

  validation {
    condition = var.async_inference == null ? true : alltrue([
      for path in [var.async_inference.s3_output_path, var.async_inference.s3_failure_path] : length(coalesce(path, "-")) <= 512
    ])
    error_message = "Shorten s3_output_path and s3_failure_path: SageMaker takes at most 512 characters."
  }

  validation {
    condition = var.async_inference == null ? true : alltrue([
      for arn in [var.async_inference.success_topic_arn, var.async_inference.error_topic_arn] :
      arn == null || can(regex("^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[a-zA-Z0-9_-]+$", arn))
    ])
    error_message = "Give success_topic_arn and error_topic_arn as ARNs of standard SNS topics (arn:aws:sns:REGION:ACCOUNT:NAME)."
  }

  validation {
    condition = var.async_inference == null ? true : alltrue([
      for topic in var.async_inference.include_inference_response_in : contains(["ERROR_NOTIFICATION_TOPIC", "SUCCESS_NOTIFICATION_TOPIC"], topic)
    ])
    error_message = "Use only SUCCESS_NOTIFICATION_TOPIC and ERROR_NOTIFICATION_TOPIC in include_inference_response_in."
  }

  validation {
    condition = var.async_inference == null ? true : (
      (!contains(var.async_inference.include_inference_response_in, "SUCCESS_NOTIFICATION_TOPIC") || var.async_inference.success_topic_arn != null) &&
      (!contains(var.async_inference.include_inference_response_in, "ERROR_NOTIFICATION_TOPIC") || var.async_inference.error_topic_arn != null)
    )
    error_message = "Set success_topic_arn or error_topic_arn for each topic named in include_inference_response_in, or remove it there."
  }

  validation {
    condition = var.async_inference == null ? true : (
      length(distinct(var.async_inference.include_inference_response_in)) == length(var.async_inference.include_inference_response_in)
    )
    error_message = "Name each topic once in include_inference_response_in."
  }

  validation {
    condition = var.async_inference == null ? true : (
      var.async_inference.max_concurrent_invocations == null ? true :
      var.async_inference.max_concurrent_invocations >= 1 &&
      var.async_inference.max_concurrent_invocations <= 1000 &&
      floor(var.async_inference.max_concurrent_invocations) == var.async_inference.max_concurrent_invocations
    )
    error_message = "Set max_concurrent_invocations to a whole number from 1 to 1000, or leave it out."
  }

  validation {
    condition     = var.async_inference == null ? true : can(regex("^[a-zA-Z0-9:/_-]+$", coalesce(var.async_inference.output_kms_key_id, "-")))
    error_message = "Give output_kms_key_id as a key id, key ARN or alias."
  }
}

variable "capacity" {
  description = <<-EOT
    Bounds of the instance count, over all pools together.
    - `min`, `max`: what Application Auto Scaling keeps the count between.
    - `initial`: count at the first creation, at least 1; null means the larger of `min` and 1. Not read again afterwards: updates keep the live count.
  EOT
  type = object({
    initial = optional(number)
    max     = number
    min     = number
  })
  nullable = false

  validation {
    condition     = alltrue([for count in [var.capacity.min, var.capacity.max, coalesce(var.capacity.initial, 1)] : try(floor(count) == count, false)])
    error_message = "Use whole numbers of instances for capacity.min, capacity.max and capacity.initial."
  }

  validation {
    condition     = try(var.capacity.min >= 0, true)
    error_message = "Set capacity.min to 0 or more."
  }

  validation {
    condition     = try(var.capacity.min <= var.capacity.max, true)
    error_message = "Raise capacity.max to at least capacity.min, or lower capacity.min: min is over max."
  }

  validation {
    condition     = try(var.capacity.max >= 1, true)
    error_message = "Set capacity.max to 1 or more: an endpoint that may never have an instance serves nothing."
  }

  validation {
    condition = var.capacity.initial == null ? true : (
      try(var.capacity.initial >= max(var.capacity.min, 1) && var.capacity.initial <= var.capacity.max, true)
    )
    error_message = "Set capacity.initial between capacity.min (and at least 1: SageMaker creates no endpoint without an instance) and capacity.max, or leave it out."
  }
}

variable "container_startup_timeout" {
  description = "Seconds that a container may take until its health check passes, 60-3600. A ceiling: a container that is ready earlier serves earlier."
  type        = number
  default     = 300
  nullable    = false

  validation {
    condition     = var.container_startup_timeout >= 60 && var.container_startup_timeout <= 3600 && floor(var.container_startup_timeout) == var.container_startup_timeout
    error_message = "Set container_startup_timeout to a whole number of seconds from 60 to 3600."
  }
}

variable "inference_ami_version" {
  description = "Version of the AMI that the instances boot (drivers, CUDA). Null for SageMaker's default; current Deepgram packages need `al2023-ami-sagemaker-inference-gpu-4-1`."
  type        = string
  default     = null

  validation {
    condition     = can(regex("^al2[a-z0-9]*-ami-sagemaker-inference-[a-z]+-[0-9-]+$", coalesce(var.inference_ami_version, "al2-ami-sagemaker-inference-gpu-2")))
    error_message = "Give inference_ami_version as SageMaker names it, such as al2023-ami-sagemaker-inference-gpu-4-1, or leave it out."
  }
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

  validation {
    condition     = length(var.instance_pools) >= 1
    error_message = "Add an instance type to instance_pools: an endpoint needs one to five."
  }

  validation {
    condition     = length(var.instance_pools) <= 5
    error_message = "Remove entries from instance_pools: SageMaker takes at most five instance types."
  }

  validation {
    condition     = length(distinct(var.instance_pools[*].instance_type)) == length(var.instance_pools)
    error_message = "Name each instance_type once in instance_pools."
  }

  validation {
    condition     = alltrue([for pool in var.instance_pools : can(regex("^ml\\.[a-z0-9]+(-[a-z0-9]+)*\\.[a-z0-9]+$", pool.instance_type))])
    error_message = "Write each instance_type of instance_pools as SageMaker names it: ml.FAMILY.SIZE, such as ml.g6.2xlarge."
  }

  validation {
    condition     = alltrue([for pool in var.instance_pools : !startswith(coalesce(pool.instance_type, "-"), "ml.t2.")])
    error_message = "Remove the ml.t2 types from instance_pools: Application Auto Scaling does not scale burstable instances."
  }

  validation {
    condition     = alltrue([for pool in var.instance_pools : can(regex("^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$", coalesce(pool.model_name, "-model"))) || pool.model_name == null])
    error_message = "Give model_name of an instance pool as the name of an existing model: letters, digits and hyphens, at most 63."
  }
}

variable "model_download_timeout" {
  description = "Seconds that an instance may take to download the model data, 60-3600. A ceiling; large models need up to 1800."
  type        = number
  default     = 600
  nullable    = false

  validation {
    condition     = var.model_download_timeout >= 60 && var.model_download_timeout <= 3600 && floor(var.model_download_timeout) == var.model_download_timeout
    error_message = "Set model_download_timeout to a whole number of seconds from 60 to 3600."
  }
}

variable "model_name" {
  description = "Name of the SageMaker model that the endpoint serves."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$", var.model_name))
    error_message = "Give model_name as the name of a SageMaker model: letters, digits and hyphens, at most 63."
  }
}

variable "name" {
  description = "Name of the endpoint, at most 54 characters. Its configurations are called the same with a short hash of their content."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9](-*[a-zA-Z0-9])*$", var.name))
    error_message = "Use only letters, digits and hyphens in name, with a letter or digit at both ends."
  }

  validation {
    condition     = length(var.name) <= 54
    error_message = "Shorten name to at most 54 characters: SageMaker takes 63 and a hyphen with a hash of 8 is appended for the configuration."
  }
}

variable "provision_timeout" {
  description = "Seconds that SageMaker looks for capacity over all instance pools together, 300-3600, before a scale-out fails. Without effect for a single instance type, which is retried without end."
  type        = number
  default     = 600
  nullable    = false

  validation {
    condition     = var.provision_timeout >= 300 && var.provision_timeout <= 3600 && floor(var.provision_timeout) == var.provision_timeout
    error_message = "Set provision_timeout to a whole number of seconds from 300 to 3600."
  }
}

variable "routing_strategy" {
  description = "How requests are spread over the instances: `LEAST_OUTSTANDING_REQUESTS` or `RANDOM`. Null leaves it to SageMaker; without meaning for asynchronous endpoints, whose instances draw from the queue."
  type        = string
  default     = null

  validation {
    condition     = contains(["LEAST_OUTSTANDING_REQUESTS", "RANDOM"], coalesce(var.routing_strategy, "RANDOM"))
    error_message = "Set routing_strategy to LEAST_OUTSTANDING_REQUESTS or RANDOM."
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

  validation {
    condition     = length(var.tags) <= 50
    error_message = "Remove entries from tags: AWS takes at most 50."
  }

  validation {
    condition     = alltrue([for key, value in var.tags : length(key) >= 1 && length(key) <= 128 && length(coalesce(value, "-")) <= 256 && !startswith(key, "aws:")])
    error_message = "Use keys of 1 to 128 characters that do not start with aws: and values of at most 256 in tags."
  }
}

variable "variant_name" {
  description = "Name of the one production variant. AllTraffic is what SageMaker's consoles and vendors' guides assume."
  type        = string
  default     = "AllTraffic"
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$", var.variant_name))
    error_message = "Use only letters, digits and hyphens in variant_name, at most 63, with a letter or digit at both ends."
  }
}

variable "volume_kms_key_id" {
  description = "Key id, ARN or alias that encrypts the storage volumes of the instances. Refused for instance types with local NVMe storage, which hardware encrypts."
  type        = string
  default     = null

  validation {
    condition     = can(regex("^[a-zA-Z0-9:/_-]+$", coalesce(var.volume_kms_key_id, "-")))
    error_message = "Give volume_kms_key_id as a key id, key ARN or alias."
  }

  validation {
    condition     = var.volume_kms_key_id == null || length(local.nvme_types) == 0
    error_message = "Remove volume_kms_key_id: SageMaker refuses a volume key when any type of instance_pools has local NVMe storage (g4dn, g5, g6, g6e, g7, p4d, p5, c5d, m5d, r5d and their like). That storage is encrypted by the instance's hardware."
  }
}

variable "volume_size_gb" {
  description = "Size of the storage volume of each instance in GiB, 1-512. Null for SageMaker's default; instance types with local NVMe storage have a fixed size."
  type        = number
  default     = null

  validation {
    condition = var.volume_size_gb == null ? true : (
      var.volume_size_gb >= 1 && var.volume_size_gb <= 512 && floor(var.volume_size_gb) == var.volume_size_gb
    )
    error_message = "Set volume_size_gb to a whole number from 1 to 512, or leave it out."
  }
}
