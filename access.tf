# Policy documents for callers of the endpoints (invoke) and for those who apply this module (operator).

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  arn_scope = "${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}"
  partition = data.aws_partition.current.partition

  endpoint_names = concat(local.realtime_name[*], local.async_name[*])
  # The role that the module creates, by its name or the prefix of it. The operator may create it only with a
  # permissions boundary.
  module_role_arns = (local.create_model && var.model.execution_role == null ?
  ["arn:${local.partition}:iam::${data.aws_caller_identity.current.account_id}:role${var.model.role_path}${coalesce(var.model.role_name, "${substr(var.name, 0, 37)}-*")}"] : [])
  bounded_role_arns = var.model.permissions_boundary == null ? [] : local.module_role_arns

  scalable_target_arn = "arn:${local.partition}:application-autoscaling:${local.arn_scope}:scalable-target/*"
}

data "aws_iam_policy_document" "invoke" {
  dynamic "statement" {
    for_each = module.realtime[*].arn

    content {
      sid = "InvokeRealtime"
      actions = [
        "sagemaker:DescribeEndpoint",
        "sagemaker:InvokeEndpoint",
        "sagemaker:InvokeEndpointWithBidirectionalStream",
        "sagemaker:InvokeEndpointWithResponseStream",
      ]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = module.async[*].arn

    content {
      sid       = "InvokeAsync"
      actions   = ["sagemaker:DescribeEndpoint", "sagemaker:InvokeEndpointAsync"]
      resources = [statement.value]
    }
  }
}

data "aws_iam_policy_document" "operator" {
  #checkov:skip=CKV_AWS_111:PutCompositeAlarm is refused to those who may not write every composite alarm.
  #checkov:skip=CKV_AWS_356:Composite alarms are for those who may use all alarms; the other open statement has no resource level.

  # All that the module names is in one statement, because a managed policy takes 6,144 characters. An action applies
  # only to the ARNs of its own service.
  statement {
    sid = "ChangeByName"
    actions = [
      "application-autoscaling:ListTagsForResource",
      "application-autoscaling:TagResource",
      "application-autoscaling:UntagResource",
      "cloudwatch:DeleteAlarms",
      "cloudwatch:DeleteDashboards",
      "cloudwatch:DescribeAlarms",
      "cloudwatch:GetDashboard",
      "cloudwatch:ListTagsForResource",
      "cloudwatch:PutDashboard",
      "cloudwatch:PutMetricAlarm",
      "cloudwatch:TagResource",
      "cloudwatch:UntagResource",
      "iam:CreateServiceLinkedRole",
      "logs:AssociateKmsKey",
      "logs:CreateLogGroup",
      "logs:DeleteLogGroup",
      "logs:DeleteRetentionPolicy",
      "logs:DisassociateKmsKey",
      "logs:ListTagsForResource",
      "logs:PutRetentionPolicy",
      "logs:TagResource",
      "logs:UntagResource",
      "sagemaker:AddTags",
      "sagemaker:CreateEndpoint",
      "sagemaker:CreateEndpointConfig",
      "sagemaker:CreateModel",
      "sagemaker:DeleteEndpoint",
      "sagemaker:DeleteEndpointConfig",
      "sagemaker:DeleteModel",
      "sagemaker:DeleteTags",
      "sagemaker:DescribeEndpoint",
      "sagemaker:DescribeEndpointConfig",
      "sagemaker:DescribeModel",
      "sagemaker:ListTags",
      "sagemaker:UpdateEndpoint",
      "sagemaker:UpdateEndpointWeightsAndCapacities",
    ]
    resources = concat(
      flatten([
        for name in local.endpoint_names : [
          "arn:${local.partition}:cloudwatch:${local.arn_scope}:alarm:${name}-*",
          "arn:${local.partition}:cloudwatch:${local.arn_scope}:alarm:TargetTracking-endpoint/${name}/*",
          "arn:${local.partition}:cloudwatch::${data.aws_caller_identity.current.account_id}:dashboard/${name}-*",
          "arn:${local.partition}:logs:${local.arn_scope}:log-group:/aws/sagemaker/Endpoints/${name}",
          "arn:${local.partition}:logs:${local.arn_scope}:log-group:/aws/sagemaker/Endpoints/${name}:*",
          "arn:${local.partition}:sagemaker:${local.arn_scope}:endpoint/${lower(name)}",
          "arn:${local.partition}:sagemaker:${local.arn_scope}:endpoint-config/${lower(name)}-*",
        ]
      ]),
      [
        "arn:${local.partition}:sagemaker:${local.arn_scope}:model/${lower(var.name)}-*",
        # No condition on the service namespace: calls that tag do not send it.
        local.scalable_target_arn,
        "arn:${local.partition}:iam::${data.aws_caller_identity.current.account_id}:role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint",
      ],
      # The first alarm of an account that opens OpsItems or incidents creates a service-linked role
      # (API_PutMetricAlarm).
      [
        for monitoring in var.monitoring[*] :
        "arn:${local.partition}:iam::${data.aws_caller_identity.current.account_id}:role/aws-service-role/ssm*.alarms.cloudwatch.amazonaws.com/*"
        if length(monitoring.alarm_actions) > 0
      ],
    )
  }

  # Cloud Control has no resource level. The calls that it makes to SageMaker need the rights above.
  statement {
    sid = "UseWithoutName"
    actions = [
      "application-autoscaling:DescribeScalableTargets",
      "application-autoscaling:DescribeScalingActivities",
      "application-autoscaling:DescribeScalingPolicies",
      "application-autoscaling:DescribeScheduledActions",
      "cloudformation:CreateResource",
      "cloudformation:DeleteResource",
      "cloudformation:GetResource",
      "cloudformation:GetResourceRequestStatus",
      "cloudformation:ListResources",
      "cloudformation:UpdateResource",
      "logs:DescribeLogGroups",
      "servicequotas:GetServiceQuota",
      "servicequotas:ListAWSDefaultServiceQuotas",
    ]
    resources = ["*"] # None of these has a resource level.
  }

  dynamic "statement" {
    for_each = var.monitoring[*]

    content {
      sid       = "UseCompositeAlarms"
      actions   = ["cloudwatch:DescribeAlarms", "cloudwatch:PutCompositeAlarm"]
      resources = ["*"] # For composite alarms CloudWatch wants both "scoped to *" (API_PutCompositeAlarm, API_DescribeAlarms).
    }
  }

  statement {
    sid = "ChangeScaling"
    actions = [
      "application-autoscaling:DeleteScalingPolicy",
      "application-autoscaling:DeleteScheduledAction",
      "application-autoscaling:DeregisterScalableTarget",
      "application-autoscaling:PutScalingPolicy",
      "application-autoscaling:PutScheduledAction",
      "application-autoscaling:RegisterScalableTarget",
    ]
    resources = [local.scalable_target_arn]

    condition {
      test     = "StringEquals"
      variable = "application-autoscaling:service-namespace"
      values   = ["sagemaker"]
    }
  }

  # SageMaker reads the volume key and passes it to EC2 with the rights of whoever applies.
  dynamic "statement" {
    for_each = local.volume_key[*]

    content {
      sid       = "DescribeVolumeKey"
      actions   = ["kms:DescribeKey"]
      resources = [statement.value.key_arn]

      dynamic "condition" {
        for_each = statement.value.alias[*]

        content {
          test     = "ForAnyValue:StringEquals"
          variable = "kms:ResourceAliases"
          values   = [condition.value]
        }
      }
    }
  }

  dynamic "statement" {
    for_each = local.volume_key[*]

    content {
      sid       = "GrantVolumeKey"
      actions   = ["kms:CreateGrant"]
      resources = [statement.value.key_arn]

      condition {
        test     = "Bool"
        variable = "kms:GrantIsForAWSResource"
        values   = ["true"]
      }

      dynamic "condition" {
        for_each = statement.value.alias[*]

        content {
          test     = "ForAnyValue:StringEquals"
          variable = "kms:ResourceAliases"
          values   = [condition.value]
        }
      }
    }
  }

  dynamic "statement" {
    for_each = module.model[*].execution_role.arn

    content {
      sid       = "PassExecutionRole"
      actions   = ["iam:PassRole"]
      resources = [statement.value]

      condition {
        test     = "StringEquals"
        variable = "iam:PassedToService"
        values   = ["sagemaker.amazonaws.com"]
      }
    }
  }

  # No condition on the boundary: Terraform also reads a role that does not exist, and must get "not found".
  dynamic "statement" {
    for_each = setsubtract(local.module_role_arns, local.bounded_role_arns)

    content {
      sid = "ReadExecutionRole"
      actions = [
        "iam:GetRole",
        "iam:GetRolePolicy",
        "iam:ListAttachedRolePolicies",
        "iam:ListInstanceProfilesForRole",
        "iam:ListRolePolicies",
        "iam:ListRoleTags",
      ]
      resources = [statement.value]
    }
  }

  # Tags are here because IAM does not check the boundary of a role when they are written.
  dynamic "statement" {
    for_each = local.bounded_role_arns

    content {
      sid = "ReadAndTagExecutionRole"
      actions = [
        "iam:GetRole",
        "iam:GetRolePolicy",
        "iam:ListAttachedRolePolicies",
        "iam:ListInstanceProfilesForRole",
        "iam:ListRolePolicies",
        "iam:ListRoleTags",
        "iam:TagRole",
        "iam:UntagRole",
      ]
      resources = [statement.value]
    }
  }

  # Whoever can write the policies of a role without a boundary can give themselves any right. So these actions need the
  # boundary, and nothing here removes it or changes who may assume the role (docs/decisions/0018).
  dynamic "statement" {
    for_each = local.bounded_role_arns

    content {
      sid       = "WriteBoundedRole"
      actions   = ["iam:CreateRole", "iam:DeleteRole", "iam:DeleteRolePolicy", "iam:PutRolePolicy"]
      resources = [statement.value]

      condition {
        test     = "StringEquals"
        variable = "iam:PermissionsBoundary"
        values   = [var.model.permissions_boundary]
      }
    }
  }

  # This is separate from WriteBoundedRole to restrict it to the policies of role_policy_arns.
  dynamic "statement" {
    for_each = length(var.model.role_policy_arns) > 0 ? local.bounded_role_arns : []

    content {
      sid       = "AttachRolePolicies"
      actions   = ["iam:AttachRolePolicy", "iam:DetachRolePolicy"]
      resources = [statement.value]

      condition {
        test     = "StringEquals"
        variable = "iam:PermissionsBoundary"
        values   = [var.model.permissions_boundary]
      }

      condition {
        test     = "ArnEquals"
        variable = "iam:PolicyARN"
        values   = values(var.model.role_policy_arns)
      }
    }
  }

  # This is separate from WriteBoundedRole because the condition is on the boundary that the role gets, not on the one
  # that it has. So it allows only the one role of this module: another role NAME-* may have a narrower boundary.
  dynamic "statement" {
    for_each = length(local.bounded_role_arns) > 0 ? module.model[*].execution_role.arn : []

    content {
      sid       = "MoveRoleIntoBoundary"
      actions   = ["iam:PutRolePermissionsBoundary"]
      resources = [statement.value]

      condition {
        test     = "StringEquals"
        variable = "iam:PermissionsBoundary"
        values   = [var.model.permissions_boundary]
      }
    }
  }
}
