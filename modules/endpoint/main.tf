data "aws_caller_identity" "current" {}

data "aws_default_tags" "provider" {}

data "aws_region" "current" {}

locals {
  instance_types = var.instance_pools[*].instance_type

  # The instance types are the key of configuration and revision. If a change of types fails, the old configuration is
  # untouched and serves on when the old types return (docs/decisions/0009). The hash in the name of a configuration
  # begins with types_hash: the name is the only thing from which a plan can tell the types in use.
  types      = join(" ", local.instance_types)
  types_hash = substr(sha256(local.types), 0, 3)

  # Types with local NVMe storage, which is fixed in size and encrypted by hardware. SageMaker refuses a volume key for
  # them (KmsKeyId of CreateEndpointConfig).
  nvme_types = [
    for type in local.instance_types : type
    if can(regex("^ml\\.(g4dn|g5|g6|g6e|g7|g7e|p4de?|p5[a-z]*|p6[a-z0-9-]*|trn[0-9][a-z]*|dl1|[cmr][0-9][a-z]*d[a-z]*)\\.", type))
  ]

  # SageMaker takes one type as InstanceType and several as InstancePools, never both (docs/decisions/0007).
  single_pool = one(slice(var.instance_pools, 0, length(var.instance_pools) == 1 ? 1 : 0))
  pools = length(var.instance_pools) < 2 ? null : [
    for index, pool in var.instance_pools : {
      instance_type       = pool.instance_type
      model_name_override = pool.model_name_override
      priority            = index + 1
    }
  ]

  # awscc has no default_tags, so those of the aws provider are added here. An empty list would show as a change on
  # every plan, because awscc reads it back as null.
  all_tags = { for key, value in merge(data.aws_default_tags.provider.tags, var.tags) : key => value if !contains(var.exclude_endpoint_tags, key) }
  tags     = length(local.all_tags) == 0 ? null : [for key in sort(keys(local.all_tags)) : { key = key, value = local.all_tags[key] }]

  variant = {
    capacity_reservation_config                       = var.variant.capacity_reservation_config
    container_startup_health_check_timeout_in_seconds = var.variant.container_startup_timeout
    core_dump_config                                  = var.variant.core_dump_config
    enable_ssm_access                                 = var.variant.enable_ssm_access
    inference_ami_version                             = var.variant.inference_ami_version
    initial_variant_weight                            = 1
    instance_pools                                    = local.pools
    instance_type                                     = one(local.single_pool[*].instance_type)
    model_data_download_timeout_in_seconds            = var.variant.model_data_download_timeout
    model_name                                        = coalesce(one(local.single_pool[*].model_name_override), var.variant.model_name)
    routing_config                                    = one([for strategy in var.variant.routing_strategy[*] : { routing_strategy = strategy }])
    variant_instance_provision_timeout_in_seconds     = local.pools == null ? null : var.variant.provision_timeout
    variant_name                                      = var.variant.variant_name
    volume_size_in_gb                                 = var.variant.volume_size_in_gb
  }

  async_inference_config = one([
    for async in var.async_inference[*] : {
      client_config = one([
        for count in async.max_concurrent_invocations_per_instance[*] : { max_concurrent_invocations_per_instance = count }
      ])
      output_config = {
        kms_key_id      = async.output_kms_key_id
        s3_failure_path = async.s3_failure_path
        s3_output_path  = async.s3_output_path
        notification_config = async.success_topic_arn == null && async.error_topic_arn == null ? null : {
          error_topic                   = async.error_topic_arn
          include_inference_response_in = length(async.include_inference_response_in) == 0 ? null : async.include_inference_response_in
          success_topic                 = async.success_topic_arn
        }
      }
    }
  ])

  data_capture_config = one([
    for capture in var.data_capture[*] : {
      capture_options             = [for mode in capture.modes : { capture_mode = mode }]
      destination_s3_uri          = capture.destination_s3_uri
      enable_capture              = true
      initial_sampling_percentage = capture.initial_sampling_percentage
      kms_key_id                  = capture.kms_key_id
    }
  ])

  # A configuration is immutable, and the endpoint sees a new one only by its name. So new content makes a new revision,
  # and the revision makes a new name (docs/decisions/0014). The initial count is not content: a change of capacity must
  # not replace the fleet.
  content = {
    async_inference_config = local.async_inference_config
    data_capture_config    = local.data_capture_config
    metrics_config         = var.metrics_config
    variant                = local.variant
    volume_kms_key_id      = var.variant.volume_kms_key_id
  }

  # Null and empty members are left out of the hash (content.tftpl). It is part of names and so never sensitive, even if
  # a value is; docs/traps.md says what its eight digits reveal of a short secret.
  content_hash = nonsensitive(substr(sha256(templatefile("${path.module}/content.tftpl", { content = local.content })), 0, 8))
}

