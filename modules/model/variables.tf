variable "access" {
  description = <<-EOT
    What the created execution role may access beyond the model itself:
    - `ecr_repository_arns`: ECR repositories of images beside `image`: those of a model package of your own.
    - `endpoint_names`: endpoints that serve the model, whose log groups the role writes. The default `*` is any.
    - `kms_alias_arns`: such keys by an alias, whatever key it leads to.
    - `kms_key_arns`: keys that encrypt the model data, the asynchronous output or the topics.
    - `rollback_alarm_names`: alarms that roll an update of an endpoint back, which SageMaker looks at with the role. A composite alarm needs a role of your own, which may describe all alarms.
    - `s3_read_uris`: what else is read, as `s3://bucket/prefix` or one object: asynchronous requests, the data of a model package of your own.
    - `s3_write_uris`: where asynchronous results and failures are written, as `s3://bucket/prefix`.
    - `sns_topic_arns`: topics notified of asynchronous results and errors.
    Ignored with `execution_role`: an existing role brings its own permissions.
  EOT
  type = object({
    ecr_repository_arns  = optional(list(string), [])
    endpoint_names       = optional(list(string), ["*"])
    kms_alias_arns       = optional(list(string), [])
    kms_key_arns         = optional(list(string), [])
    rollback_alarm_names = optional(list(string), [])
    s3_read_uris         = optional(list(string), [])
    s3_write_uris        = optional(list(string), [])
    sns_topic_arns       = optional(list(string), [])
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for arn in var.access.ecr_repository_arns : can(regex("^arn:aws[a-z-]*:ecr:[a-z0-9-]+:[0-9]{12}:repository/[a-z0-9._/-]+$", arn))])
    error_message = "Give access.ecr_repository_arns as ARNs of ECR repositories (arn:aws:ecr:REGION:ACCOUNT:repository/NAME)."
  }

  validation {
    condition = length(var.access.endpoint_names) > 0 && alltrue([
      for name in var.access.endpoint_names : can(regex("^(\\*|[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62})$", name))
    ])
    error_message = "Give access.endpoint_names as names of endpoints: 1 to 63 letters, digits and hyphens, with a letter or digit at both ends. Leave it out for any endpoint."
  }

  validation {
    condition = alltrue([
      for uri in concat(var.access.s3_read_uris, var.access.s3_write_uris) : can(regex("^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?$", uri))
    ])
    error_message = "Write every entry of access.s3_read_uris and access.s3_write_uris as s3://bucket/prefix."
  }

  validation {
    condition     = alltrue([for arn in var.access.kms_alias_arns : can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:alias/[a-zA-Z0-9/_-]+$", arn))])
    error_message = "Give access.kms_alias_arns as ARNs of aliases (arn:aws:kms:REGION:ACCOUNT:alias/NAME)."
  }

  validation {
    condition     = alltrue([for arn in var.access.kms_key_arns : can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", arn))])
    error_message = "Give access.kms_key_arns as key ARNs (arn:aws:kms:REGION:ACCOUNT:key/ID): an alias goes into access.kms_alias_arns."
  }

  validation {
    condition     = alltrue([for arn in var.access.sns_topic_arns : can(regex("^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[a-zA-Z0-9_.-]+$", arn))])
    error_message = "Give access.sns_topic_arns as topic ARNs (arn:aws:sns:REGION:ACCOUNT:NAME)."
  }
}

variable "enable_network_isolation" {
  description = "Cuts the container off from every network. Always on for a package of AWS Marketplace, which SageMaker refuses without it."
  type        = bool
  default     = false
  nullable    = false
}

variable "environment" {
  description = "Environment variables of the container, at most 100. Part of the model: a change makes a new model and rolls it out."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = length(var.environment) <= 100
    error_message = "Remove entries from environment: SageMaker takes at most 100."
  }

  validation {
    condition     = alltrue([for key in keys(var.environment) : can(regex("^[a-zA-Z_][a-zA-Z0-9_]*$", key)) && length(key) <= 1024])
    error_message = "Rename the keys of environment: letters, digits and underscores, not starting with a digit, at most 1024 characters."
  }

  validation {
    condition     = alltrue([for value in values(var.environment) : try(length(value) <= 1024, false)])
    error_message = "Shorten the values of environment: SageMaker takes at most 1024 characters for each, and null for none."
  }
}

variable "execution_role" {
  description = "An existing role that SageMaker assumes to run the model, as `{ arn = \"arn:aws:iam::...\" }`. Null creates one with the least it needs."
  type = object({
    arn = string
  })
  default = null

  validation {
    condition     = var.execution_role == null ? true : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/[a-zA-Z_0-9+=,.@/-]+$", var.execution_role.arn)) && try(length(var.execution_role.arn) <= 2048, false)
    error_message = "Give execution_role.arn as a role ARN (arn:aws:iam::ACCOUNT:role/NAME), or leave execution_role out to have a role created."
  }
}

variable "image" {
  description = "URI of the inference image in ECR, with a tag or digest. Exactly one of `image` and `model_package_arn`."
  type        = string
  default     = null

  validation {
    condition     = (var.image == null) != (var.model_package_arn == null)
    error_message = "Set exactly one of image (your own container) and model_package_arn (an AWS Marketplace or own model package)."
  }

  validation {
    condition     = var.image == null || can(regex("^\\S{1,255}$", var.image))
    error_message = "Give image as an ECR image URI without white space, at most 255 characters."
  }

  validation {
    condition = (var.image == null || var.execution_role != null ||
    can(regex("^[0-9]{12}\\.dkr\\.ecr(-fips)?\\.[a-z0-9-]+\\.[a-z0-9.]+/[^:@]+", var.image)))
    error_message = "Give image as ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG: the created role is allowed to pull that repository only. For an image elsewhere (a private registry), set execution_role."
  }
}

variable "marketplace" {
  description = "Whether `model_package_arn` is a package of AWS Marketplace. Null counts every package of another account as one. Set false for a package that another account of yours shares."
  type        = bool
  default     = null

  validation {
    condition     = var.marketplace == null || var.model_package_arn != null
    error_message = "Remove marketplace: it says where the package of model_package_arn is from, and an image has none."
  }
}

variable "model_data_source" {
  description = <<-EOT
    Model data beside the container of `image` that is no archive to unpack, or whose license must be accepted. Instead of `model_data_url`.
    - `s3_data_source`: where it is: `s3_uri`; `s3_data_type`: `S3Prefix` (all objects below `s3_uri`, which ends with a slash) or `S3Object`; `compression_type`: `None` or, for an object, `Gzip`; `model_access_config`: `accept_eula` accepts the license.
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
      can(regex("^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/.+$", var.model_data_source.s3_data_source.s3_uri)) &&
      length(var.model_data_source.s3_data_source.s3_uri) <= 1024 &&
      endswith(var.model_data_source.s3_data_source.s3_uri, "/") == (var.model_data_source.s3_data_source.s3_data_type == "S3Prefix"), false
    )
    error_message = "Write s3_uri of model_data_source.s3_data_source as s3://bucket/prefix/ with a slash at the end for S3Prefix, as s3://bucket/key without one for S3Object, at most 1024 characters."
  }

  validation {
    condition     = var.model_data_source == null || (var.model_data_url == null && var.model_package_arn == null)
    error_message = "Remove model_data_source or what stands beside it: model_data_url says the same, and a model package brings its own model data."
  }
}

