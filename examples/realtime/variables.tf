variable "image" {
  description = "URI of the inference image in ECR, with the model inside. Set either image or model_package_arn."
  type        = string
  default     = null
}

variable "inference_ami_version" {
  description = "Version of the AMI that the instances boot. The default has the driver that current GPU packages (CUDA 13) need."
  type        = string
  default     = "al2023-ami-sagemaker-inference-gpu-4-1"
  nullable    = false
}

variable "instance_pools" {
  description = <<-EOT
    Instance types in priority order, with equal max_concurrency. Every type needs endpoint quota in the region.
    - `instance_type`: SageMaker's name of the type.
    - `max_concurrency`: requests in flight that one instance of the type sustains within your latency objective. The 10 is a placeholder: measure your model (docs/measuring.md).
  EOT
  type = list(object({
    instance_type   = string
    max_concurrency = number
  }))
  default = [
    { instance_type = "ml.g6.2xlarge", max_concurrency = 10 },
    { instance_type = "ml.g6e.2xlarge", max_concurrency = 10 },
  ]
  nullable = false
}

variable "model_package_arn" {
  description = "ARN of the model package in the region, for example from an AWS Marketplace subscription. Set either model_package_arn or image."
  type        = string
  default     = null
}

variable "name" {
  description = "Prefix of all names."
  type        = string
  default     = "speech"
  nullable    = false
}

variable "region" {
  description = "AWS region. It must have heterogeneous instance pools if instance_pools has several types."
  type        = string
  nullable    = false
}
