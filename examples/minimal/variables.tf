variable "image" {
  description = "URI of another inference image in ECR. Null for AWS's image with PyTorch and transformers."
  type        = string
  default     = null
}

variable "instance_pools" {
  description = <<-EOT
    Instance types in priority order. Every type needs endpoint quota in the region.
    - `instance_type`: SageMaker's name of the type.
    - `max_concurrency`: requests in flight that one instance of the type sustains within your latency objective: the highest level that passed a load test (docs/measuring.md).
  EOT
  type = list(object({
    instance_type   = string
    max_concurrency = number
  }))
  default  = [{ instance_type = "ml.m5.xlarge", max_concurrency = 4 }]
  nullable = false
}

variable "name" {
  description = "Prefix of all names."
  type        = string
  default     = "minimal"
  nullable    = false
}

variable "region" {
  description = "AWS region. Several entries in instance_pools need a region with heterogeneous instance pools; one entry works in any region."
  type        = string
  default     = "us-east-1"
  nullable    = false
}
