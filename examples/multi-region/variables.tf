variable "images" {
  description = "URI of the inference image by region. SageMaker pulls an image only from ECR in the region of the endpoint."
  type        = map(string)
  nullable    = false

  validation {
    condition     = alltrue([for region in [var.region, var.second_region] : contains(keys(var.images), region)])
    error_message = "Add the image of each region in use to images: ECR copies a repository to other regions by replication."
  }
}

variable "inference_ami_version" {
  description = "Version of the AMI that the instances boot. The default has the driver that current GPU packages (CUDA 13) need."
  type        = string
  default     = "al2023-ami-sagemaker-inference-gpu-4-1"
  nullable    = false
}

variable "name" {
  description = "Prefix of all names; the region follows it."
  type        = string
  default     = "multi-region"
  nullable    = false
}

variable "region" {
  description = "The first AWS region. It must have heterogeneous instance pools, and your account needs endpoint quota there for both instance types."
  type        = string
  nullable    = false
}

variable "second_region" {
  description = "The second AWS region, which needs the same."
  type        = string
  nullable    = false

  validation {
    condition     = var.second_region != var.region
    error_message = "Set region and second_region to two different regions."
  }
}
