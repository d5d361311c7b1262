variable "instance_type" {
  description = "The instance type, such as `ml.g6.2xlarge`."
  type        = string
  nullable    = false
}

variable "instances" {
  description = "How many instances of the type the endpoints may have at most, with what an update adds."
  type        = number
  nullable    = false
}

variable "name" {
  description = "What the endpoints are called together. The warning names it."
  type        = string
  nullable    = false
}
