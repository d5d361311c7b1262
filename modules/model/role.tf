# The execution role: what SageMaker may do on behalf of the container, and no more.

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

  # The function that knows the credentials of a private registry.
  credentials_provider_arns = flatten(var.image_config[*].repository_auth_config[*])[*].repository_credentials_provider_arn

  # The model's own data, and what stands beside it: one object, or all below a prefix.
  model_data_uris = distinct(concat(var.model_data_url[*], var.model_data_source[*].s3_data_source.s3_uri, var.additional_model_data_sources[*].s3_data_source.s3_uri))

  # One location may be both read from and written to.
  s3_prefix_uris = distinct(concat(var.access.s3_read_uris, var.access.s3_write_uris))
  s3_bucket_arns = distinct([for uri in concat(local.model_data_uris, local.s3_prefix_uris) : "arn:${local.partition}:s3:::${split("/", uri)[2]}"])

  # s3://bucket/prefix -> the objects below it
  s3_objects = { for uri in local.s3_prefix_uris : uri => "arn:${local.partition}:s3:::${trimsuffix(trimprefix(uri, "s3://"), "/")}/*" }

  s3_read_object_arns = distinct(concat(
    [for uri in local.model_data_uris : "arn:${local.partition}:s3:::${trimprefix(uri, "s3://")}${endswith(uri, "/") ? "*" : ""}"],
    [for uri in var.access.s3_read_uris : local.s3_objects[uri]],
    # Without a slash at the end it may be one object too, such as the archive of a package.
    [for uri in var.access.s3_read_uris : "arn:${local.partition}:s3:::${trimprefix(uri, "s3://")}" if local.s3_keys[uri] != "" && !endswith(uri, "/")],
  ))
  s3_write_object_arns = distinct([for uri in var.access.s3_write_uris : local.s3_objects[uri]])

  # What may be listed of each bucket: the keys of the model, and what begins with a prefix. "" is a whole bucket.
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

  # A group for each endpoint, and the streams in it.
  log_arns = flatten([
    for name in var.log_groups.names : [
      for part in ["", ":*"] : "arn:${local.partition}:logs:${local.arn_scope}:log-group:${name}${part}"
    ]
  ])

  # Keys by their ARNs, and keys behind aliases, by what the Sids of their statements end in.
  keys = { for by, keys in {
    "" = { aliases = [], arns = var.access.kms_key_arns }
    ByAlias = {
      aliases = [for arn in var.access.kms_alias_arns : "alias/${split(":alias/", arn)[1]}"]
      arns    = distinct([for arn in var.access.kms_alias_arns : "${split(":alias/", arn)[0]}:key/*"])
    }
  } : by => keys if length(keys.arns) > 0 }

  # Another account may share the network: then the subnets, and the security groups too, are its own. The interfaces
  # are of this one.
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

    # For inference SageMaker is documented to send this ARN, its asterisk included. Nothing says that each of its calls
    # carries the keys, and one that does not would stop the endpoint: what is sent must be this account's.
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

# What an endpoint needs besides the model: its logs, and a look at its alarms.
data "aws_iam_policy_document" "endpoints" {
  statement {
    sid       = "WriteContainerLogs"
    actions   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    resources = local.log_arns
  }

  # Who makes the groups must not share the right: a late line would bring a deleted one back.
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

# Apart from the right to make interfaces: SageMaker removes them some time after the endpoint, and needs this until then.
data "aws_iam_policy_document" "interfaces" {
  count = var.vpc_config == null ? 0 : 1

  # An interface has no name to be told by before it is made, but it is in a subnet.
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
    resources = ["*"] # PutMetricData has no resource level; the namespace is the bound. Nothing says that the metrics of detailed observability need more.

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

  # Encryption is S3's and SNS's, in the role's name; nothing else uses the keys.
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

  # A prefix, because roles are global to the account: one name in two regions would collide.
  name                 = var.role_name
  name_prefix          = var.role_name == null ? "${substr(var.name, 0, 37)}-" : null
  path                 = var.role_path
  description          = "SageMaker runs the model ${var.name} with this role."
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags
}

# All inline policies of a role have at most 10,240 characters together. The content of a policy that does not fit in
# twice is left out here, so that nothing is put beside it.
resource "terraform_data" "execution_policy" {
  count = local.create_role ? 1 : 0

  input = (
    2 * sum([for document in concat([data.aws_iam_policy_document.execution], data.aws_iam_policy_document.interfaces) : length(document.minified_json)])
    + length(data.aws_iam_policy_document.endpoints.minified_json) <= 10240 ?
    data.aws_iam_policy_document.execution.json : "changed in place: too long to stand beside its successor"
  )
}

# Not changed in place if it can be helped: the endpoint runs the old model until it has moved to the new one, and for good when the
# move fails, and needs the old image and data that long. Made before the old one goes, as the model is that depends on
# it; a prefix, because both are there meanwhile.
resource "aws_iam_role_policy" "this" {
  count = local.create_role ? 1 : 0

  name_prefix = "sagemaker-execution-"
  role        = aws_iam_role.this[0].name
  policy      = data.aws_iam_policy_document.execution.json

  lifecycle {
    replace_triggered_by = [terraform_data.execution_policy]
  }
}

# Apart from the model's policy: the endpoints depend on this one (`endpoints_policy_id`) and it depends on their log
# groups, so a destroy takes an endpoint first, then this, then the group. Changed in place: a second one beside it would
# make the log groups be replaced the same way, new before old, which one name does not allow.
resource "aws_iam_role_policy" "endpoints" {
  count = local.create_role ? 1 : 0

  name   = "sagemaker-endpoints"
  role   = aws_iam_role.this[0].name
  policy = data.aws_iam_policy_document.endpoints.json
}

# The name stands for the content: other subnets get another policy, beside the one that the old interfaces need.
resource "aws_iam_role_policy" "interfaces" {
  count = local.create_role ? length(data.aws_iam_policy_document.interfaces) : 0

  name   = "sagemaker-interfaces-${substr(sha256(data.aws_iam_policy_document.interfaces[0].json), 0, 8)}"
  role   = aws_iam_role.this[0].name
  policy = data.aws_iam_policy_document.interfaces[0].json
}

# Made and taken away in the same order as the role's own policy, because the model depends on both.
resource "aws_iam_role_policy_attachment" "this" {
  for_each = local.create_role ? var.role_policy_arns : {}

  policy_arn = each.value
  role       = aws_iam_role.this[0].name
}
