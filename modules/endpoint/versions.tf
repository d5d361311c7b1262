terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.0, < 7.0"
    }
    # The endpoint and its configuration: hashicorp/aws has no instance pools
    # and no retained variant properties (docs/decisions/0001).
    awscc = {
      source  = "hashicorp/awscc"
      version = ">= 1.100, < 2.0"
    }
  }
}
