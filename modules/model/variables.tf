variable "additional_model_data_sources" {
  description = <<-EOT
    Up to five sources of data in addition to the model's own, such as a draft model for speculative decoding. The container finds each in `/opt/ml/additional-model-data-sources/CHANNEL_NAME/`.
    - `channel_name`: name of the directory.
    - `s3_data_source`: where the data is, as in `model_data_source`: `s3_uri`, `s3_data_type`, `compression_type`, and `model_access_config` with `accept_eula`. The created role may read it.
  EOT
  type = list(object({
    channel_name = string
    s3_data_source = object({
      compression_type = string
      model_access_config = optional(object({
        accept_eula = bool
      }))
      s3_data_type = string
      s3_uri       = string
    })
  }))
  default  = []
  nullable = false

  validation {
    condition     = length(var.additional_model_data_sources) <= 5
    error_message = "Remove entries from additional_model_data_sources: SageMaker allows at most five."
  }

  validation {
    condition = try(length(distinct(var.additional_model_data_sources[*].channel_name)) == length(var.additional_model_data_sources), false) && alltrue([
      for source in var.additional_model_data_sources : can(regex("^[A-Za-z0-9._-]{1,64}$", source.channel_name))
    ])
    error_message = "Set a different channel_name in each of additional_model_data_sources, of 1 to 64 letters, digits, dots, underscores and hyphens."
  }

  # The same rules as for model_data_source.
  validation {
    condition = alltrue([
      for source in var.additional_model_data_sources :
      try(contains(["S3Prefix/None", "S3Object/None", "S3Object/Gzip"], "${source.s3_data_source.s3_data_type}/${source.s3_data_source.compression_type}"), false)
    ])
    error_message = "Set s3_data_type of additional_model_data_sources to S3Prefix with compression_type None, or to S3Object with None or Gzip."
  }

  validation {
    condition = alltrue([
      for source in var.additional_model_data_sources : try(
        can(regex("^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[^*?$]+$", source.s3_data_source.s3_uri)) && length(source.s3_data_source.s3_uri) <= 1024 &&
        endswith(source.s3_data_source.s3_uri, "/") == (source.s3_data_source.s3_data_type == "S3Prefix"), false
      )
    ])
    error_message = "Write s3_uri of additional_model_data_sources as s3://bucket/prefix/ for S3Prefix, with a slash at the end, or as s3://bucket/key for S3Object, without a slash at the end, at most 1024 characters, without *, ? and $: in an IAM policy they would match other objects as well."
  }

  validation {
    condition     = alltrue([for source in var.additional_model_data_sources : try(source.s3_data_source.model_access_config, null) == null ? true : source.s3_data_source.model_access_config.accept_eula != null])
    error_message = "Set accept_eula in model_access_config of additional_model_data_sources to true or false, or omit model_access_config."
  }

  validation {
    condition     = length(var.additional_model_data_sources) == 0 || var.model_package_arn == null
    error_message = "Remove additional_model_data_sources: a model package brings its own model data. Use it only with image."
  }
}

variable "enable_network_isolation" {
  description = "Whether the container runs without network access. A package of AWS Marketplace always does, as SageMaker requires."
  type        = bool
  default     = false
  nullable    = false
}

variable "environment" {
  description = "Environment variables of the container, at most 100. A change creates a new model, and an update moves the endpoints to it."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = length(var.environment) <= 100
    error_message = "Remove entries from environment: SageMaker allows at most 100."
  }

  validation {
    condition     = alltrue([for key in keys(var.environment) : can(regex("^[a-zA-Z_][a-zA-Z0-9_]*$", key)) && length(key) <= 1024])
    error_message = "Rename the keys of environment: letters, digits and underscores, not starting with a digit, at most 1024 characters."
  }

  validation {
    condition     = alltrue([for value in values(var.environment) : try(length(value) <= 1024, false)])
    error_message = "Shorten the values of environment: SageMaker allows at most 1024 characters each, and no null."
  }
}

