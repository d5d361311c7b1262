# modules/realtime and modules/async declare the types of these inputs and pass them on, so here they are `any`. The
# validations are here, once for both (docs/decisions/0021).

variable "async_inference" {
  description = "The inputs of modules/async about its queue, which make the endpoint asynchronous. Null for a real-time endpoint."
  type        = any

  validation {
    condition = var.async_inference == null ? true : alltrue([
      for path in [var.async_inference.s3_output_path, var.async_inference.s3_failure_path] :
      path == null || can(regex("^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^*?$]*)?$", path))
    ])
    error_message = "Write s3_output_path and s3_failure_path as S3 URIs, such as s3://bucket/out/, without *, ? and $: in an IAM policy they would match other objects as well."
  }

  validation {
    condition     = var.async_inference == null ? true : var.async_inference.s3_output_path != null
    error_message = "Set s3_output_path: an asynchronous endpoint writes its results to S3."
  }

  validation {
    condition = var.async_inference == null ? true : alltrue([
      for path in [var.async_inference.s3_output_path, var.async_inference.s3_failure_path] : length(coalesce(path, "-")) <= 512
    ])
    error_message = "Shorten s3_output_path and s3_failure_path: SageMaker allows at most 512 characters."
  }

  validation {
    condition = var.async_inference == null ? true : alltrue([
      for arn in [var.async_inference.success_topic_arn, var.async_inference.error_topic_arn] :
      arn == null || can(regex("^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[a-zA-Z0-9_-]{1,256}$", arn))
    ])
    error_message = "Set success_topic_arn and error_topic_arn to ARNs of standard SNS topics (arn:aws:sns:REGION:ACCOUNT:NAME)."
  }

  validation {
    condition = var.async_inference == null ? true : alltrue([
      for topic in var.async_inference.include_inference_response_in : topic == "ERROR_NOTIFICATION_TOPIC" || topic == "SUCCESS_NOTIFICATION_TOPIC"
    ])
    error_message = "Use only SUCCESS_NOTIFICATION_TOPIC and ERROR_NOTIFICATION_TOPIC in include_inference_response_in."
  }

  validation {
    condition = var.async_inference == null ? true : alltrue([
      for topic in var.async_inference.include_inference_response_in :
      topic == "SUCCESS_NOTIFICATION_TOPIC" ? var.async_inference.success_topic_arn != null : topic == "ERROR_NOTIFICATION_TOPIC" ? var.async_inference.error_topic_arn != null : true
    ])
    error_message = "Set success_topic_arn and error_topic_arn for the topics in include_inference_response_in, or remove the topics from it."
  }

  validation {
    condition = var.async_inference == null ? true : (
      length(distinct(var.async_inference.include_inference_response_in)) == length(var.async_inference.include_inference_response_in)
    )
    error_message = "Remove duplicates from include_inference_response_in."
  }

  validation {
    condition = var.async_inference == null ? true : (
      var.async_inference.max_concurrent_invocations_per_instance == null ? true :
      var.async_inference.max_concurrent_invocations_per_instance >= 1 &&
      var.async_inference.max_concurrent_invocations_per_instance <= 1000 &&
      floor(var.async_inference.max_concurrent_invocations_per_instance) == var.async_inference.max_concurrent_invocations_per_instance
    )
    error_message = "Set max_concurrent_invocations_per_instance to a whole number from 1 to 1000, or omit it."
  }

  validation {
    condition     = try(var.async_inference.output_kms_key_id, null) == null ? true : can(regex("^[a-zA-Z0-9:/_-]+$", var.async_inference.output_kms_key_id)) && length(var.async_inference.output_kms_key_id) <= 2048
    error_message = "Set output_kms_key_id to a key id, key ARN or alias."
  }
}

variable "data_capture" {
  description = "Records requests and responses in S3. Null for none."
  type        = any

  validation {
    condition     = var.data_capture == null ? true : try(can(regex("^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^*?$]*)?$", var.data_capture.destination_s3_uri)) && length(var.data_capture.destination_s3_uri) <= 512, false)
    error_message = "Write data_capture.destination_s3_uri as an S3 URI of at most 512 characters, such as s3://bucket/capture/, without *, ? and $: in an IAM policy they would match other objects as well."
  }

  validation {
    condition = var.data_capture == null ? true : try(
      length(var.data_capture.modes) >= 1 &&
      length(distinct(var.data_capture.modes)) == length(var.data_capture.modes) &&
      alltrue([for mode in var.data_capture.modes : contains(["Input", "Output"], mode)]), false
    )
    error_message = "Set data_capture.modes to Input, Output or both, without duplicates."
  }

  validation {
    condition     = var.data_capture == null ? true : try(floor(var.data_capture.initial_sampling_percentage) == var.data_capture.initial_sampling_percentage, false)
    error_message = "Set data_capture.initial_sampling_percentage to a whole number from 0 to 100."
  }

  validation {
    condition     = try(var.data_capture.kms_key_id, null) == null ? true : can(regex("^[a-zA-Z0-9:/_-]+$", var.data_capture.kms_key_id)) && length(var.data_capture.kms_key_id) <= 2048
    error_message = "Set data_capture.kms_key_id to a key id, key ARN or alias."
  }
}

