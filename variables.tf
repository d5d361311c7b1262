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

variable "exclude_endpoint_tags" {
  description = "Keys of tags that endpoints and their configurations do not have, such as a commit hash among the default_tags of the aws provider: AWS may redeploy an endpoint when its tags change. Plans still show tags that other tools have added, unlike with `ignore_tags` of the aws provider (docs/traps.md)."
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
    One to five instance types, the preferred one first. SageMaker starts an instance of the first type that has capacity, and on scale-in removes instances of the last type first. Optional if both endpoints override it with their own `instance_pools`.
    - `instance_type`: SageMaker's name of the type, such as `ml.g6.2xlarge`. Every type needs endpoint quota: SageMaker does not fall back to the next type when a quota is reached.
    - `max_concurrency`: requests and streams in flight that one instance of the type sustains within your latency objective: the highest level that passed a load test (docs/measuring.md). The real-time endpoint needs it and scales on it.
    - `model_name_override`: a model compiled for this type; null for the model of the endpoint.
  EOT
  type = list(object({
    instance_type       = string
    max_concurrency     = optional(number)
    model_name_override = optional(string)
  }))
  default = null

  validation {
    condition     = var.instance_pools != null || alltrue([for pools in concat(var.async[*].instance_pools, var.realtime[*].instance_pools) : pools != null])
    error_message = "Set instance_pools, or set it for each endpoint: realtime.instance_pools and async.instance_pools."
  }
}

variable "log_group" {
  description = <<-EOT
    The log groups of the endpoints, `/aws/sagemaker/Endpoints/NAME-realtime` and `/aws/sagemaker/Endpoints/NAME-async`, which the containers write to. The module creates each before its endpoint and deletes it with the endpoint.
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
}

