terraform {
  # Terraform 1.16.0 skips destroys that it has planned (hashicorp/terraform issue 39076, fixed by 39091).
  required_version = ">= 1.9, != 1.16.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.22, < 7.0"
    }
    awscc = {
      source  = "hashicorp/awscc"
      version = ">= 1.100, < 2.0"
    }
  }
}

provider "aws" {
  region = var.region
}

provider "awscc" {
  region = var.region
}