variable "exclude_endpoint_tags" {
  description = "Keys of tags that the endpoint and its configuration do not have."
  type        = list(string)
  nullable    = false
}

variable "instance_pools" {
  description = "One to five instance types in priority order, the preferred one first."
  type        = any
  nullable    = false

  validation {
    condition     = length(var.instance_pools) >= 1
    error_message = "Add an instance type to instance_pools: an endpoint needs one to five."
  }

  validation {
    condition     = length(var.instance_pools) <= 5
    error_message = "Remove entries from instance_pools: SageMaker allows at most five instance types."
  }

  validation {
    condition     = try(length(distinct(var.instance_pools[*].instance_type)) == length(var.instance_pools), true)
    error_message = "Remove duplicates from instance_pools: each instance_type may occur once."
  }

  validation {
    condition     = alltrue([for pool in var.instance_pools : can(regex("^ml\\.[a-z0-9]+(-[a-z0-9]+)*\\.[a-z0-9]+$", pool.instance_type))])
    error_message = "Write each instance_type of instance_pools as SageMaker names it: ml.FAMILY.SIZE, such as ml.g6.2xlarge."
  }

  validation {
    condition     = alltrue([for pool in var.instance_pools : try(!startswith(pool.instance_type, "ml.t2."), true)])
    error_message = "Remove the ml.t2 types from instance_pools: Application Auto Scaling does not scale burstable instances."
  }

  validation {
    condition     = alltrue([for pool in var.instance_pools : try(pool.model_name_override == null, true) || can(regex("^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$", pool.model_name_override))])
    error_message = "Set model_name_override of an instance pool to the name of an existing model: letters, digits and hyphens, at most 63."
  }

  validation {
    condition     = alltrue([for pool in var.instance_pools : try(pool.max_concurrency > 0 && pool.max_concurrency <= 1000000, true)])
    error_message = "Set max_concurrency of every entry of instance_pools to more than 0 requests in flight, and to at most a million."
  }
}

variable "log_group" {
  description = "The log group of the endpoint: create, kms_key_id, retention_in_days and skip_destroy."
  type        = any
  nullable    = false

  validation {
    condition     = var.log_group.kms_key_id == null ? true : can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[a-zA-Z0-9-]+$", var.log_group.kms_key_id)) && length(var.log_group.kms_key_id) <= 256
    error_message = "Set log_group.kms_key_id to the ARN of a key (arn:aws:kms:REGION:ACCOUNT:key/ID): CloudWatch Logs accepts neither ids nor aliases."
  }
}

variable "metrics_config" {
  description = "Metrics that the endpoint publishes in CloudWatch. Null for SageMaker's defaults."
  type        = any
}

variable "name" {
  description = "Name of the endpoint, at most 54 characters. The endpoint configurations have this name and a short hash of their content. A change replaces the endpoint: Terraform deletes the old one first, and nothing serves until the new one is in service."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9](-*[a-zA-Z0-9])*$", var.name))
    error_message = "Use only letters, digits and hyphens in name, with a letter or digit at both ends."
  }

  validation {
    condition     = length(var.name) <= 54
    error_message = "Shorten name to at most 54 characters: SageMaker allows 63, and the name of the configuration appends a hyphen and a hash of 8 characters."
  }
}

variable "prerequisites" {
  description = "Ids of resources that must exist before the endpoint and outlive it. They only set the order."
  type        = list(string)
  nullable    = false
}

variable "tags" {
  description = "Tags of the endpoint, its configuration and the scalable target, in addition to the aws provider's default_tags."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = length(var.tags) <= 50
    error_message = "Remove entries from tags: AWS allows at most 50."
  }

  validation {
    condition = alltrue([
      for key, value in var.tags :
      try(length(key) <= 128 && length(value) <= 256 && can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]+$", key)) && can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]*$", value)) && !startswith(lower(key), "aws:"), false)
    ])
    error_message = "Use keys of 1 to 128 characters that do not start with aws: and values of at most 256 in tags, of letters, digits, spaces and _ . : / = + - @."
  }
}

