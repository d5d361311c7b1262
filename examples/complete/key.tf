data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  log_group_arns = "arn:${data.aws_partition.current.partition}:logs:${var.region}:${data.aws_caller_identity.current.account_id}:log-group:/aws/sagemaker/Endpoints/${var.name}-*"
}

data "aws_iam_policy_document" "key" {
  #checkov:skip=CKV_AWS_109:The account of a key must be able to manage it; who may do so is said by its IAM policies.
  #checkov:skip=CKV_AWS_111:The account of a key must be able to write with it; who may do so is said by its IAM policies.
  #checkov:skip=CKV_AWS_356:In the policy of a key the one resource is the key, which AWS writes as a star.

  statement {
    sid       = "OwnAccount"
    actions   = ["kms:*"]
    resources = ["*"] # The key itself: a key policy knows no other resource.

    principals {
      type        = "AWS"
      identifiers = ["arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root"]
    }
  }

  # CloudWatch Logs encrypts in its own name, for the log groups of the endpoints only.
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
    resources = ["*"] # The key itself: a key policy knows no other resource.

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
    resources = ["*"] # The key itself: a key policy knows no other resource.

    principals {
      type        = "Service"
      identifiers = ["logs.${var.region}.amazonaws.com"]
    }
  }

  # An alarm has no role of its own to publish to an encrypted topic with.
  statement {
    sid       = "PublishAlarms"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = ["*"] # The key itself: a key policy knows no other resource.

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

# One key for the bucket, the results, the logs and the topics. The volumes have none: the instance types store on local NVMe,
# which the hardware encrypts, and SageMaker refuses a key for it.
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
