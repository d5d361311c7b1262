variable "access" {
  description = <<-EOT
    What the created execution role may use beside the model. With `execution_role` this is ignored: give that role its own permissions.
    - `ecr_repository_arns`: ECR repositories of more images, such as those of a model package of your own.
    - `kms_alias_arns`: keys by alias, whichever key the alias points to, for the same uses as `kms_key_arns`.
    - `kms_key_arns`: keys that encrypt the model data, the asynchronous output or the topics.
    - `rollback_alarm_names`: alarms that roll an update of an endpoint back, which SageMaker reads with the role. A composite alarm needs an `execution_role` of yours that may describe all alarms.
    - `s3_read_uris`: more locations to read, as `s3://bucket/prefix` or one object, such as asynchronous requests or the data of a model package of your own.
    - `s3_write_uris`: locations of asynchronous results and failures, as `s3://bucket/prefix`.
    - `sns_topic_arns`: topics that SageMaker notifies of asynchronous results and errors.
  EOT
  type = object({
    ecr_repository_arns  = optional(list(string), [])
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
    condition = alltrue([
      for uri in concat(var.access.s3_read_uris, var.access.s3_write_uris) : can(regex("^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^*?$]*)?$", uri))
    ])
    error_message = "Write every entry of access.s3_read_uris and access.s3_write_uris as s3://bucket/prefix, without *, ? and $, which would name other places too in the policy of a role."
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

variable "execution_role" {
  description = "An existing role that SageMaker assumes to run the model, as `{ arn = \"arn:aws:iam::...\" }`. Null creates one with only the permissions it needs."
  type = object({
    arn = string
  })
  default = null

  validation {
    condition     = var.execution_role == null ? true : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/[a-zA-Z_0-9+=,.@/-]+$", var.execution_role.arn)) && try(length(var.execution_role.arn) <= 2048, false)
    error_message = "Give execution_role.arn as a role ARN (arn:aws:iam::ACCOUNT:role/NAME), or leave execution_role out to have a role created."
  }

  validation {
    condition     = var.execution_role == null || (var.role_name == null && var.role_path == "/" && length(var.role_policy_arns) == 0 && length(var.role_policy_statements) == 0)
    error_message = "Remove role_name, role_path, role_policy_arns and role_policy_statements, or execution_role: they are of the created role, and a role that is given has a name, a path and policies of its own."
  }
}

variable "log_groups" {
  description = <<-EOT
    Log groups that the created role may write to. With `execution_role` this is ignored.
    - `create`: whether the role may create them. Set it to false if they exist before the endpoint: otherwise a late line brings a deleted group back.
    - `names`: names of the groups. The default allows those of every endpoint.
  EOT
  type = object({
    create = optional(bool, true)
    names  = optional(list(string), ["/aws/sagemaker/Endpoints/*"])
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.log_groups.create != null
    error_message = "Set log_groups.create to true or false, or leave it out."
  }

  validation {
    condition = try(length(var.log_groups.names) > 0 && alltrue([
      for name in var.log_groups.names : can(regex("^/aws/sagemaker/Endpoints/(\\*|[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62})$", name))
    ]), false)
    error_message = "Give log_groups.names as /aws/sagemaker/Endpoints/NAME, where NAME is an endpoint's: 1 to 63 letters, digits and hyphens. Leave it out for any endpoint."
  }
}

variable "permissions_boundary" {
  description = "ARN of the permissions boundary of the created role. Null for none: then only an administrator should create the role, because its policies decide what it may do."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary == null || can(regex("^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[!-~]+$", var.permissions_boundary)) && length(coalesce(var.permissions_boundary, "-")) <= 2048
    error_message = "Give permissions_boundary as a policy ARN (arn:aws:iam::ACCOUNT:policy/NAME)."
  }
}

variable "role_name" {
  description = "Name of the created role, at most 64 characters. Null uses `name` and the time of creation. Role names are unique in the account, so two regions need two. A change creates a new role and a new model."
  type        = string
  default     = null

  validation {
    condition     = var.role_name == null || can(regex("^[a-zA-Z0-9_+=,.@-]{1,64}$", var.role_name))
    error_message = "Give role_name as 1 to 64 letters, digits and _ + = , . @ -, without a path, which role_path is for."
  }
}

variable "role_path" {
  description = "IAM path of the created role, such as `/speech/`, for accounts that allow roles only below certain paths. A change creates a new role and a new model."
  type        = string
  default     = "/"
  nullable    = false

  validation {
    condition     = can(regex("^/([a-zA-Z0-9_+=,.@-]+/)*$", var.role_path)) && length(var.role_path) <= 512
    error_message = "Give role_path with a slash at both ends (/speech/), of letters, digits and _ + = , . @ - between slashes, at most 512 characters. Others, such as * and ?, would name more roles than this one in policies."
  }
}

variable "role_policy_arns" {
  description = "More managed policies of the created role: ARNs by names of your choice. A `permissions_boundary` limits them too."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for arn in values(var.role_policy_arns) : can(regex("^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[a-zA-Z0-9_+=,.@/-]+$", arn)) && try(length(arn) <= 2048, false)])
    error_message = "Give every value of role_policy_arns as a policy ARN (arn:aws:iam::ACCOUNT:policy/NAME)."
  }
}

