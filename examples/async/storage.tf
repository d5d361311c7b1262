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

# Requests are read from in/, results and failures are written to out/ and failed/.
resource "aws_s3_bucket" "transcripts" {
  bucket        = "${var.name}-${data.aws_caller_identity.current.account_id}-${var.region}"
  force_destroy = true # An example: destroy takes the files along. Leave it out for files you want to keep.

  #checkov:skip=CKV_AWS_18:Access logs belong in the account's own bucket for them, which an example cannot know.
  #checkov:skip=CKV_AWS_21:Versions would outlive the thirty days after which the files are meant to be gone.
  #checkov:skip=CKV_AWS_144:The files are worked through within the hour; a copy in a second region doubles what must be deleted.
  #checkov:skip=CKV2_AWS_62:SageMaker tells the topics of every result; notifications of the bucket would repeat it.
  #checkov:skip=CKV_AWS_145:S3's own keys encrypt the files and cost nothing; examples/complete has a key of one's own.
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

# SageMaker publishes with the model's role, which needs no leave here.
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
