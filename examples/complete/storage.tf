data "aws_iam_policy_document" "bucket" {
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
    bucket_key_enabled = true # S3 calls KMS once for many objects.

    apply_server_side_encryption_by_default {
      kms_master_key_id = aws_kms_key.speech.arn
      sse_algorithm     = "aws:kms"
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
  policy = data.aws_iam_policy_document.bucket.json

  # AWS refuses two changes of a bucket's access at the same time.
  depends_on = [aws_s3_bucket_public_access_block.transcripts]
}