variable "model" {
  description = <<-EOT
    What the endpoints serve: exactly one of `image`, `model_package_arn` and `name`.
    - `additional_model_data_sources`: up to five sources of data in addition to the model's own, for `image` only. Each has a `channel_name` and an `s3_data_source` as in `model_data_source`. The container finds it in `/opt/ml/additional-model-data-sources/CHANNEL_NAME/`.
    - `image`: inference image in ECR. Add `model_data_url` (S3 URI of `model.tar.gz`) unless the image contains the model.
    - `image_config`: for an image in a private registry instead of ECR.
      - `repository_access_mode`: `Vpc` for a private registry that `vpc_config` reaches.
      - `repository_auth_config`: for a registry that needs credentials. Its `repository_credentials_provider_arn` is a Lambda function that returns user name and password; the created role may invoke it.
    - `mode`: `MultiModel` for a container that loads models on demand, for real-time on one instance type only. `model_data_url` is then the prefix of the model archives and ends with a slash. Each request names its model (`TargetModel`).
    - `multi_model_config`: `model_cache_setting` is `Enabled`, SageMaker's default, to keep models in memory, or `Disabled` to load a model for each request.
    - `model_data_source`: replaces `model_data_url` for data that is not an archive, or whose license you must accept. It holds one `s3_data_source`:
      - `s3_uri`: where the data is.
      - `s3_data_type`: `S3Prefix` or `S3Object`.
      - `compression_type`: `None` or `Gzip`.
      - `model_access_config`: `accept_eula` accepts the license.
    - `model_package_arn`: ARN of a model package in the region, from AWS Marketplace or your own. SageMaker runs a Marketplace package without network access.
    - `inference_specification_name`: the inference specification to use, for a package that has several.
    - `marketplace`: whether the package is from AWS Marketplace. By default every package of another account counts as one. Set it to false for a package that another of your accounts shares. Always set it if the ARN is known only after apply.
    - `ecr_repository_arns`, `s3_read_uris`: other repositories and objects that the created role may read, such as the image and the data of your own package.
    - `name`: an existing SageMaker model. The module then creates only the endpoints, and the other attributes must be omitted.
    - `environment`: environment variables of the container. A change creates a new model and rolls it out, as does a change of the image.
    - `execution_role`: an existing role, as `{ arn = ... }`. By default the module creates a role with only the permissions that the model needs.
    - `kms_key_arns`: more keys that the created role may use, for the model data, the topics and the buckets. It may already use `async.output_kms_key_id`, `data_capture.kms_key_id` and `core_dump_config.kms_key_id`.
    - `enable_network_isolation`: whether the container runs without network access.
    - `permissions_boundary`: permissions boundary of the created role. Whoever applies with `operator_policy_json` can create and change the role only if it has this boundary.
    - `role_name`: name of the created role. By default `name` and the time of creation. Role names are unique in an account, so each region needs a different one. A change creates a new role and a new model.
    - `role_path`: IAM path of the created role, such as `/speech/`. A change creates a new role and a new model.
    - `role_policy_arns`: more managed policies of the created role, as a map from names that you choose to ARNs.
    - `role_policy_statements`: more statements in the policy of the created role. A `permissions_boundary` limits these and `role_policy_arns` too.
      - `sid`, `effect` (`Allow` by default), `actions`, `resources`.
      - `condition`: conditions with `test`, `variable` and `values`.
    - `vpc_config`: `subnets` and `security_group_ids` of the instances. With `vpc` (`{ id = "vpc-..." }`), a destroy waits until their network interfaces are gone.
  EOT
  type = object({
    additional_model_data_sources = optional(list(object({
      channel_name = string
      s3_data_source = object({
        compression_type = string
        model_access_config = optional(object({
          accept_eula = bool
        }))
        s3_data_type = string
        s3_uri       = string
      })
    })), [])
    ecr_repository_arns      = optional(list(string), [])
    enable_network_isolation = optional(bool, false)
    environment              = optional(map(string), {})
    execution_role = optional(object({
      arn = string
    }))
    image = optional(string)
    image_config = optional(object({
      repository_access_mode = string
      repository_auth_config = optional(object({
        repository_credentials_provider_arn = string
      }))
    }))
    inference_specification_name = optional(string)
    kms_key_arns                 = optional(list(string), [])
    marketplace                  = optional(bool)
    mode                         = optional(string, "SingleModel")
    model_data_source = optional(object({
      s3_data_source = object({
        compression_type = string
        model_access_config = optional(object({
          accept_eula = bool
        }))
        s3_data_type = string
        s3_uri       = string
      })
    }))
    model_data_url    = optional(string)
    model_package_arn = optional(string)
    multi_model_config = optional(object({
      model_cache_setting = string
    }))
    name                 = optional(string)
    permissions_boundary = optional(string)
    role_name            = optional(string)
    role_path            = optional(string, "/")
    role_policy_arns     = optional(map(string), {})
    role_policy_statements = optional(list(object({
      actions = list(string)
      condition = optional(list(object({
        test     = string
        values   = list(string)
        variable = string
      })), [])
      effect    = optional(string, "Allow")
      resources = list(string)
      sid       = optional(string)
    })), [])
    s3_read_uris = optional(list(string), [])
    vpc_config = optional(object({
      security_group_ids = list(string)
      subnets            = list(string)
      vpc                = optional(object({ id = string }))
    }))
  })
  nullable = false

  validation {
    condition     = length([for source in [var.model.image, var.model.name, var.model.model_package_arn] : source if source != null]) == 1
    error_message = "Set exactly one of model.image (your own container), model.model_package_arn (a model package, of AWS Marketplace or your own) and model.name (an existing SageMaker model)."
  }

  validation {
    condition = var.model.name == null ? true : alltrue([
      length(var.model.additional_model_data_sources) == 0,
      var.model.model_data_source == null,
      var.model.model_data_url == null,
      length(var.model.ecr_repository_arns) == 0,
      length(var.model.environment) == 0,
      var.model.execution_role == null,
      length(var.model.kms_key_arns) == 0,
      !var.model.enable_network_isolation,
      var.model.image_config == null,
      var.model.inference_specification_name == null,
      var.model.marketplace == null,
      var.model.mode == "SingleModel",
      var.model.multi_model_config == null,
      var.model.permissions_boundary == null,
      var.model.role_name == null,
      var.model.role_path == "/",
      length(var.model.role_policy_arns) == 0,
      length(var.model.role_policy_statements) == 0,
      length(var.model.s3_read_uris) == 0,
      var.model.vpc_config == null,
    ])
    error_message = "Remove all attributes of model but model.name: an existing model brings its own data, environment, role and network."
  }

  # No member of InvokeEndpointAsync names a model.
  validation {
    condition     = var.model.mode != "MultiModel" || var.async == null
    error_message = "Remove async, or set model.mode to SingleModel: an asynchronous request cannot name one of several models."
  }

  # https://docs.aws.amazon.com/sagemaker/latest/dg/realtime-endpoints-heterogeneous.html
  validation {
    condition     = var.model.mode != "MultiModel" || length(try(coalesce(var.realtime.instance_pools, var.instance_pools), [])) <= 1
    error_message = "Reduce instance_pools to one entry, or set model.mode to SingleModel: SageMaker allows several instance types for endpoints with a single model only."
  }
}