variable "role_policy_statements" {
  description = <<-EOT
    More statements in the policy of the created role. A `permissions_boundary` limits them too.
    - `sid`: name of the statement, of letters and digits. It must differ from all others, including those of the module.
    - `effect`: `Allow` or `Deny`.
    - `actions`, `resources`: what the statement allows or denies, and on what.
    - `condition`: conditions, each with `test` (an operator of IAM), `variable` (a key) and `values`.
  EOT
  type = list(object({
    actions = list(string)
    condition = optional(list(object({
      test     = string
      values   = list(string)
      variable = string
    })), [])
    effect    = optional(string, "Allow")
    resources = list(string)
    sid       = optional(string)
  }))
  default  = []
  nullable = false

  validation {
    condition     = alltrue([for statement in var.role_policy_statements : try(contains(["Allow", "Deny"], statement.effect), false)])
    error_message = "Set effect of every entry of role_policy_statements to Allow or Deny."
  }

  validation {
    condition     = alltrue([for statement in var.role_policy_statements : try(statement.sid == null || can(regex("^[a-zA-Z0-9]+$", statement.sid)), false)])
    error_message = "Use only letters and digits in sid of role_policy_statements, or leave it out."
  }

  validation {
    condition = alltrue([
      for statement in var.role_policy_statements :
      try(length(statement.actions) > 0 && alltrue([for action in statement.actions : can(regex("^(\\*|[a-zA-Z0-9-]+:[a-zA-Z0-9*?]+)$", action))]), false)
    ])
    error_message = "Give every entry of role_policy_statements one or more actions as SERVICE:ACTION, such as dynamodb:GetItem."
  }

  validation {
    condition = alltrue([
      for statement in var.role_policy_statements :
      try(length(statement.resources) > 0 && alltrue([for resource in statement.resources : can(regex("^(\\*|arn:[^:]+:[^:]+:[^:]*:[^:]*:.+)$", resource))]), false)
    ])
    error_message = "Give every entry of role_policy_statements one or more resources as ARNs, or [\"*\"] for actions that take none."
  }

  validation {
    condition = alltrue([
      for condition in flatten([for statement in var.role_policy_statements : try(statement.condition, [])]) : try(
        can(regex("^(ForA(ll|ny)Values:)?((String(Not)?(Equals|EqualsIgnoreCase|Like)|Numeric(Not)?Equals|Numeric(Less|Greater)Than(Equals)?|Date(Not)?Equals|Date(Less|Greater)Than(Equals)?|Bool|BinaryEquals|(Not)?IpAddress|Arn(Not)?(Equals|Like))(IfExists)?|Null)$", condition.test)) &&
        can(regex("^[a-zA-Z0-9-]+:\\S+$", condition.variable)) && length(condition.values) > 0 && alltrue([for value in condition.values : value != null]), false
      )
    ])
    error_message = "Give every condition of role_policy_statements a test of IAM (such as StringEquals), a variable (such as aws:ResourceAccount) and one or more values."
  }
}
