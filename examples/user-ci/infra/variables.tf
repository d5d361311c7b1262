variable "batch_instances" {
  description = "Maximum instances of the asynchronous endpoint for recordings."
  type        = number
  nullable    = false
}

variable "image" {
  description = "URI of the inference image in ECR, with the model inside."
  type        = string
  nullable    = false
}

variable "live_capacity" {
  description = "Minimum (`min`) and maximum (`max`) instances of the real-time endpoint, over both types together."
  type = object({
    max = number
    min = number
  })
  nullable = false
}

variable "name" {
  description = "Prefix of all names."
  type        = string
  default     = "speech"
  nullable    = false
}

variable "opening_instances" {
  description = "Minimum instances of the real-time endpoint during office hours, Monday to Friday."
  type        = number
  nullable    = false
}

variable "region" {
  description = "AWS region of all resources."
  type        = string
  default     = "eu-central-1"
  nullable    = false
}

variable "results_path" {
  description = "S3 URI under which the asynchronous endpoint writes its results. The bucket must exist."
  type        = string
  nullable    = false
}
