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

variable "exclude_endpoint_tags" {
  description = "Keys of tags that endpoints and their configurations do not get, such as a commit's hash among the aws provider's default_tags: AWS may deploy an endpoint anew for a change of its tags. It does not hide tags that something else has added, as `ignore_tags` of the aws provider does (docs/traps.md)."
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
    One to five instance types in priority order, the preferred one first. SageMaker provisions from the first that has capacity and releases the last first. May be left out where each endpoint brings `instance_pools` of its own.
    - `instance_type`: SageMaker's name of the type, such as `ml.g6.2xlarge`. Every type needs its own endpoint quota: quota does not fall back.
    - `max_concurrency`: the last level that held: the most requests and streams in flight with which one such instance keeps your latency objective (docs/measuring.md). Needed for the real-time endpoint, which scales on it.
    - `model_name_override`: a model compiled for this type, instead of the endpoint's; null for the endpoint's.
  EOT
  type = list(object({
    instance_type       = string
    max_concurrency     = optional(number)
    model_name_override = optional(string)
  }))
  default = null

  validation {
    condition     = var.instance_pools != null || alltrue([for pools in concat(var.async[*].instance_pools, var.realtime[*].instance_pools) : pools != null])
    error_message = "Set instance_pools, or instance_pools of each endpoint: realtime.instance_pools for the real-time one, async.instance_pools for the asynchronous one."
  }
}

variable "log_group" {
  description = <<-EOT
    The log groups of the endpoints, `/aws/sagemaker/Endpoints/NAME-realtime` and `/aws/sagemaker/Endpoints/NAME-async`, in which the containers write. Each is made before its endpoint, and deleted with it.
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
}

variable "model" {
  description = <<-EOT
    What the endpoints serve: exactly one of `image`, `model_package_arn` and `name`.
    - `additional_model_data_sources`: at most five sources of data beside the model's own, each with a `channel_name` and an `s3_data_source` as in `model_data_source`, for `image` only. The container finds them in `/opt/ml/additional-model-data-sources/CHANNEL_NAME/`.
    - `image`: inference image in ECR, with `model_data_url` (S3 URI of `model.tar.gz`) unless the image contains the model.
    - `image_config`: where the image is, if not in ECR: `repository_access_mode` `Vpc` is a private registry that `vpc_config` reaches. Its `repository_auth_config` has `repository_credentials_provider_arn`, the Lambda function that returns user name and password; the created role may invoke it.
    - `mode`: `MultiModel` for a container that loads models on demand, archives below the prefix `model_data_url`, which then ends in a slash. Real-time on one instance type only. Each request names its model (`TargetModel`).
    - `multi_model_config`: `model_cache_setting` `Disabled` loads a model for each request, `Enabled` keeps models in memory. Left out, SageMaker keeps them.
    - `model_data_source`: data beside the image that is no archive, or whose license must be accepted, instead of `model_data_url`: its `s3_data_source` with `s3_uri`, `s3_data_type` (`S3Prefix` or `S3Object`), `compression_type` (`None` or `Gzip`) and `model_access_config` (`accept_eula`).
    - `model_package_arn`: model package of the region, from AWS Marketplace or your own. A Marketplace package runs without network, as SageMaker requires.
    - `inference_specification_name`: which inference specification of `model_package_arn`, where a package has several.
    - `marketplace`: whether the package is from AWS Marketplace. Left out, one of another account is. Set false for a package that another account of yours shares, and set it where the ARN is known only after apply.
    - `ecr_repository_arns`, `s3_read_uris`: what the created role may pull and read beside `image` and `model_data_url`: the image and the data of a package of your own.
    - `name`: an existing SageMaker model; the module then creates the endpoints only, and the other attributes must be left out.
    - `environment`: environment variables of the container. A change makes a new model and rolls it out, as a changed image does.
    - `execution_role`: an existing role as `{ arn = ... }`, which somebody else creates and keeps; without it the module creates one with the least the model needs.
    - `kms_key_arns`: keys that the created role may use beside those of `async.output_kms_key_id`, `data_capture.kms_key_id` and `core_dump_config.kms_key_id`: of the model data, the topics and the buckets.
    - `enable_network_isolation`: cuts the container off from every network.
    - `permissions_boundary`: IAM policy that bounds the created role. An identity with `operator_policy_json` can create and change the role only with it.
    - `role_name`: name of the created role. Left out, it is made of `name` and the time of its creation. A name of your own is one role of the account: two regions need two. A change makes a new role and a new model.
    - `role_path`: IAM path of the created role, such as `/speech/`. A change makes a new role and a new model.
    - `role_policy_arns`: managed policies that the created role gets beside its own, as a map from names of your choice to ARNs.
    - `role_policy_statements`: statements that the created role's own policy gets beside those of the module: `actions`, `resources`, `effect` (`Allow` by default), `sid`, and `condition`, each with `test`, `variable` and `values`. What `permissions_boundary` does not allow, neither these nor `role_policy_arns` allow.
    - `vpc_config`: `subnets` and `security_group_ids` that the instances attach to. With `vpc` (`{ id = "vpc-..." }`) a destroy waits until their network interfaces are gone.
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
    error_message = "Set exactly one of model.image (your own container), model.model_package_arn (an AWS Marketplace or own model package) and model.name (an existing SageMaker model)."
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
    error_message = "Remove every other attribute of model beside model.name: an existing model brings its own data, environment, role and network."
  }

  # No member of InvokeEndpointAsync names a model.
  validation {
    condition     = var.model.mode != "MultiModel" || var.async == null
    error_message = "Remove async, or set model.mode to SingleModel: an asynchronous request cannot say which of several models it is for."
  }

  # https://docs.aws.amazon.com/sagemaker/latest/dg/realtime-endpoints-heterogeneous.html
  validation {
    condition     = var.model.mode != "MultiModel" || length(try(coalesce(var.realtime.instance_pools, var.instance_pools), [])) <= 1
    error_message = "Give instance_pools one entry, or set model.mode to SingleModel: SageMaker takes several instance types for endpoints with a single model only."
  }
}