variable "model_data_download_timeout" {
  description = "Seconds that an instance may take to download the model data, 60-3600. Large models may need 1800."
  type        = number
  default     = 600
  nullable    = false
}

variable "monitoring" {
  description = <<-EOT
    Alarms and a dashboard for each endpoint; see [modules/monitoring](modules/monitoring). Null for none.
    - `alarm_actions`: ARNs that CloudWatch notifies when an alarm is raised: SNS topics, Lambda functions, OpsItems and incidents of Systems Manager, investigations.
    - `ok_actions`: ARNs of SNS topics and Lambda functions that CloudWatch notifies when an alarm clears.
    - `alarms`: `enabled`, `threshold` and `minutes` of each alarm. By default an alarm is on if the endpoint publishes its metric; [modules/monitoring](modules/monitoring/README.md#input_alarms) has the details and the exceptions.
      - Real-time: `concurrency`, `errors_5xx` (their share of the requests, for `rollback_on`), `errors_5xx_count`, `first_chunk_latency`, `gpu_utilization`, `mid_stream_errors`, `model_latency`.
      - Asynchronous: `expired_requests`, `invocation_failures`, `notification_failures`, `oldest_request_age`, `request_download_failures`, `response_upload_failures`, `wake_up_overdue`.
      - Both: `scale_out_stalled`, `silent_signal`, `stuck_at_max`.
    - `dashboard`: whether to create a dashboard for each endpoint.
  EOT
  type = object({
    alarm_actions = optional(list(string), [])
    alarms = optional(object({
      concurrency               = optional(object({ enabled = optional(bool), threshold = optional(number) }), {})
      errors_5xx                = optional(object({ enabled = optional(bool), threshold = optional(number, 0.05) }), {})
      errors_5xx_count          = optional(object({ enabled = optional(bool), threshold = optional(number, 5) }), {})
      expired_requests          = optional(object({ enabled = optional(bool), threshold = optional(number, 1) }), {})
      first_chunk_latency       = optional(object({ enabled = optional(bool), threshold = optional(number, 5) }), {})
      gpu_utilization           = optional(object({ enabled = optional(bool), threshold = optional(number, 95) }), {})
      invocation_failures       = optional(object({ enabled = optional(bool), threshold = optional(number, 5) }), {})
      mid_stream_errors         = optional(object({ enabled = optional(bool), threshold = optional(number, 0.5) }), {})
      model_latency             = optional(object({ enabled = optional(bool), threshold = optional(number, 30) }), {})
      notification_failures     = optional(object({ enabled = optional(bool), threshold = optional(number, 1) }), {})
      oldest_request_age        = optional(object({ enabled = optional(bool), threshold = optional(number, 1800) }), {})
      request_download_failures = optional(object({ enabled = optional(bool), threshold = optional(number, 1) }), {})
      response_upload_failures  = optional(object({ enabled = optional(bool), threshold = optional(number, 1) }), {})
      scale_out_stalled         = optional(object({ enabled = optional(bool), minutes = optional(number), threshold = optional(number) }), {})
      silent_signal             = optional(object({ enabled = optional(bool), minutes = optional(number, 10), threshold = optional(number, 5) }), {})
      stuck_at_max              = optional(object({ enabled = optional(bool), minutes = optional(number, 15), threshold = optional(number) }), {})
      wake_up_overdue           = optional(object({ enabled = optional(bool), minutes = optional(number, 30) }), {})
    }), {})
    dashboard  = optional(bool, true)
    ok_actions = optional(list(string), [])
  })
  default = null

  validation {
    condition     = var.monitoring != null || alltrue([for endpoint in concat(var.realtime[*], var.async[*]) : length(endpoint.deployment.rollback_on) == 0])
    error_message = "Set monitoring (monitoring = {} is enough): deployment.rollback_on names its alarms. For your own alarms, use deployment.rollback_alarm_names."
  }

  validation {
    condition = var.monitoring == null ? true : length([
      for name in flatten([for endpoint in concat(var.realtime[*], var.async[*]) : keys(endpoint.policies)]) : name if can(regex(
        "^(errors-5xx(-count)?|expired-requests|first-chunk-latency|(gpu-utilization|concurrency)(-ml\\..*)?|invocation-failures|mid-stream-errors|model-latency|notification-failures|oldest-request-age|request-download-failures|requests-arrive|response-upload-failures|scale-out-stalled|signal-missing|silent-signal|stuck-at-max|wake-up-overdue)$", name
      ))
    ]) == 0
    error_message = "Rename the entries of policies whose names equal those of alarms in monitoring, such as errors-5xx, gpu-utilization, silent-signal or stuck-at-max: two alarms would have the same name."
  }
}

variable "name" {
  description = "Prefix of all names, at most 45 characters: the endpoints are named `NAME-realtime` and `NAME-async`. A change replaces the endpoints: Terraform deletes the old ones first, and nothing serves until the new ones are in service."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9](-*[a-zA-Z0-9])*$", var.name))
    error_message = "Use only letters, digits and hyphens in name, with a letter or digit at both ends."
  }

  validation {
    condition     = length(var.name) <= 45
    error_message = "Shorten name to at most 45 characters: SageMaker allows 63, and the module appends -realtime and a hash of 8 characters."
  }
}

variable "provision_timeout" {
  description = "Seconds that SageMaker looks for capacity in all instance pools together before a scale-out fails, 300-3600. It has no effect with one type: AWS's pages contradict each other on whether SageMaker then retries forever or fails."
  type        = number
  default     = 600
  nullable    = false
}

variable "quota_check" {
  description = "Whether to compare the account's endpoint quota for each instance type with the most instances that the endpoints may have. A quota that is too low, or that Service Quotas does not list, is a warning and never fails a plan. Needs servicequotas:ListAWSDefaultServiceQuotas and servicequotas:GetServiceQuota. Each apply reads the quota again, so `terraform plan -detailed-exitcode` always returns 2."
  type        = bool
  default     = false
  nullable    = false
}

variable "routing_strategy" {
  description = "How SageMaker spreads requests over the instances of the real-time endpoint: `LEAST_OUTSTANDING_REQUESTS` or `RANDOM`. The default keeps long streams from piling up on one instance."
  type        = string
  default     = "LEAST_OUTSTANDING_REQUESTS"
  nullable    = false
}

variable "tags" {
  description = "Tags of all resources, in addition to the aws provider's default_tags."
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
