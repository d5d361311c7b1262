module "private" {
  source = "../.."

  name           = var.name
  instance_pools = var.instance_pools

  model = {
    image          = var.image
    model_data_url = var.model_data_url
    vpc_config = {
      # The id comes from the last rule of the group, not from the group. So the endpoint is created after the
      # connection to the services, and destroyed before it.
      security_group_ids = [aws_vpc_security_group_egress_rule.s3.security_group_id]
      subnets            = values(aws_subnet.private)[*].id
      vpc                = { id = aws_vpc.this.id } # a destroy waits for the network interfaces
    }
  }

  realtime = {
    capacity = { min = 1, max = 3 }
  }
}