variable "model_data_url" {
  description = "S3 URI of the model archive (`model.tar.gz`) that SageMaker unpacks beside the container of `image`. Null if the image contains the model."
  type        = string
  default     = null

  validation {
    condition     = var.model_data_url == null || can(regex("^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/.+$", var.model_data_url))
    error_message = "Write model_data_url as an S3 URI with a key, such as s3://bucket/models/model.tar.gz."
  }

  validation {
    condition     = length(coalesce(var.model_data_url, "-")) <= 1024
    error_message = "Shorten model_data_url: SageMaker takes at most 1024 characters."
  }

  validation {
    condition     = var.model_data_url == null || var.model_package_arn == null
    error_message = "Remove model_data_url: a model package brings its own model data. Use model_data_url only with image."
  }
}

variable "model_package_arn" {
  description = "ARN of the model package (of the region in use), from an AWS Marketplace subscription or your own, whose image and data the created role reads with `access.ecr_repository_arns` and `access.s3_read_uris`. Exactly one of `image` and `model_package_arn`."
  type        = string
  default     = null

  validation {
    condition     = var.model_package_arn == null || can(regex("^arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:[0-9]{12}:model-package/[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}(/[0-9]{1,9})?$", var.model_package_arn))
    error_message = "Give model_package_arn as arn:aws:sagemaker:REGION:ACCOUNT:model-package/NAME, of one of your own with /VERSION; Marketplace shows one for each region."
  }
}

variable "name" {
  description = "Name of the model; a short hash of its content is appended, so that a changed model is a new one beside the old. At most 54 characters."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9](-*[a-zA-Z0-9])*$", var.name))
    error_message = "Use only letters, digits and hyphens in name, with a letter or digit at both ends."
  }

  validation {
    condition     = length(var.name) <= 54
    error_message = "Shorten name to at most 54 characters: SageMaker takes 63 and a hyphen with a hash of 8 is appended."
  }
}

variable "permissions_boundary" {
  description = "ARN of the IAM policy that bounds the created role. Null for no boundary: then only an administrator should create the role, because its policies decide what it may do."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary == null || can(regex("^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[!-~]+$", var.permissions_boundary)) && length(coalesce(var.permissions_boundary, "-")) <= 2048
    error_message = "Give permissions_boundary as a policy ARN (arn:aws:iam::ACCOUNT:policy/NAME)."
  }
}

variable "tags" {
  description = "Tags of the model and its role, beside the aws provider's default_tags."
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
  description = "Subnets (1-16) and security groups (1-5) that the instances attach to. Null for SageMaker's own network."
  type = object({
    security_group_ids = list(string)
    subnets            = list(string)
  })
  default = null

  validation {
    condition     = var.vpc_config == null ? true : try(length(var.vpc_config.security_group_ids) >= 1 && length(var.vpc_config.security_group_ids) <= 5, false)
    error_message = "Give one to five vpc_config.security_group_ids."
  }

  validation {
    condition     = var.vpc_config == null ? true : try(length(var.vpc_config.subnets) >= 1 && length(var.vpc_config.subnets) <= 16, false)
    error_message = "Give one to sixteen vpc_config.subnets, best in several Availability Zones."
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
