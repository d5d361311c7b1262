variable "image" {
  description = "URI of another inference image in ECR. Null for AWS's image with PyTorch and transformers."
  type        = string
  default     = null
}

variable "instance_pools" {
  description = <<-EOT
    Instance types in priority order. Every type needs endpoint quota in the region.
    - `instance_type`: SageMaker's name of the type.
    - `max_concurrency`: the most requests in flight with which one such instance keeps your latency objective: the last level that held in a load test (docs/measuring.md).
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
  description = "AWS region. One entry in instance_pools works in any; several need a region with heterogeneous instance pools."
  type        = string
  default     = "us-east-1"
  nullable    = false
}
