# What stands around the module in the root of a team that has a network, a queue of results and a function.

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
  region = "eu-west-1"

  default_tags {
    tags = { team = "speech" }
  }
}

provider "awscc" {
  region = "eu-west-1"
}

variable "pending" {
  type    = bool
  default = true
}

data "aws_vpc" "main" {
  tags = { Name = "main" }
}

data "aws_subnets" "private" {
  region = "eu-west-1"

  filter {
    name   = "vpc-id"
    values = [data.aws_vpc.main.id]
  }
}

data "aws_iam_role" "operator" {
  name = "operator"
}

resource "aws_security_group" "model" {
  name_prefix = "nova-"
  vpc_id      = data.aws_vpc.main.id

  egress {
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_security_group_rule" "inside" {
  type              = "ingress"
  from_port         = 0
  to_port           = 65535
  protocol          = "tcp"
  self              = true
  security_group_id = aws_security_group.model.id
}

resource "aws_vpc_security_group_egress_rule" "https" {
  security_group_id = aws_security_group.model.id
  cidr_ipv4         = data.aws_vpc.main.cidr_block
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_ecr_repository" "model" {
  name                 = "nova"
  image_tag_mutability = "IMMUTABLE"

  image_scanning_configuration {
    scan_on_push = true
  }
}

resource "aws_cloudwatch_log_group" "results" {
  name              = "/aws/lambda/nova-results"
  retention_in_days = 30
}

resource "aws_sns_topic" "success" {
  name = "nova-success"
}

resource "aws_sqs_queue" "results" {
  name                    = "nova-results"
  sqs_managed_sse_enabled = true
}

resource "aws_sqs_queue_policy" "results" {
  queue_url = aws_sqs_queue.results.url
  policy    = jsonencode({ Version = "2012-10-17", Statement = [] })
}

resource "aws_sns_topic_subscription" "results" {
  topic_arn = aws_sns_topic.success.arn
  protocol  = "sqs"
  endpoint  = aws_sqs_queue.results.arn
}

resource "aws_iam_role" "results" {
  name = "nova-results"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy_attachment" "results" {
  role       = aws_iam_role.results.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole"
}

resource "aws_iam_instance_profile" "caller" {
  name = "nova-caller"
  role = data.aws_iam_role.operator.name
}

resource "aws_lambda_function" "results" {
  function_name = "nova-results"
  role          = aws_iam_role.results.arn
  package_type  = "Image"
  image_uri     = "${aws_ecr_repository.model.repository_url}:1"
  timeout       = 60

  environment {
    variables = { TABLE = "results" }
  }
}

resource "aws_lambda_permission" "results" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.results.function_name
  principal     = "sns.amazonaws.com"
  source_arn    = aws_sns_topic.success.arn
}

module "speech" {
  source = "../../../../../.."

  name = "nova-3"
  model = {
    image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/nova:1"
    vpc_config = {
      subnets            = data.aws_subnets.private.ids
      security_group_ids = [aws_security_group.model.id]
    }
  }
  instance_pools = [{ instance_type = "ml.g6.2xlarge", max_concurrency = 12 }]

  realtime = {
    capacity = { min = 2, max = 20 }
  }

  async = {
    capacity          = { min = 0, max = 5 }
    s3_output_path    = "s3://nova/out/"
    success_topic_arn = aws_sns_topic.success.arn
  }
}
