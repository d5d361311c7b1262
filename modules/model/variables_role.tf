variable "access" {
  description = <<-EOT
    Resources that the created execution role may use in addition to the model. Ignored with `execution_role`, which needs its own permissions.
    - `ecr_repository_arns`: ECR repositories of other images, such as those of your own model package.
    - `kms_alias_arns`: aliases of such keys: the role may use the key that the alias points to.
    - `kms_key_arns`: keys that encrypt the model data, the asynchronous output or the topics.
    - `rollback_alarm_names`: alarms that roll back an update of an endpoint. SageMaker reads them with the role. A composite alarm needs your own `execution_role` with permission to describe all alarms.
    - `s3_read_uris`: other locations that the role may read, as `s3://bucket/prefix` or one object: asynchronous requests, or the data of your own model package.
    - `s3_write_uris`: locations that the role may write, as `s3://bucket/prefix`: asynchronous results and failures.
    - `sns_topic_arns`: topics that receive messages about asynchronous results and errors.
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
    error_message = "Set access.ecr_repository_arns to ARNs of ECR repositories (arn:aws:ecr:REGION:ACCOUNT:repository/NAME)."
  }

  validation {
    condition = alltrue([
      for uri in concat(var.access.s3_read_uris, var.access.s3_write_uris) : can(regex("^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^*?$]*)?$", uri))
    ])
    error_message = "Write every entry of access.s3_read_uris and access.s3_write_uris as s3://bucket/prefix, without *, ? and $: in an IAM policy they would match other objects as well."
  }

  validation {
    condition     = alltrue([for arn in var.access.kms_alias_arns : can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:alias/[a-zA-Z0-9/_-]+$", arn))])
    error_message = "Set access.kms_alias_arns to ARNs of aliases (arn:aws:kms:REGION:ACCOUNT:alias/NAME)."
  }

  validation {
    condition     = alltrue([for arn in var.access.kms_key_arns : can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", arn))])
    error_message = "Set access.kms_key_arns to key ARNs (arn:aws:kms:REGION:ACCOUNT:key/ID): an alias goes into access.kms_alias_arns."
  }

  validation {
    condition     = alltrue([for name in var.access.rollback_alarm_names : try(can(regex("^.*\\S.*$", name)) && length(name) <= 255 && !startswith(name, "arn:"), false)])
    error_message = "Set access.rollback_alarm_names to names of alarms, not ARNs."
  }

  validation {
    condition     = alltrue([for arn in var.access.sns_topic_arns : can(regex("^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[a-zA-Z0-9_.-]+$", arn))])
    error_message = "Set access.sns_topic_arns to topic ARNs (arn:aws:sns:REGION:ACCOUNT:NAME)."
  }
}

variable "execution_role" {
  description = "An existing role that SageMaker assumes to run the model, as `{ arn = \"arn:aws:iam::...\" }`. Null creates a role with only the permissions that it needs."
  type = object({
    arn = string
  })
  default = null

  validation {
    condition     = var.execution_role == null ? true : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/[a-zA-Z_0-9+=,.@/-]+$", var.execution_role.arn)) && try(length(var.execution_role.arn) <= 2048, false)
    error_message = "Set execution_role.arn to a role ARN (arn:aws:iam::ACCOUNT:role/NAME), or omit execution_role to have a role created."
  }

  validation {
    condition     = var.execution_role == null || (var.role_name == null && var.role_path == "/" && length(var.role_policy_arns) == 0 && length(var.role_policy_statements) == 0)
    error_message = "Remove role_name, role_path, role_policy_arns and role_policy_statements, or remove execution_role: they configure the role that the module creates, and execution_role is an existing one."
  }
}

variable "log_groups" {
  description = <<-EOT
    Log groups that the created role may write to. Ignored with `execution_role`.
    - `create`: whether the role may create the groups. Set it to false if they exist before the endpoint: otherwise a log line that arrives late creates a deleted group again.
    - `names`: names of the groups. The default allows the groups of all endpoints.
  EOT
  type = object({
    create = optional(bool, true)
    names  = optional(list(string), ["/aws/sagemaker/Endpoints/*"])
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.log_groups.create != null
    error_message = "Set log_groups.create to true or false, or omit it."
  }

  validation {
    condition = try(length(var.log_groups.names) > 0 && alltrue([
      for name in var.log_groups.names : can(regex("^/aws/sagemaker/Endpoints/(\\*|[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62})$", name))
    ]), false)
    error_message = "Set log_groups.names to entries /aws/sagemaker/Endpoints/NAME, where NAME is the name of an endpoint: 1 to 63 letters, digits and hyphens. Omit it to allow all endpoints."
  }
}

variable "permissions_boundary" {
  description = "ARN of the permissions boundary of the created role. Null for none; then let only an administrator create the role, because nothing else limits its policies."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary == null || can(regex("^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[!-~]+$", var.permissions_boundary)) && length(coalesce(var.permissions_boundary, "-")) <= 2048
    error_message = "Set permissions_boundary to a policy ARN (arn:aws:iam::ACCOUNT:policy/NAME)."
  }
}

variable "role_name" {
  description = "Name of the created role, at most 64 characters. Null for `name` and the time of creation. Role names are unique in an account, so each region needs a different one. A change creates a new role and a new model."
  type        = string
  default     = null

  validation {
    condition     = var.role_name == null || can(regex("^[a-zA-Z0-9_+=,.@-]{1,64}$", var.role_name))
    error_message = "Set role_name to 1 to 64 letters, digits and _ + = , . @ -, without a path: role_path is for the path."
  }
}

variable "role_path" {
  description = "IAM path of the created role, such as `/speech/`, for accounts that allow roles only below certain paths. A change creates a new role and a new model."
  type        = string
  default     = "/"
  nullable    = false

  validation {
    condition     = can(regex("^/([a-zA-Z0-9_+=,.@-]+/)*$", var.role_path)) && length(var.role_path) <= 512
    error_message = "Set role_path to a path with a slash at both ends, such as /speech/, of at most 512 letters, digits, slashes and _ + = , . @ -. In an IAM policy, * and ? would match other roles as well."
  }
}

variable "role_policy_arns" {
  description = "More managed policies of the created role: a map from names that you choose to ARNs. A `permissions_boundary` limits them too."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for arn in values(var.role_policy_arns) : can(regex("^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[a-zA-Z0-9_+=,.@/-]+$", arn)) && try(length(arn) <= 2048, false)])
    error_message = "Set every value of role_policy_arns to a policy ARN (arn:aws:iam::ACCOUNT:policy/NAME)."
  }
}

