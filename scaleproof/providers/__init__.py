"""Stand-ins for the providers hashicorp/aws and hashicorp/awscc, served to a real Terraform."""
