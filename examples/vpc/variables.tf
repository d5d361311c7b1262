variable "availability_zones" {
  description = "Two Availability Zones that offer the instance type. Null for the zones a and b of the region, which some accounts do not have."
  type        = list(string)
  default     = null

  validation {
    condition     = var.availability_zones == null ? true : length(distinct(var.availability_zones)) == 2
    error_message = "Set availability_zones to two different zones: SageMaker asks for subnets in two zones."
  }
}

variable "image" {
  description = "URI of the inference image in ECR. The container must start without internet access."
  type        = string
  nullable    = false
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

variable "model_data_url" {
  description = "S3 URI of the model archive. Null if the image contains the model."
  type        = string
  default     = null
}

variable "name" {
  description = "Prefix of all names."
  type        = string
  default     = "private"
  nullable    = false
}

variable "region" {
  description = "AWS region of the VPC and the endpoint."
  type        = string
  nullable    = false
}
