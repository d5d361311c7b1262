# Every type of Application Auto Scaling and SageMaker that the aws stand-in carries, in all its forms.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
    awscc = {
      source = "hashicorp/awscc"
    }
  }
}

provider "aws" {
  region = "us-east-1"

  default_tags {
    tags = { team = "speech" }
  }
}

provider "awscc" {
  region = "us-east-1"
}

variable "endpoint" {
  type    = string
  default = "nova"
}

variable "image" {
  type    = string
  default = "123456789012.dkr.ecr.us-east-1.amazonaws.com/nova:1"
}

variable "max" {
  type    = number
  default = 4
}

variable "tags" {
  type    = map(string)
  default = { owner = "ada" }
}

variable "target" {
  type    = number
  default = 5
}

locals {
  variant = {
    service_namespace  = aws_appautoscaling_target.this.service_namespace
    resource_id        = aws_appautoscaling_target.this.resource_id
    scalable_dimension = aws_appautoscaling_target.this.scalable_dimension
  }
}

resource "aws_iam_role" "this" {
  name = "${var.endpoint}-execution"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "sagemaker.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_sagemaker_model" "this" {
  name               = "${var.endpoint}-model"
  execution_role_arn = aws_iam_role.this.arn
  tags               = var.tags

  primary_container {
    image          = var.image
    model_data_url = "s3://acme-models/nova.tar.gz"
    environment    = { LOG_LEVEL = "info" }
  }

  vpc_config {
    subnets            = ["subnet-2", "subnet-1"]
    security_group_ids = ["sg-1"]
  }
}

resource "awscc_sagemaker_endpoint_config" "this" {
  endpoint_config_name = "${var.endpoint}-config"

  production_variants = [{
    variant_name           = "AllTraffic"
    model_name             = aws_sagemaker_model.this.name
    instance_type          = "ml.g6.2xlarge"
    initial_instance_count = 1
  }]
}

resource "awscc_sagemaker_endpoint" "this" {
  endpoint_name        = var.endpoint
  endpoint_config_name = awscc_sagemaker_endpoint_config.this.endpoint_config_name
}

# The same by hashicorp/aws' own types.
resource "aws_sagemaker_endpoint_configuration" "native" {
  name_prefix = "${var.endpoint}-native-"
  tags        = var.tags

  production_variants {
    model_name             = aws_sagemaker_model.this.name
    instance_type          = "ml.g6.2xlarge"
    initial_instance_count = var.max - 2

    routing_config {
      routing_strategy = "RANDOM"
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_sagemaker_endpoint" "native" {
  name                 = "${var.endpoint}-native"
  endpoint_config_name = aws_sagemaker_endpoint_configuration.native.name
  tags                 = var.tags
}

resource "aws_appautoscaling_target" "this" {
  service_namespace  = "sagemaker"
  resource_id        = "endpoint/${awscc_sagemaker_endpoint.this.endpoint_name}/variant/AllTraffic"
  scalable_dimension = "sagemaker:variant:DesiredInstanceCount"
  min_capacity       = 1
  max_capacity       = var.max
  tags               = var.tags
}

resource "aws_appautoscaling_policy" "predefined" {
  name               = "predefined"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = local.variant.service_namespace
  resource_id        = local.variant.resource_id
  scalable_dimension = local.variant.scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value       = var.target
    scale_in_cooldown  = 300
    scale_out_cooldown = 60

    predefined_metric_specification {
      predefined_metric_type = "SageMakerVariantConcurrentRequestsPerModelHighResolution"
    }
  }
}

resource "aws_appautoscaling_policy" "metric" {
  name               = "metric"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = local.variant.service_namespace
  resource_id        = local.variant.resource_id
  scalable_dimension = local.variant.scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value     = 0.5
    disable_scale_in = true

    customized_metric_specification {
      namespace   = "AWS/SageMaker"
      metric_name = "ApproximateBacklogSizePerInstance"
      statistic   = "Average"

      dimensions {
        name  = "EndpointName"
        value = awscc_sagemaker_endpoint.this.endpoint_name
      }
    }
  }
}

resource "aws_appautoscaling_policy" "math" {
  name               = "math"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = local.variant.service_namespace
  resource_id        = local.variant.resource_id
  scalable_dimension = local.variant.scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value = 48 * 0.6 # to Terraform slightly more than 28.8, and an API only has floats

    customized_metric_specification {
      metrics {
        id         = "utilization"
        expression = "g6 / 12"
        label      = "utilization"
      }

      metrics {
        id          = "g6"
        return_data = false

        metric_stat {
          stat = "Maximum"

          metric {
            namespace   = "AWS/SageMaker"
            metric_name = "ConcurrentRequestsPerModel"

            dimensions {
              name  = "VariantName"
              value = "AllTraffic"
            }

            dimensions {
              name  = "EndpointName"
              value = awscc_sagemaker_endpoint.this.endpoint_name
            }
          }
        }
      }
    }
  }
}

resource "aws_appautoscaling_policy" "step" {
  name               = "step"
  service_namespace  = local.variant.service_namespace
  resource_id        = local.variant.resource_id
  scalable_dimension = local.variant.scalable_dimension

  step_scaling_policy_configuration {
    adjustment_type         = "ChangeInCapacity"
    metric_aggregation_type = "Average"

    step_adjustment {
      metric_interval_lower_bound = 10.5
      scaling_adjustment          = 2
    }

    step_adjustment {
      metric_interval_lower_bound = 0
      metric_interval_upper_bound = 10.5
      scaling_adjustment          = 1
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "step" {
  alarm_name          = "${var.endpoint}-step"
  namespace           = "AWS/SageMaker"
  metric_name         = "HasBacklogWithoutCapacity"
  dimensions          = { EndpointName = awscc_sagemaker_endpoint.this.endpoint_name }
  statistic           = "Average"
  period              = 60
  evaluation_periods  = 2
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  alarm_actions       = [aws_appautoscaling_policy.step.arn]
}

resource "aws_appautoscaling_scheduled_action" "morning" {
  name               = "morning"
  service_namespace  = local.variant.service_namespace
  resource_id        = local.variant.resource_id
  scalable_dimension = local.variant.scalable_dimension
  schedule           = "cron(30 7 ? * MON-FRI *)"
  timezone           = "Europe/Berlin"
  start_time         = "2037-01-01T00:00:00+01:00"

  scalable_target_action {
    min_capacity = 2
  }
}
