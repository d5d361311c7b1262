variable "environment" {
  description = "Environment variables of the container. Leave it empty for packages that accept none."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "family" {
  description = "Product family of the package, which sets the instance types: `nova-3`, `flux`, `aura-2` or `flux-tts`."
  type        = string
  default     = "nova-3"
  nullable    = false

  validation {
    condition     = contains(["aura-2", "flux", "flux-tts", "nova-3"], var.family)
    error_message = "Set family to nova-3, flux, aura-2 or flux-tts. For another package set instance_types."
  }
}

variable "inference_ami_version" {
  description = "Version of the AMI of the instances. The default has the driver that current GPU packages (CUDA 13) need."
  type        = string
  default     = "al2023-ami-sagemaker-inference-gpu-4-1"
  nullable    = false
}

variable "instance_types" {
  description = "Instance types in priority order, to replace those of the family. Give types that the package lists and that you have quota for."
  type        = list(string)
  default     = null
}

variable "max_concurrency" {
  description = "The most requests and streams in flight with which one instance keeps your latency objective, by instance type: the last level that held in a load test (docs/measuring.md). A type that is left out gets 10, which is a placeholder."
  type        = map(number)
  default     = {}
  nullable    = false
}

variable "model_package_arns" {
  description = "ARN of the model package by region, as AWS Marketplace lists them for your subscription."
  type        = map(string)
  nullable    = false

  validation {
    condition     = contains(keys(var.model_package_arns), var.region)
    error_message = "Add the ARN for the region in use to model_package_arns: a model package works in its own region only."
  }
}

variable "name" {
  description = "Prefix of all names."
  type        = string
  default     = "marketplace"
  nullable    = false
}

variable "quota_check" {
  description = "Compares the account's endpoint quota with what the endpoint may use, and warns. Needs the right to read service quotas."
  type        = bool
  default     = false
  nullable    = false
}

variable "region" {
  description = "AWS region. It must offer heterogeneous instance pools, and quota for endpoints of every instance type."
  type        = string
  nullable    = false
}
