# The execution role, with only the permissions that the container and its endpoints need.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  arn_scope = "${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}"
  partition = data.aws_partition.current.partition

  # ACCOUNT.dkr.ecr.REGION.SUFFIX/REPOSITORY[:TAG|@DIGEST] -> arn of the repository
  image_parts = try(regex("^([0-9]{12})\\.dkr\\.ecr(?:-fips)?\\.([a-z0-9-]+)\\.[^/]+/([^:@]+)", var.image), null)
  image_repository_arns = distinct(concat(
    local.image_parts == null ? [] : ["arn:${local.partition}:ecr:${local.image_parts[1]}:${local.image_parts[0]}:repository/${local.image_parts[2]}"],
    var.access.ecr_repository_arns,
  ))

  # The Lambda function that returns the credentials of a private registry.
  credentials_provider_arns = flatten(var.image_config[*].repository_auth_config[*])[*].repository_credentials_provider_arn

  # The model's data and the additional sources: each one object, or all objects below a prefix.
  model_data_uris = distinct(concat(var.model_data_url[*], var.model_data_source[*].s3_data_source.s3_uri, var.additional_model_data_sources[*].s3_data_source.s3_uri))

  # A location may be in both lists.
  s3_prefix_uris = distinct(concat(var.access.s3_read_uris, var.access.s3_write_uris))
  s3_bucket_arns = distinct([for uri in concat(local.model_data_uris, local.s3_prefix_uris) : "arn:${local.partition}:s3:::${split("/", uri)[2]}"])

  # s3://bucket/prefix -> the objects below it
  s3_objects = { for uri in local.s3_prefix_uris : uri => "arn:${local.partition}:s3:::${trimsuffix(trimprefix(uri, "s3://"), "/")}/*" }

  s3_read_object_arns = distinct(concat(
    [for uri in local.model_data_uris : "arn:${local.partition}:s3:::${trimprefix(uri, "s3://")}${endswith(uri, "/") ? "*" : ""}"],
    [for uri in var.access.s3_read_uris : local.s3_objects[uri]],
    # A URI without a slash at the end may also be one object, such as the archive of a package.
    [for uri in var.access.s3_read_uris : "arn:${local.partition}:s3:::${trimprefix(uri, "s3://")}" if local.s3_keys[uri] != "" && !endswith(uri, "/")],
  ))
  s3_write_object_arns = distinct([for uri in var.access.s3_write_uris : local.s3_objects[uri]])

  # The prefixes that the role may list in each bucket: the keys of the model data, and the prefixes of the other
  # locations. "" stands for the whole bucket.
  s3_listed = concat(
    [for uri in local.model_data_uris : { bucket = split("/", uri)[2], prefixes = ["${local.s3_keys[uri]}${endswith(uri, "/") ? "*" : ""}"] }],
    [
      for uri in local.s3_prefix_uris : {
        bucket = split("/", uri)[2]
        prefixes = (local.s3_keys[uri] == "" ? [""] : endswith(local.s3_keys[uri], "/") ? ["${local.s3_keys[uri]}*"] :
        [local.s3_keys[uri], "${local.s3_keys[uri]}/*"])
      }
    ],
  )
  s3_keys     = { for uri in distinct(concat(local.model_data_uris, local.s3_prefix_uris)) : uri => try(regex("^s3://[^/]+/(.*)$", uri)[0], "") }
  s3_prefixes = { for listed in local.s3_listed : listed.bucket => listed.prefixes... }

  # The log group of each endpoint, and the streams in it.
  log_arns = flatten([
    for name in var.log_groups.names : [
      for part in ["", ":*"] : "arn:${local.partition}:logs:${local.arn_scope}:log-group:${name}${part}"
    ]
  ])

  # KMS keys given by ARN and keys given by alias. The name of an entry is the end of the Sids of its statements.
  keys = { for by, keys in {
    "" = { aliases = [], arns = var.access.kms_key_arns }
    ByAlias = {
      aliases = [for arn in var.access.kms_alias_arns : "alias/${split(":alias/", arn)[1]}"]
      arns    = distinct([for arn in var.access.kms_alias_arns : "${split(":alias/", arn)[0]}:key/*"])
    }
  } : by => keys if length(keys.arns) > 0 }

  # The account is * because another account may share the network, and then owns the subnets and the security groups.
  # The interfaces belong to this account.
  security_group_arns = [for id in flatten(var.vpc_config[*].security_group_ids) : "arn:${local.partition}:ec2:${data.aws_region.current.region}:*:security-group/${id}"]
  subnet_arns         = [for id in flatten(var.vpc_config[*].subnets) : "arn:${local.partition}:ec2:${data.aws_region.current.region}:*:subnet/${id}"]
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["sagemaker.amazonaws.com"]
    }

    # AWS documents this ARN, with its asterisk, as what SageMaker sends for inference. It does not document that every
    # call sends the two keys, and a call without them must not stop the endpoint: hence IfExists.
    condition {
      test     = "ArnLikeIfExists"
      variable = "aws:SourceArn"
      values   = ["arn:${local.partition}:sagemaker:${local.arn_scope}:*"]
    }

    condition {
      test     = "StringEqualsIfExists"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

# What an endpoint needs beside the model: its logs and its rollback alarms.
data "aws_iam_policy_document" "endpoints" {
  statement {
    sid       = "WriteContainerLogs"
    actions   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    resources = local.log_arns
  }

  # The role may create log groups only if the module does not. Otherwise a late line would bring back a group that a
  # destroy has deleted.
  dynamic "statement" {
    for_each = var.log_groups.create ? [true] : []

    content {
      sid       = "CreateLogGroups"
      actions   = ["logs:CreateLogGroup"]
      resources = local.log_arns
    }
  }

  dynamic "statement" {
    for_each = length(var.access.rollback_alarm_names) > 0 ? [true] : []

    content {
      sid       = "WatchRollbackAlarms"
      actions   = ["cloudwatch:DescribeAlarms"]
      resources = [for name in var.access.rollback_alarm_names : "arn:${local.partition}:cloudwatch:${local.arn_scope}:alarm:${name}"]
    }
  }
}

# This policy is separate because it must outlive the endpoint: SageMaker deletes the network interfaces some time after
# it.
data "aws_iam_policy_document" "interfaces" {
  count = var.vpc_config == null ? 0 : 1

  # The ids of the interfaces are not known in advance, so the subnets restrict this statement.
  statement {
    sid       = "HandleInterfaces"
    actions   = ["ec2:CreateNetworkInterfacePermission", "ec2:DeleteNetworkInterface", "ec2:DeleteNetworkInterfacePermission"]
    resources = ["arn:${local.partition}:ec2:${local.arn_scope}:network-interface/*"]

    condition {
      test     = "ArnLike"
      variable = "ec2:Subnet"
      values   = local.subnet_arns
    }
  }

  statement {
    sid = "DescribeVpc"
    actions = [
      "ec2:DescribeDhcpOptions",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeSecurityGroups",
      "ec2:DescribeSubnets",
      "ec2:DescribeVpcEndpoints",
      "ec2:DescribeVpcs",
    ]
    resources = ["*"] # The EC2 Describe calls have no resource level.
  }
}

data "aws_iam_policy_document" "execution" {
  statement {
    sid       = "PublishMetrics"
    actions   = ["cloudwatch:PutMetricData"]
    resources = ["*"] # PutMetricData has no resource level, so the namespaces restrict it. AWS documents no other right for detailed observability.

    condition {
      test     = "StringEquals"
      variable = "cloudwatch:namespace"
      values   = ["/aws/sagemaker/Endpoints", "AWS/SageMaker"]
    }
  }

  dynamic "statement" {
    for_each = length(local.image_repository_arns) > 0 ? [true] : []

    content {
      sid       = "AuthorizeImagePull"
      actions   = ["ecr:GetAuthorizationToken"]
      resources = ["*"] # GetAuthorizationToken has no resource level.
    }
  }

  dynamic "statement" {
    for_each = length(local.image_repository_arns) > 0 ? [true] : []

    content {
      sid       = "PullImage"
      actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
      resources = local.image_repository_arns
    }
  }

  dynamic "statement" {
    for_each = length(local.credentials_provider_arns) > 0 ? [true] : []

    content {
      sid       = "GetRegistryCredentials"
      actions   = ["lambda:InvokeFunction"]
      resources = local.credentials_provider_arns
    }
  }

  dynamic "statement" {
    for_each = length(local.s3_bucket_arns) > 0 ? [true] : []

    content {
      sid       = "FindBuckets"
      actions   = ["s3:GetBucketLocation"]
      resources = local.s3_bucket_arns
    }
  }

  dynamic "statement" {
    for_each = [for bucket, prefixes in local.s3_prefixes : { bucket = bucket, prefixes = distinct(flatten(prefixes)) }]

    content {
      sid       = "ListBucket${statement.key}"
      actions   = ["s3:ListBucket"]
      resources = ["arn:${local.partition}:s3:::${statement.value.bucket}"]

      dynamic "condition" {
        for_each = contains(statement.value.prefixes, "") ? [] : [statement.value.prefixes]

        content {
          test     = "StringLike"
          variable = "s3:prefix"
          values   = condition.value
        }
      }
    }
  }

  dynamic "statement" {
    for_each = length(local.s3_read_object_arns) > 0 ? [true] : []

    content {
      sid       = "ReadObjects"
      actions   = ["s3:GetObject"]
      resources = local.s3_read_object_arns
    }
  }

  dynamic "statement" {
    for_each = length(local.s3_write_object_arns) > 0 ? [true] : []

    content {
      sid       = "WriteResults"
      actions   = ["s3:AbortMultipartUpload", "s3:PutObject"]
      resources = local.s3_write_object_arns
    }
  }

  dynamic "statement" {
    for_each = length(var.access.sns_topic_arns) > 0 ? [true] : []

    content {
      sid       = "NotifyTopics"
      actions   = ["sns:Publish"]
      resources = var.access.sns_topic_arns
    }
  }

  # S3 and SNS use the keys on behalf of the role, and nothing else does.
  dynamic "statement" {
    for_each = local.keys

    content {
      sid       = "UseKeys${statement.key}"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = statement.value.arns

      condition {
        test     = "StringLike"
        variable = "kms:ViaService"
        values   = ["s3.*", "sns.*"] # Region and domain follow.
      }

      dynamic "condition" {
        for_each = length(statement.value.aliases) > 0 ? [statement.value.aliases] : []

        content {
          test     = "ForAnyValue:StringEquals"
          variable = "kms:ResourceAliases"
          values   = condition.value
        }
      }
    }
  }

  dynamic "statement" {
    for_each = local.keys

    content {
      sid       = "DescribeKeys${statement.key}"
      actions   = ["kms:DescribeKey"]
      resources = statement.value.arns

      dynamic "condition" {
        for_each = length(statement.value.aliases) > 0 ? [statement.value.aliases] : []

        content {
          test     = "ForAnyValue:StringEquals"
          variable = "kms:ResourceAliases"
          values   = condition.value
        }
      }
    }
  }

  dynamic "statement" {
    for_each = var.vpc_config[*]

    content {
      sid     = "AttachToVpc"
      actions = ["ec2:CreateNetworkInterface"]
      resources = concat(
        ["arn:${local.partition}:ec2:${local.arn_scope}:network-interface/*"],
        local.security_group_arns,
        aws_security_group.interfaces[*].arn,
        local.subnet_arns,
      )
    }
  }

  dynamic "statement" {
    for_each = var.role_policy_statements

    content {
      sid       = statement.value.sid
      effect    = statement.value.effect
      actions   = statement.value.actions
      resources = statement.value.resources

      dynamic "condition" {
        for_each = statement.value.condition

        content {
          test     = condition.value.test
          variable = condition.value.variable
          values   = condition.value.values
        }
      }
    }
  }
}

resource "aws_iam_role" "this" {
  count = local.create_role ? 1 : 0

  # Role names are unique in the account, so a fixed name would collide in a second region.
  name                 = var.role_name
  name_prefix          = var.role_name == null ? "${substr(var.name, 0, 37)}-" : null
  path                 = var.role_path
  description          = "SageMaker runs the model ${var.name} with this role."
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags
}

# IAM limits the inline policies of a role to 10,240 characters in total. A change of this input creates the new policy
# beside the old one. If both do not fit, the input stays the same and the policy changes in place.
resource "terraform_data" "execution_policy" {
  count = local.create_role ? 1 : 0

  input = (
    2 * sum([for document in concat([data.aws_iam_policy_document.execution], data.aws_iam_policy_document.interfaces) : length(document.minified_json)])
    + length(data.aws_iam_policy_document.endpoints.minified_json) <= 10240 ?
    data.aws_iam_policy_document.execution.json : "changed in place: too long to stand beside its successor"
  )
}

# A change replaces this policy if the old and the new one fit (see above). The endpoint runs the old model until it has
# moved to the new one, or for good if that fails, and needs the old image and data until then. The model is created
# before the old one is destroyed, and so is this policy, on which it depends. It has a name prefix because both exist
# meanwhile.
resource "aws_iam_role_policy" "this" {
  count = local.create_role ? 1 : 0

  name_prefix = "sagemaker-execution-"
  role        = aws_iam_role.this[0].name
  policy      = data.aws_iam_policy_document.execution.json

  lifecycle {
    replace_triggered_by = [terraform_data.execution_policy]
  }
}

# The endpoints depend on this policy (`endpoints_policy_id`), and it depends on their log groups. So a destroy deletes
# the endpoint first, then the policy, then the group. It changes in place: with create_before_destroy the log groups
# would inherit that order, and two groups cannot have one name.
resource "aws_iam_role_policy" "endpoints" {
  count = local.create_role ? 1 : 0

  name   = "sagemaker-endpoints"
  role   = aws_iam_role.this[0].name
  policy = data.aws_iam_policy_document.endpoints.json
}

# The name has a hash of the content, so other subnets make a second policy, and the old interfaces keep theirs.
resource "aws_iam_role_policy" "interfaces" {
  count = local.create_role && var.vpc_config != null ? 1 : 0 # not by the document: `terraform import` reads none

  name   = "sagemaker-interfaces-${substr(sha256(data.aws_iam_policy_document.interfaces[0].json), 0, 8)}"
  role   = aws_iam_role.this[0].name
  policy = data.aws_iam_policy_document.interfaces[0].json
}

# The model depends on these attachments as it does on the role's own policy.
resource "aws_iam_role_policy_attachment" "this" {
  for_each = local.create_role ? var.role_policy_arns : {}

  policy_arn = each.value
  role       = aws_iam_role.this[0].name
}
