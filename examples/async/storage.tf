data "aws_caller_identity" "current" {}

data "aws_iam_policy_document" "tls_only" {
  statement {
    sid       = "DenyWithoutTls"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.transcripts.arn, "${aws_s3_bucket.transcripts.arn}/*"]

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
}

# SageMaker reads requests from in/, and writes results to out/ and failures to failed/.
resource "aws_s3_bucket" "transcripts" {
  bucket        = "${var.name}-${data.aws_caller_identity.current.account_id}-${var.region}"
  force_destroy = true # A destroy deletes the files too. Leave this out for files that you want to keep.

  #checkov:skip=CKV_AWS_18:Access logs belong in a bucket of the account, which an example cannot know.
  #checkov:skip=CKV_AWS_21:Old versions would remain after the thirty days that the files are kept.
  #checkov:skip=CKV_AWS_144:The files are processed within the hour, so a copy in a second region has no use.
  #checkov:skip=CKV2_AWS_62:SageMaker notifies the topics of every result, so notifications of the bucket would repeat it.
  #checkov:skip=CKV_AWS_145:S3 encrypts the files with its own keys, free of charge; examples/complete has a KMS key.
}

resource "aws_s3_bucket_public_access_block" "transcripts" {
  bucket                  = aws_s3_bucket.transcripts.bucket
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "transcripts" {
  bucket = aws_s3_bucket.transcripts.bucket

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "transcripts" {
  bucket = aws_s3_bucket.transcripts.bucket

  rule {
    id     = "expire"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }

    expiration {
      days = 30
    }
  }
}

resource "aws_s3_bucket_policy" "transcripts" {
  bucket = aws_s3_bucket.transcripts.bucket
  policy = data.aws_iam_policy_document.tls_only.json

  # AWS refuses two changes of a bucket's access at the same time.
  depends_on = [aws_s3_bucket_public_access_block.transcripts]
}

resource "aws_sns_topic" "success" {
  name              = "${var.name}-success"
  kms_master_key_id = "alias/aws/sns"
}

resource "aws_sns_topic" "error" {
  name              = "${var.name}-error"
  kms_master_key_id = "alias/aws/sns"
}

# SageMaker publishes with the role of the model, so the topic policy need not allow it.
data "aws_iam_policy_document" "topic_tls_only" {
  for_each = { error = aws_sns_topic.error.arn, success = aws_sns_topic.success.arn }

  statement {
    sid       = "DenyWithoutTls"
    effect    = "Deny"
    actions   = ["sns:Publish"]
    resources = [each.value]

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
}

resource "aws_sns_topic_policy" "tls_only" {
  for_each = { error = aws_sns_topic.error.arn, success = aws_sns_topic.success.arn }

  arn    = each.value
  policy = data.aws_iam_policy_document.topic_tls_only[each.key].json
}