variable "image" {
  description = "URI of the inference image, in ECR or in a private registry (`image_config`), with a tag or digest. Exactly one of `image` and `model_package_arn`."
  type        = string
  default     = null

  validation {
    condition     = (var.image == null) != (var.model_package_arn == null)
    error_message = "Set exactly one of image (your own container) and model_package_arn (a model package, of AWS Marketplace or your own)."
  }

  validation {
    condition     = var.image == null || can(regex("^\\S{1,255}$", var.image))
    error_message = "Set image to an image URI of at most 255 characters, without white space."
  }

  validation {
    condition = (var.image == null || var.execution_role != null || try(var.image_config.repository_access_mode == "Vpc", false) ||
    can(regex("^[0-9]{12}\\.dkr\\.ecr(-fips)?\\.[a-z0-9-]+\\.[a-z0-9.]+/[^:@]+", var.image)))
    error_message = "Set image to ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG: the created role may pull from ECR only. For an image in a private registry, set image_config with repository_access_mode Vpc."
  }
}

variable "image_config" {
  description = <<-EOT
    Access to an `image` in a private Docker registry, which the instances reach through `vpc_config`. Null for ECR.
    - `repository_access_mode`: `Vpc` for a private registry, `Platform` for ECR.
    - `repository_auth_config`: for a registry that needs credentials. Its `repository_credentials_provider_arn` is a Lambda function that returns user name and password; the created role may invoke it.
  EOT
  type = object({
    repository_access_mode = string
    repository_auth_config = optional(object({
      repository_credentials_provider_arn = string
    }))
  })
  default = null

  validation {
    condition     = var.image_config == null ? true : try(contains(["Platform", "Vpc"], var.image_config.repository_access_mode), false)
    error_message = "Set image_config.repository_access_mode to Vpc (a private registry) or Platform (ECR)."
  }

  validation {
    condition     = var.vpc_config != null || try(var.image_config.repository_access_mode != "Vpc", true)
    error_message = "Set vpc_config: with image_config.repository_access_mode Vpc, SageMaker pulls the image through the VPC."
  }

  validation {
    condition     = try(var.image_config.repository_auth_config, null) == null || try(var.image_config.repository_access_mode == "Vpc", false)
    error_message = "Set image_config.repository_access_mode to Vpc, or remove image_config.repository_auth_config: ECR needs only the role's credentials."
  }

  validation {
    condition = try(var.image_config.repository_auth_config, null) == null ? true : (
      can(regex("^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:[a-zA-Z0-9_-]{1,64}(:(\\$LATEST|[a-zA-Z0-9_-]{1,128}))?$", var.image_config.repository_auth_config.repository_credentials_provider_arn))
    )
    error_message = "Set image_config.repository_auth_config.repository_credentials_provider_arn to the ARN of a Lambda function (arn:aws:lambda:REGION:ACCOUNT:function:NAME)."
  }
}

variable "inference_specification_name" {
  description = "Inference specification to use, for a model package that has several. Null for the package's main one."
  type        = string
  default     = null

  validation {
    condition     = var.inference_specification_name == null || can(regex("^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$", var.inference_specification_name))
    error_message = "Set inference_specification_name to the name of an inference specification: letters, digits and hyphens, at most 63."
  }

  validation {
    condition     = var.inference_specification_name == null || var.model_package_arn != null
    error_message = "Set model_package_arn, or remove inference_specification_name: only a model package has inference specifications."
  }
}

variable "marketplace" {
  description = "Whether `model_package_arn` is a package of AWS Marketplace. Null counts every package of another account as one. Set it to false for a package that another of your accounts shares."
  type        = bool
  default     = null

  validation {
    condition     = var.marketplace == null || var.model_package_arn != null
    error_message = "Remove marketplace, or set model_package_arn: an image is not a package of AWS Marketplace."
  }
}

variable "mode" {
  description = "`SingleModel`, or `MultiModel` for a container that loads models on demand: `model_data_url` is then the prefix of their archives, and each request names one of them (`TargetModel`)."
  type        = string
  default     = "SingleModel"
  nullable    = false

  validation {
    condition     = contains(["MultiModel", "SingleModel"], var.mode)
    error_message = "Set mode to SingleModel or MultiModel."
  }

  validation {
    condition     = var.mode != "MultiModel" || (var.model_package_arn == null && var.model_data_source == null && endswith(coalesce(var.model_data_url, "-"), "/"))
    error_message = "Set image, and set model_data_url to a prefix with a slash at its end (s3://bucket/models/): with mode MultiModel the models are the archives below it. SageMaker allows neither model_data_source nor a model package here."
  }
}