variable "role_policy_statements" {
  description = <<-EOT
    More statements in the policy of the created role. A `permissions_boundary` limits them too.
    - `sid`: name of the statement, of letters and digits. It must differ from all other names, including those of the module's statements.
    - `effect`: `Allow` or `Deny`.
    - `actions`, `resources`: actions that the statement allows or denies, and the resources that it applies to.
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
    error_message = "Use only letters and digits in sid of role_policy_statements, or omit it."
  }

  validation {
    condition = alltrue([
      for statement in var.role_policy_statements :
      try(length(statement.actions) > 0 && alltrue([for action in statement.actions : can(regex("^(\\*|[a-zA-Z0-9-]+:[a-zA-Z0-9*?]+)$", action))]), false)
    ])
    error_message = "Set one or more actions in every entry of role_policy_statements, as SERVICE:ACTION, such as dynamodb:GetItem."
  }

  validation {
    condition = alltrue([
      for statement in var.role_policy_statements :
      try(length(statement.resources) > 0 && alltrue([for resource in statement.resources : can(regex("^(\\*|arn:[^:]+:[^:]+:[^:]*:[^:]*:.+)$", resource))]), false)
    ])
    error_message = "Set one or more resources in every entry of role_policy_statements, as ARNs, or [\"*\"] for actions without resources."
  }

  validation {
    condition = alltrue([
      for condition in flatten([for statement in var.role_policy_statements : try(statement.condition, [])]) : try(
        can(regex("^(ForA(ll|ny)Values:)?((String(Not)?(Equals|EqualsIgnoreCase|Like)|Numeric(Not)?Equals|Numeric(Less|Greater)Than(Equals)?|Date(Not)?Equals|Date(Less|Greater)Than(Equals)?|Bool|BinaryEquals|(Not)?IpAddress|Arn(Not)?(Equals|Like))(IfExists)?|Null)$", condition.test)) &&
        can(regex("^[a-zA-Z0-9-]+:\\S+$", condition.variable)) && length(condition.values) > 0 && alltrue([for value in condition.values : value != null]), false
      )
    ])
    error_message = "Set test (an operator of IAM, such as StringEquals), variable (such as aws:ResourceAccount) and one or more values in every condition of role_policy_statements."
  }
}