variable "model_data_download_timeout" {
  description = "Seconds that an instance may take to download the model data, 60-3600. A ceiling; large models need up to 1800."
  type        = number
  default     = 600
  nullable    = false
}

variable "monitoring" {
  description = <<-EOT
    Alarms and a dashboard for each endpoint; see [modules/monitoring](modules/monitoring). Null for none.
    - `alarm_actions`: ARNs of what CloudWatch starts when an alarm is raised: SNS topics, Lambda functions, OpsItems and incidents of Systems Manager, investigations.
    - `ok_actions`: SNS topics and Lambda functions for when it is over.
    - `alarms`: `enabled`, `threshold` and `minutes` by alarm; each is on if the endpoint publishes what it watches. Real-time: `concurrency`, `errors_5xx` (their share, for `rollback_on`), `errors_5xx_count`, `first_chunk_latency`, `gpu_utilization`, `mid_stream_errors`, `model_latency`. Asynchronous: `expired_requests`, `invocation_failures`, `notification_failures`, `oldest_request_age`, `request_download_failures`, `response_upload_failures`, `wake_up_overdue`. Both: `scale_out_stalled`, `silent_signal`, `stuck_at_max`.
    - `dashboard`: makes a dashboard for each endpoint.
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
    error_message = "Set monitoring (monitoring = {} is enough): deployment.rollback_on names its alarms. Alarms of your own go into deployment.rollback_alarm_names."
  }

  validation {
    condition = var.monitoring == null ? true : length([
      for name in flatten([for endpoint in concat(var.realtime[*], var.async[*]) : keys(endpoint.policies)]) : name if can(regex(
        "^(errors-5xx(-count)?|expired-requests|first-chunk-latency|(gpu-utilization|concurrency)(-ml\\..*)?|invocation-failures|mid-stream-errors|model-latency|notification-failures|oldest-request-age|request-download-failures|requests-arrive|response-upload-failures|scale-out-stalled|signal-missing|silent-signal|stuck-at-max|wake-up-overdue)$", name
      ))
    ]) == 0
    error_message = "Rename the entries of policies that are called as an alarm of monitoring is: errors-5xx, gpu-utilization, silent-signal, stuck-at-max and their like. Their alarms would have one name."
  }
}

variable "name" {
  description = "Prefix of all names: the endpoints are called `NAME-realtime` and `NAME-async`. At most 45 characters. Another name makes other endpoints: Terraform deletes the old ones first, and nothing serves until the new ones are in service."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9](-*[a-zA-Z0-9])*$", var.name))
    error_message = "Use only letters, digits and hyphens in name, with a letter or digit at both ends."
  }

  validation {
    condition     = length(var.name) <= 45
    error_message = "Shorten name to at most 45 characters: SageMaker takes 63, and -realtime and a hash of 8 are appended."
  }
}

variable "provision_timeout" {
  description = "Seconds that SageMaker looks for capacity over all instance pools together, 300-3600, before a scale-out fails. No effect with one type: whether SageMaker retries that without end or fails, its pages do not agree on."
  type        = number
  default     = 600
  nullable    = false
}

variable "quota_check" {
  description = "Compares the account's endpoint quota of every instance type with what the endpoints may use at most, and warns; also of a type that Service Quotas does not list. Needs servicequotas:ListAWSDefaultServiceQuotas and servicequotas:GetServiceQuota. Nothing fails a plan. Terraform looks again at each apply, so `terraform plan -detailed-exitcode` gives 2 with it."
  type        = bool
  default     = false
  nullable    = false
}

variable "routing_strategy" {
  description = "How requests are spread over the instances of the real-time endpoint: `LEAST_OUTSTANDING_REQUESTS` or `RANDOM`. The default keeps long streams from piling up on one instance."
  type        = string
  default     = "LEAST_OUTSTANDING_REQUESTS"
  nullable    = false
}

variable "tags" {
  description = "Tags of everything that is created, beside the aws provider's default_tags."
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
