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