# This resource keeps the time of the plan that last changed the content. The time is known at plan. It also differs
# when earlier content returns, whose old configuration may still exist after a failed update.
resource "terraform_data" "revision" {
  for_each = toset([local.types])

  input            = plantimestamp()
  triggers_replace = local.content_hash

  lifecycle {
    ignore_changes = [input]
  }
}

resource "awscc_sagemaker_endpoint_config" "this" {
  for_each = toset([local.types])

  endpoint_config_name   = "${var.name}-${local.types_hash}${substr(sha256("${local.content_hash} ${terraform_data.revision[each.key].input}"), 0, 5)}"
  async_inference_config = local.async_inference_config
  data_capture_config    = local.data_capture_config
  kms_key_id             = var.variant.volume_kms_key_id
  metrics_config         = var.metrics_config
  tags                   = local.tags

  production_variants = [
    merge(local.variant, { initial_instance_count = coalesce(var.capacity.initial, max(var.capacity.min, 1)) })
  ]

  lifecycle {
    # The endpoint moves to the new configuration before the old one is deleted.
    create_before_destroy = true
    # Only a new name replaces a configuration. The API may return content that differs from what it was sent, and a
    # replacement under the same name would fail. The initial count matters at the first creation only.
    ignore_changes = [async_inference_config, data_capture_config, kms_key_id, metrics_config, production_variants]
  }
}

# The group is created before the endpoint. Otherwise SageMaker creates it with the first line of a container, without
# retention and key, and Terraform fails because it exists (docs/adopting.md).
resource "aws_cloudwatch_log_group" "this" {
  count = var.log_group.create ? 1 : 0

  name              = "/aws/sagemaker/Endpoints/${var.name}"
  retention_in_days = var.log_group.retention_in_days
  kms_key_id        = var.log_group.kms_key_id
  skip_destroy      = var.log_group.skip_destroy
  tags              = var.tags
}

locals {
  config_arn_parts = split(":", awscc_sagemaker_endpoint_config.this[local.types].endpoint_config_arn)
}

resource "awscc_sagemaker_endpoint" "this" {
  endpoint_name        = var.name
  endpoint_config_name = awscc_sagemaker_endpoint_config.this[local.types].endpoint_config_name
  tags                 = local.tags

  deployment_config = local.deployment_config

  # An update keeps the instance count that scaling has reached, instead of going back to the initial count.
  retain_all_variant_properties = true

  depends_on = [aws_cloudwatch_log_group.this, var.prerequisites]

  lifecycle {
    # These two stop the apply before the endpoint, which costs money, if the providers work in different regions or
    # accounts. The configuration, which costs nothing, shows where awscc works.
    precondition {
      condition     = local.config_arn_parts[3] == data.aws_region.current.region
      error_message = "Configure the aws and awscc providers for the same region: awscc uses ${local.config_arn_parts[3]}, aws uses ${data.aws_region.current.region}."
    }

    precondition {
      condition     = local.config_arn_parts[4] == data.aws_caller_identity.current.account_id
      error_message = "Configure the aws and awscc providers for the same account: awscc uses ${local.config_arn_parts[4]}, aws uses ${data.aws_caller_identity.current.account_id}."
    }
  }
}

# AWS stores the instance types of the pools, but not their max_concurrency. This resource keeps it in plan and state,
# so that a tool that reads them can compute how full the fleet is.
resource "terraform_data" "instance_pools" {
  input = var.instance_pools
}

# A warning, because Deepgram calls the limit temporary (docs/deepgram.md).
check "marketplace_async" {
  assert {
    condition     = !var.marketplace || var.async_inference == null
    error_message = "Use a real-time endpoint for the model of the endpoint ${var.name}, or an image or package of your own: AWS Marketplace packages cannot be deployed to asynchronous endpoints (docs/traps.md, \"Marketplace packages on asynchronous endpoints\"). If the package is not of the Marketplace, such as one that another of your accounts shares, set marketplace of the model to false."
  }
}

check "volume_size" {
  assert {
    condition     = var.variant.volume_size_in_gb == null || length(local.nvme_types) == 0
    error_message = "Remove volume_size_in_gb: some of instance_pools have local NVMe storage, whose size the instance type fixes."
  }
}
