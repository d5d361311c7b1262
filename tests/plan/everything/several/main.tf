# A real-time endpoint with several models in a container of a private registry, and a role of the module's with more than it needs.

provider "aws" {
  region = "us-east-1"
}

provider "awscc" {
  region = "us-east-1"
}

module "it" {
  source = "../../../.."

  instance_pools = [{ instance_type = "ml.g6.2xlarge", max_concurrency = 12 }]
  model = {
    image = "registry.acme.example/speech:1.4"
    image_config = {
      repository_access_mode = "Vpc"
      repository_auth_config = { repository_credentials_provider_arn = "arn:aws:lambda:us-east-1:123456789012:function:login" }
    }
    mode                 = "MultiModel"
    model_data_url       = "s3://acme-models/speech/"
    multi_model_config   = { model_cache_setting = "Disabled" }
    permissions_boundary = "arn:aws:iam::123456789012:policy/speech-boundary"
    role_name            = "speech-runs"
    role_path            = "/speech/"
    role_policy_arns     = { reads = "arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess" }
    role_policy_statements = [
      {
        actions   = ["dynamodb:PutItem"]
        condition = [{ test = "StringEquals", values = ["123456789012"], variable = "aws:ResourceAccount" }]
        effect    = "Deny"
        resources = ["arn:aws:dynamodb:us-east-1:123456789012:table/speech"]
        sid       = "WriteNoTables"
      },
    ]
    vpc_config = { security_group_ids = ["sg-2"], subnets = ["subnet-3"], vpc = { id = "vpc-4" } }
  }
  name     = "speech"
  realtime = { capacity = { max = 4, min = 1 } }
}
