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

# Requests are read from in/, results and failures are written to out/ and failed/.
resource "aws_s3_bucket" "transcripts" {
  bucket        = "${var.name}-${data.aws_caller_identity.current.account_id}-${var.region}"
  force_destroy = true # An example: destroy takes the files along. Leave it out for files you want to keep.

  #checkov:skip=CKV_AWS_18:Access logs belong in the account's own bucket for them, which an example cannot know.
  #checkov:skip=CKV_AWS_21:Versions would outlive the thirty days after which the files are meant to be gone.
  #checkov:skip=CKV_AWS_144:The files are worked through within the hour; a copy in a second region doubles what must be deleted.
  #checkov:skip=CKV2_AWS_62:SageMaker tells the topics of every result; notifications of the bucket would repeat it.
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
    bucket_key_enabled = true # One call to the key for many objects.

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
