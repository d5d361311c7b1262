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
  description = "Version of the AMI of the instances. The default has the driver that current GPU packages (CUDA 13) need."
  type        = string
  default     = "al2023-ami-sagemaker-inference-gpu-4-1"
  nullable    = false
}

variable "name" {
  description = "Prefix of all names, which is followed by the region."
  type        = string
  default     = "multi-region"
  nullable    = false
}

variable "region" {
  description = "The first AWS region. It must offer heterogeneous instance pools, and quota for endpoints of both instance types."
  type        = string
  nullable    = false
}

variable "second_region" {
  description = "The second AWS region, with the same quota."
  type        = string
  nullable    = false

  validation {
    condition     = var.second_region != var.region
    error_message = "Name two different regions in region and second_region."
  }
}
