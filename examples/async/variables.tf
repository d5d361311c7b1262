variable "image" {
  description = "URI of the inference image in ECR, which contains its model. Give this or model_package_arn."
  type        = string
  default     = null
}

variable "inference_ami_version" {
  description = "Version of the AMI of the instances. The default has the driver that current GPU packages (CUDA 13) need."
  type        = string
  default     = "al2023-ami-sagemaker-inference-gpu-4-1"
  nullable    = false
}

variable "model_package_arn" {
  description = "ARN of the model package in the region, for example from an AWS Marketplace subscription. Give this or image."
  type        = string
  default     = null
}

variable "name" {
  description = "Prefix of all names."
  type        = string
  default     = "transcripts"
  nullable    = false
}

variable "region" {
  description = "AWS region. It must offer heterogeneous instance pools, and quota for endpoints of both instance types."
  type        = string
  nullable    = false
}
