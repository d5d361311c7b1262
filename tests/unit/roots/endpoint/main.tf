# A scaled endpoint in as few resources as there can be, for tests of the commands and not of the module.

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
  region = var.region
}

provider "awscc" {
  region = var.region
}

variable "image" {
  type = string
}

variable "region" {
  type = string
}

output "endpoint_name" {
  value = awscc_sagemaker_endpoint.this.endpoint_name
}

locals {
  instance_pools = [
    { instance_type = "ml.g6.2xlarge", max_concurrency = 10 },
    { instance_type = "ml.g6e.2xlarge", max_concurrency = 10 },
  ]
}

resource "aws_iam_role" "execution" {
  name = "speech-execution"
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
  name               = "speech"
  execution_role_arn = aws_iam_role.execution.arn

  primary_container {
    image = var.image
  }
}

resource "awscc_sagemaker_endpoint_config" "this" {
  endpoint_config_name = "speech"

  production_variants = [{
    variant_name           = "AllTraffic"
    model_name             = aws_sagemaker_model.this.name
    initial_instance_count = 1

    instance_pools = [for index, pool in local.instance_pools : {
      instance_type = pool.instance_type
      priority      = index + 1
    }]
  }]
}

resource "awscc_sagemaker_endpoint" "this" {
  endpoint_name        = "speech"
  endpoint_config_name = awscc_sagemaker_endpoint_config.this.endpoint_config_name
}

# As the module records it: what an instance sustains.
resource "terraform_data" "instance_pools" {
  input = local.instance_pools
}

resource "aws_appautoscaling_target" "this" {
  service_namespace  = "sagemaker"
  resource_id        = "endpoint/${awscc_sagemaker_endpoint.this.endpoint_name}/variant/AllTraffic"
  scalable_dimension = "sagemaker:variant:DesiredInstanceCount"
  min_capacity       = 1
  max_capacity       = 4
}

resource "aws_appautoscaling_policy" "this" {
  name               = "concurrency"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this.service_namespace
  resource_id        = aws_appautoscaling_target.this.resource_id
  scalable_dimension = aws_appautoscaling_target.this.scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value = 7.5

    predefined_metric_specification {
      predefined_metric_type = "SageMakerVariantConcurrentRequestsPerModelHighResolution"
    }
  }
}
