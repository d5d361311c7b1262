variable "instance_type" {
  description = "The instance type, such as `ml.g6.2xlarge`."
  type        = string
  nullable    = false
}

variable "instances" {
  description = "Most instances of the type that the endpoints may have, including those that an update adds."
  type        = number
  nullable    = false
}

variable "name" {
  description = "Common name of the endpoints, for the warning."
  type        = string
  nullable    = false
}
