variable "environment" {
  description = "Environment variables of the container. Leave it empty for packages that accept none."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "family" {
  description = "Product family of the package: `nova-3`, `flux`, `aura-2` or `flux-tts`. It decides the instance types."
  type        = string
  default     = "nova-3"
  nullable    = false

  validation {
    condition     = contains(["aura-2", "flux", "flux-tts", "nova-3"], var.family)
    error_message = "Set family to nova-3, flux, aura-2 or flux-tts. For another package set instance_types."
  }
}

variable "inference_ami_version" {
  description = "Version of the AMI that the instances boot. The default has the driver that current GPU packages (CUDA 13) need."
  type        = string
  default     = "al2023-ami-sagemaker-inference-gpu-4-1"
  nullable    = false
}

variable "instance_types" {
  description = "Instance types in priority order, instead of those of the family: types that the package lists and that you have quota for."
  type        = list(string)
  default     = null
}

variable "max_concurrency" {
  description = "Requests and streams in flight that one instance sustains within your latency objective, by instance type: the highest level that passed a load test (docs/measuring.md). Types without an entry get 10, a placeholder."
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
  description = "Compares the account's endpoint quota with the most instances that the endpoint may have, and warns if it is too low. Needs permission to read service quotas."
  type        = bool
  default     = false
  nullable    = false
}

variable "region" {
  description = "AWS region. It must have heterogeneous instance pools, and your account needs endpoint quota there for every instance type."
  type        = string
  nullable    = false
}
