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

variable "model_package_arn" {
  description = "ARN of the model package in the region, for example from an AWS Marketplace subscription. Set either model_package_arn or image."
  type        = string
  default     = null
}

variable "name" {
  description = "Prefix of all names."
  type        = string
  default     = "mixed-fleet"
  nullable    = false
}

variable "region" {
  description = "AWS region. It must have heterogeneous instance pools, and your account needs endpoint quota there for all three instance types."
  type        = string
  nullable    = false
}