variable "variant" {
  description = "The production variant: capacity_reservation_config, container_startup_timeout, core_dump_config, enable_ssm_access, inference_ami_version, model_data_download_timeout, model_name, provision_timeout, routing_strategy, variant_name, volume_kms_key_id and volume_size_in_gb."
  type        = any
  nullable    = false

  validation {
    condition     = var.variant.capacity_reservation_config == null || length(var.instance_pools) < 2
    error_message = "Reduce instance_pools to one entry, or remove capacity_reservation_config: a reservation is for one instance type, and instances of other types would fail to start."
  }

  validation {
    condition     = var.variant.capacity_reservation_config == null ? true : can(regex("^arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:[0-9]{12}:[a-z0-9-]{1,14}/.+$", var.variant.capacity_reservation_config.ml_reservation_arn))
    error_message = "Set capacity_reservation_config.ml_reservation_arn to the ARN of a reservation (arn:aws:sagemaker:REGION:ACCOUNT:ml-reservation/ID)."
  }

  validation {
    condition     = try(var.variant.capacity_reservation_config.capacity_reservation_preference, "capacity-reservations-only") == "capacity-reservations-only"
    error_message = "Set capacity_reservation_config.capacity_reservation_preference to capacity-reservations-only, the only value that SageMaker accepts, or omit it."
  }

  validation {
    condition     = var.variant.container_startup_timeout >= 60 && var.variant.container_startup_timeout <= 3600 && floor(var.variant.container_startup_timeout) == var.variant.container_startup_timeout
    error_message = "Set container_startup_timeout to a whole number of seconds from 60 to 3600."
  }

  validation {
    condition     = var.variant.core_dump_config == null ? true : try(can(regex("^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^*?$]*)?$", var.variant.core_dump_config.destination_s3_uri)) && length(var.variant.core_dump_config.destination_s3_uri) <= 512, false)
    error_message = "Write core_dump_config.destination_s3_uri as an S3 URI of at most 512 characters, such as s3://bucket/dumps/, without *, ? and $: in an IAM policy they would match other objects as well."
  }

  validation {
    condition     = try(var.variant.core_dump_config.kms_key_id, null) == null ? true : can(regex("^[a-zA-Z0-9:/_-]+$", var.variant.core_dump_config.kms_key_id)) && length(var.variant.core_dump_config.kms_key_id) <= 2048
    error_message = "Set core_dump_config.kms_key_id to a key id, key ARN or alias."
  }

  validation {
    condition     = var.variant.inference_ami_version == null || can(regex("^al2[a-z0-9]*-ami-sagemaker-inference-[a-z]+-[0-9-]+$", var.variant.inference_ami_version))
    error_message = "Set inference_ami_version to a version that SageMaker lists, such as al2023-ami-sagemaker-inference-gpu-4-1, or omit it."
  }

  validation {
    condition     = var.variant.model_data_download_timeout >= 60 && var.variant.model_data_download_timeout <= 3600 && floor(var.variant.model_data_download_timeout) == var.variant.model_data_download_timeout
    error_message = "Set model_data_download_timeout to a whole number of seconds from 60 to 3600."
  }

  validation {
    condition     = can(regex("^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$", var.variant.model_name))
    error_message = "Set model_name to the name of a SageMaker model: letters, digits and hyphens, at most 63."
  }

  validation {
    condition     = var.variant.provision_timeout >= 300 && var.variant.provision_timeout <= 3600 && floor(var.variant.provision_timeout) == var.variant.provision_timeout
    error_message = "Set provision_timeout to a whole number of seconds from 300 to 3600."
  }

  validation {
    condition     = try(contains(["LEAST_OUTSTANDING_REQUESTS", "RANDOM"], var.variant.routing_strategy), true)
    error_message = "Set routing_strategy to LEAST_OUTSTANDING_REQUESTS or RANDOM, the strategies that the module supports."
  }

  validation {
    condition     = can(regex("^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$", var.variant.variant_name))
    error_message = "Use only letters, digits and hyphens in variant_name, at most 63, with a letter or digit at both ends."
  }

  validation {
    condition     = var.variant.volume_kms_key_id == null ? true : can(regex("^[a-zA-Z0-9:/_-]+$", var.variant.volume_kms_key_id)) && length(var.variant.volume_kms_key_id) <= 2048
    error_message = "Set volume_kms_key_id to a key id, key ARN or alias."
  }

  validation {
    condition     = var.variant.volume_kms_key_id == null || length(local.nvme_types) == 0
    error_message = "Remove volume_kms_key_id: SageMaker refuses a volume key if any type of instance_pools has local NVMe storage (g4dn, g5, g6, g6e, g7, p4d, p5, c5d, m5d, r5d and similar). The instance's hardware encrypts that storage."
  }

  validation {
    condition     = try(floor(var.variant.volume_size_in_gb) == var.variant.volume_size_in_gb, true)
    error_message = "Set volume_size_in_gb to a whole number from 1 to 512, or omit it."
  }
}