variable "model_data_source" {
  description = <<-EOT
    Model data for `image` that is not an archive, or whose license you must accept, instead of `model_data_url`. Null if the image contains the model, or if `model_data_url` is set.
    - `s3_data_source`: where the data is.
      - `s3_uri`: its S3 URI.
      - `s3_data_type`: `S3Prefix` for all objects below `s3_uri`, which ends with a slash, or `S3Object` for one object.
      - `compression_type`: `None`, or `Gzip` for an object.
      - `model_access_config`: `accept_eula` accepts the license.
  EOT
  type = object({
    s3_data_source = object({
      compression_type = string
      model_access_config = optional(object({
        accept_eula = bool
      }))
      s3_data_type = string
      s3_uri       = string
    })
  })
  default = null

  validation {
    condition = var.model_data_source == null ? true : try(
      contains(["S3Prefix/None", "S3Object/None", "S3Object/Gzip"], "${var.model_data_source.s3_data_source.s3_data_type}/${var.model_data_source.s3_data_source.compression_type}"), false
    )
    error_message = "Set s3_data_type of model_data_source.s3_data_source to S3Prefix with compression_type None, or to S3Object with None or Gzip."
  }

  validation {
    condition = var.model_data_source == null ? true : try(
      can(regex("^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[^*?$]+$", var.model_data_source.s3_data_source.s3_uri)) &&
      length(var.model_data_source.s3_data_source.s3_uri) <= 1024 &&
      endswith(var.model_data_source.s3_data_source.s3_uri, "/") == (var.model_data_source.s3_data_source.s3_data_type == "S3Prefix"), false
    )
    error_message = "Write s3_uri of model_data_source.s3_data_source as s3://bucket/prefix/ for S3Prefix, with a slash at the end, or as s3://bucket/key for S3Object, without a slash at the end, at most 1024 characters, without *, ? and $: in an IAM policy they would match other objects as well."
  }

  validation {
    condition     = try(var.model_data_source.s3_data_source.model_access_config, null) == null ? true : var.model_data_source.s3_data_source.model_access_config.accept_eula != null
    error_message = "Set accept_eula in model_access_config of model_data_source.s3_data_source to true or false, or omit model_access_config."
  }

  validation {
    condition     = var.model_data_source == null || (var.model_data_url == null && var.model_package_arn == null)
    error_message = "Remove model_data_source, or remove model_data_url and model_package_arn: only one of them can be the source of the model data."
  }
}

variable "model_data_url" {
  description = "S3 URI of the model archive (`model.tar.gz`) that SageMaker unpacks in the container of `image`. With `mode` `MultiModel` it is the prefix of several archives and ends with a slash. Null if the image contains the model."
  type        = string
  default     = null

  validation {
    condition     = var.model_data_url == null || can(regex("^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[^*?$]+$", var.model_data_url))
    error_message = "Write model_data_url as an S3 URI with a key, such as s3://bucket/models/model.tar.gz, without *, ? and $: in an IAM policy they would match other objects as well."
  }

  validation {
    condition     = length(coalesce(var.model_data_url, "-")) <= 1024
    error_message = "Shorten model_data_url: SageMaker allows at most 1024 characters."
  }

  validation {
    condition     = var.model_data_url == null || var.model_package_arn == null
    error_message = "Remove model_data_url: a model package brings its own model data. Use model_data_url only with image."
  }
}

variable "model_package_arn" {
  description = "ARN of the model package, in the region in use: your own, or one of an AWS Marketplace subscription. For your own, list its image and data in `access.ecr_repository_arns` and `access.s3_read_uris`, so that the created role may read them. Exactly one of `image` and `model_package_arn`."
  type        = string
  default     = null

  validation {
    condition     = var.model_package_arn == null || can(regex("^arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:[0-9]{12}:model-package/[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}(/[0-9]{1,9})?$", var.model_package_arn))
    error_message = "Set model_package_arn to arn:aws:sagemaker:REGION:ACCOUNT:model-package/NAME, with /VERSION for your own package. AWS Marketplace lists one ARN for each region."
  }

  validation {
    condition     = var.model_package_arn == null || var.image_config == null
    error_message = "Remove image_config: it is for image, and the package of model_package_arn brings its own image."
  }
}

