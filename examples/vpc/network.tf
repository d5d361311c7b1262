# A VPC without internet access, with VPC endpoints of the AWS services that a container may need.

resource "aws_vpc" "this" {
  cidr_block           = "10.0.0.0/16"
  enable_dns_hostnames = true # resolves the names of the services to the endpoints below
  tags                 = { Name = var.name }

  #checkov:skip=CKV2_AWS_11:Flow logs belong in a log of the account, which an example cannot know.
  #checkov:skip=CKV2_AWS_12:Nothing uses the default group: everything here has a group of its own.
}

resource "aws_subnet" "private" {
  for_each = toset(slice(coalesce(var.availability_zones, ["${var.region}a", "${var.region}b"]), 0, 2))

  vpc_id            = aws_vpc.this.id
  availability_zone = each.value
  cidr_block        = cidrsubnet(aws_vpc.this.cidr_block, 8, index(["a", "b", "c", "d", "e", "f"], substr(each.value, -1, 1)))
  tags              = { Name = "${var.name}-${each.value}" }

  # AWS cannot delete a subnet, like a group, before the network interfaces in it.
  timeouts {
    delete = "60m"
  }
}

resource "aws_security_group" "model" {
  name_prefix = "${var.name}-model-"
  description = "Instances of the endpoint: outbound to AWS services in the VPC, no inbound."
  vpc_id      = aws_vpc.this.id

  #checkov:skip=CKV2_AWS_5:The module attaches it to the endpoint's instances.

  timeouts {
    delete = "60m"
  }

  lifecycle {
    create_before_destroy = true # the endpoint uses the old group until it has moved
  }
}

resource "aws_security_group" "services" {
  name_prefix = "${var.name}-services-"
  description = "Endpoints of AWS services in the VPC."
  vpc_id      = aws_vpc.this.id
}

resource "aws_vpc_security_group_egress_rule" "services" {
  security_group_id            = aws_security_group.model.id
  description                  = "HTTPS to the endpoints of AWS services."
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.services.id
}

resource "aws_vpc_security_group_egress_rule" "s3" {
  security_group_id = aws_security_group.model.id
  description       = "HTTPS to S3, through its gateway endpoint."
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  prefix_list_id    = aws_vpc_endpoint.s3.prefix_list_id

  depends_on = [
    aws_vpc_endpoint.services,
    aws_vpc_security_group_egress_rule.services,
    aws_vpc_security_group_ingress_rule.model,
  ]
}

resource "aws_vpc_security_group_ingress_rule" "model" {
  security_group_id            = aws_security_group.services.id
  description                  = "HTTPS from the instances of the endpoint."
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.model.id
}

# ECR stores image layers in S3, so this is needed for images too.
resource "aws_vpc_endpoint" "s3" {
  vpc_id          = aws_vpc.this.id
  service_name    = "com.amazonaws.${var.region}.s3"
  route_table_ids = [aws_vpc.this.main_route_table_id]
}

resource "aws_vpc_endpoint" "services" {
  for_each = toset(["ecr.api", "ecr.dkr", "logs", "monitoring", "sts"])

  vpc_id              = aws_vpc.this.id
  service_name        = "com.amazonaws.${var.region}.${each.value}"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  security_group_ids  = [aws_security_group.services.id]
  subnet_ids          = values(aws_subnet.private)[*].id
}
