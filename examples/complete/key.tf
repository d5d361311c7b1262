data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  log_group_arns = "arn:${data.aws_partition.current.partition}:logs:${var.region}:${data.aws_caller_identity.current.account_id}:log-group:/aws/sagemaker/Endpoints/${var.name}-*"
}

data "aws_iam_policy_document" "key" {
  #checkov:skip=CKV_AWS_109:The account must be able to manage its key; IAM policies decide who may.
  #checkov:skip=CKV_AWS_111:The account must be able to use its key; IAM policies decide who may.
  #checkov:skip=CKV_AWS_356:In a key policy, the resource * is the key itself.

  statement {
    sid       = "OwnAccount"
    actions   = ["kms:*"]
    resources = ["*"] # In a key policy this is the key itself.

    principals {
      type        = "AWS"
      identifiers = ["arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root"]
    }
  }

  # CloudWatch Logs uses the key as a service, only for the log groups of the endpoints.
  statement {
    sid = "EncryptLogs"
    actions = [
      "kms:Decrypt",
      "kms:Encrypt",
      "kms:GenerateDataKey",
      "kms:GenerateDataKeyWithoutPlaintext",
      "kms:ReEncryptFrom",
      "kms:ReEncryptTo",
    ]
    resources = ["*"] # In a key policy this is the key itself.

    principals {
      type        = "Service"
      identifiers = ["logs.${var.region}.amazonaws.com"]
    }

    condition {
      test     = "ArnLike"
      variable = "kms:EncryptionContext:aws:logs:arn"
      values   = [local.log_group_arns]
    }
  }

  statement {
    sid       = "LookUpKey"
    actions   = ["kms:DescribeKey"]
    resources = ["*"] # In a key policy this is the key itself.

    principals {
      type        = "Service"
      identifiers = ["logs.${var.region}.amazonaws.com"]
    }
  }

  # CloudWatch has no role when it publishes to an encrypted topic, so the key policy allows the service.
  statement {
    sid       = "PublishAlarms"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = ["*"] # In a key policy this is the key itself.

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = [local.alarm_arns]
    }
  }
}

# One key for the bucket, the results, the logs and the topics. The volumes have no key: the instance types have local
# NVMe storage, which the hardware encrypts, and SageMaker refuses a key for them.
resource "aws_kms_key" "speech" {
  description             = "Files, results and notifications of ${var.name}"
  deletion_window_in_days = 7
  enable_key_rotation     = true
  policy                  = data.aws_iam_policy_document.key.json
}

resource "aws_kms_alias" "speech" {
  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.speech.key_id
}
