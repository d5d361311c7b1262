locals {
  # The alarms of the module, whose names begin with those of its endpoints.
  alarm_arns = "arn:${data.aws_partition.current.partition}:cloudwatch:${var.region}:${data.aws_caller_identity.current.account_id}:alarm:${var.name}-*"
  topics     = toset(["alarms", "error", "success"])
}

data "aws_iam_policy_document" "topic" {
  for_each = local.topics

  statement {
    sid       = "DenyWithoutTls"
    effect    = "Deny"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.this[each.key].arn]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }

  # CloudWatch publishes as a service. SageMaker publishes with the role of the model, so the topic policy need not
  # allow it.
  dynamic "statement" {
    for_each = each.key == "alarms" ? [true] : []

    content {
      sid       = "PublishAlarms"
      actions   = ["sns:Publish"]
      resources = [aws_sns_topic.this[each.key].arn]

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
}

# CloudWatch cannot publish to a topic under alias/aws/sns, so the topics have a key of their own.
resource "aws_sns_topic" "this" {
  for_each = local.topics

  name              = "${var.name}-${each.key}"
  kms_master_key_id = aws_kms_key.speech.arn
}

resource "aws_sns_topic_policy" "this" {
  for_each = local.topics

  arn    = aws_sns_topic.this[each.key].arn
  policy = data.aws_iam_policy_document.topic[each.key].json
}