variable "multi_model_config" {
  description = <<-EOT
    How a container with `mode` `MultiModel` caches its models. Null for SageMaker's default.
    - `model_cache_setting`: `Enabled` keeps models in memory. `Disabled` loads one for each request, which suits many models with few requests each.
  EOT
  type = object({
    model_cache_setting = string
  })
  default = null

  validation {
    condition     = var.multi_model_config == null ? true : try(contains(["Disabled", "Enabled"], var.multi_model_config.model_cache_setting), false)
    error_message = "Set multi_model_config.model_cache_setting to Enabled or Disabled."
  }

  validation {
    condition     = var.multi_model_config == null || var.mode == "MultiModel"
    error_message = "Set mode to MultiModel, or remove multi_model_config: a single model is always in memory."
  }
}

variable "name" {
  description = "Name of the model, at most 54 characters. The module appends a short hash of the content, so a change creates a new model beside the old one."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9](-*[a-zA-Z0-9])*$", var.name))
    error_message = "Use only letters, digits and hyphens in name, with a letter or digit at both ends."
  }

  validation {
    condition     = length(var.name) <= 54
    error_message = "Shorten name to at most 54 characters: SageMaker allows 63, and the module appends a hyphen and a hash of 8 characters."
  }
}

variable "tags" {
  description = "Tags of the model and its role, in addition to the aws provider's default_tags."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition = alltrue([
      for key, value in var.tags :
      try(length(key) <= 128 && length(value) <= 256 && can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]+$", key)) && can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]*$", value)) && !startswith(lower(key), "aws:"), false)
    ])
    error_message = "Use keys of 1 to 128 characters that do not start with aws: and values of at most 256 in tags, of letters, digits, spaces and _ . : / = + - @."
  }
}

variable "vpc_config" {
  description = <<-EOT
    VPC that the instances connect to. Null for SageMaker's network.
    - `security_group_ids`: one to five groups; at most four with `vpc`.
    - `subnets`: one to sixteen, best in several Availability Zones.
    - `vpc`: the VPC of the subnets, as `{ id = "vpc-..." }`. If set, a destroy waits up to an hour until the network interfaces of the endpoints are gone; for that the module creates a security group without rules. Null does not wait (docs/traps.md).
  EOT
  type = object({
    security_group_ids = list(string)
    subnets            = list(string)
    vpc                = optional(object({ id = string }))
  })
  default = null

  validation {
    condition     = var.vpc_config == null ? true : try(length(var.vpc_config.security_group_ids) >= 1 && length(var.vpc_config.security_group_ids) <= 5, false)
    error_message = "Set vpc_config.security_group_ids to one to five security groups."
  }

  validation {
    condition     = try(var.vpc_config.vpc, null) == null ? true : try(length(var.vpc_config.security_group_ids) <= 4, false)
    error_message = "Remove one of vpc_config.security_group_ids, or remove vpc_config.vpc, which adds a sixth: SageMaker allows at most five."
  }

  validation {
    condition     = try(var.vpc_config.vpc, null) == null ? true : can(regex("^vpc-[0-9a-z]{1,28}$", var.vpc_config.vpc.id))
    error_message = "Write vpc_config.vpc.id as the id of a VPC (vpc-...)."
  }

  validation {
    condition     = var.vpc_config == null ? true : try(length(var.vpc_config.subnets) >= 1 && length(var.vpc_config.subnets) <= 16, false)
    error_message = "Set vpc_config.subnets to one to sixteen subnets, best in several Availability Zones."
  }

  validation {
    condition     = var.vpc_config == null ? true : alltrue([for id in coalesce(var.vpc_config.subnets, []) : can(regex("^subnet-[0-9a-z]{1,25}$", id))])
    error_message = "Write every entry of vpc_config.subnets as a subnet id (subnet-...)."
  }

  validation {
    condition     = var.vpc_config == null ? true : alltrue([for id in coalesce(var.vpc_config.security_group_ids, []) : can(regex("^sg-[0-9a-z]{1,29}$", id))])
    error_message = "Write every entry of vpc_config.security_group_ids as a security group id (sg-...)."
  }
}
