# Every CloudWatch, CloudWatch Logs, SNS and KMS type that the aws stand-in carries.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

provider "aws" {
  region = "us-east-1"
}

variable "description" {
  type    = string
  default = "nova"
}

variable "key" {
  type    = bool
  default = false
}

variable "region" {
  type    = string
  default = null
}

variable "retention" {
  type    = number
  default = 30
}

variable "tags" {
  type    = map(string)
  default = { owner = "ada" }
}

variable "threshold" {
  type    = number
  default = 5
}

data "aws_caller_identity" "this" {}

resource "aws_kms_key" "this" {
  description             = var.description
  enable_key_rotation     = true
  deletion_window_in_days = 7
  tags                    = var.tags
}

resource "aws_kms_alias" "this" {
  name          = "alias/nova"
  target_key_id = aws_kms_key.this.arn
}

resource "aws_sns_topic" "this" {
  name         = "nova"
  display_name = var.description
  tags         = var.tags
}

resource "aws_sns_topic" "elsewhere" {
  name_prefix = "nova-"
  region      = var.region
}

resource "aws_sns_topic_policy" "this" {
  arn = aws_sns_topic.this.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Publish"
      Effect    = "Allow"
      Principal = { Service = "sagemaker.amazonaws.com" }
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.this.arn
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.this.account_id } }
    }]
  })
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/sagemaker/Endpoints/nova"
  retention_in_days = var.retention
  kms_key_id        = var.key ? aws_kms_key.this.arn : null
  tags              = var.tags
}

resource "aws_cloudwatch_log_group" "prefixed" {
  name_prefix = "nova-"
}

resource "aws_cloudwatch_metric_alarm" "metric" {
  alarm_name          = "nova-metric"
  alarm_description   = var.description
  namespace           = "AWS/SageMaker"
  metric_name         = "FirstChunkLatency"
  dimensions          = { EndpointName = "nova", VariantName = "AllTraffic" }
  extended_statistic  = "p99"
  period              = 60
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  threshold           = var.threshold
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.this.arn]
  ok_actions          = [aws_sns_topic.this.arn]
  tags                = var.tags
}

resource "aws_cloudwatch_metric_alarm" "math" {
  alarm_name          = "nova-math"
  evaluation_periods  = 3
  threshold           = 0.9
  comparison_operator = "GreaterThanThreshold"

  metric_query {
    id          = "utilization"
    expression  = "concurrency / 12"
    label       = "utilization"
    return_data = true
  }

  metric_query {
    id = "concurrency"

    metric {
      namespace   = "AWS/SageMaker"
      metric_name = "ConcurrentRequestsPerModel"
      dimensions  = { EndpointName = "nova", VariantName = "AllTraffic" }
      period      = 60
      stat        = "Maximum"
    }
  }
}

resource "aws_cloudwatch_composite_alarm" "this" {
  alarm_name = "nova"
  alarm_rule = "ALARM(${aws_cloudwatch_metric_alarm.metric.alarm_name}) OR ALARM(${aws_cloudwatch_metric_alarm.math.alarm_name})"
  tags       = var.tags
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = "nova"
  dashboard_body = jsonencode({
    widgets = [{
      type       = "text"
      x          = 0
      y          = 0
      width      = 6
      height     = 3
      properties = { markdown = var.description }
    }]
  })
}
