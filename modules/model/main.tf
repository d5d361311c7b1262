locals {
  # A package of another account counts as a Marketplace package, unless var.marketplace says otherwise. The account is
  # compared only if it matters, because a data source is unknown at plan if the module depends on something that
  # changes.
  marketplace = (var.model_package_arn == null ? false : var.marketplace != null ? var.marketplace :
  split(":", var.model_package_arn)[4] != data.aws_caller_identity.current.account_id)

  # SageMaker runs a Marketplace package only with network isolation.
  enable_network_isolation = var.enable_network_isolation ? true : local.marketplace

  # A model cannot be changed in place. So new content makes a new revision, and the revision makes a new name
  # (docs/decisions/0014). The content consists of inputs, not of attributes of created resources, so that it is known
  # at plan.
  content = {
    additional_model_data_sources = var.additional_model_data_sources
    enable_network_isolation      = var.enable_network_isolation
    environment                   = var.environment
    execution_role_arn            = one(var.execution_role[*].arn)
    image                         = var.image
    image_config                  = var.image_config
    inference_specification_name  = var.inference_specification_name
    marketplace                   = var.marketplace
    mode                          = var.mode == "SingleModel" ? null : var.mode
    model_data_source             = var.model_data_source
    model_data_url                = var.model_data_url
    model_package_arn             = var.model_package_arn
    multi_model_config            = var.multi_model_config
    vpc_config = var.vpc_config == null ? null : {
      security_group_ids = sort(var.vpc_config.security_group_ids)
      subnets            = sort(var.vpc_config.subnets)
      vpc                = var.vpc_config.vpc
    }
  }

  # Null and empty members are left out of the hash (../endpoint/content.tftpl). It is part of the name and so never
  # sensitive, even if a value is; docs/traps.md says what its eight digits reveal of a short secret.
  content_hash = nonsensitive(substr(sha256(templatefile("${path.module}/../endpoint/content.tftpl", { content = local.content })), 0, 8))

  # This tests the object, because its ARN may be unknown until apply.
  create_role        = var.execution_role == null
  execution_role_arn = local.create_role ? aws_iam_role.this[0].arn : var.execution_role.arn
}

# This resource keeps the time of the plan that last changed the content. The time is known at plan. It also differs
# when earlier content returns, whose old model may still exist after a failed update.
resource "terraform_data" "revision" {
  input = plantimestamp()
  # A model keeps the role that it was created with, so a new role needs a new model.
  triggers_replace = [local.content_hash, one(aws_iam_role.this[*].arn)]

  lifecycle {
    ignore_changes = [input]
  }
}

# SageMaker deletes the network interfaces of an endpoint some time after the endpoint, and Terraform waits for that
# only by deleting a security group that contains them. So this group, which allows no traffic, is deleted after the
# model and before the policy that lets SageMaker delete the interfaces.
resource "aws_security_group" "interfaces" {
  #checkov:skip=CKV2_AWS_5:The interfaces of the model's endpoints are in it.
  count = var.vpc_config == null ? 0 : var.vpc_config.vpc == null ? 0 : 1 # try() would be unknown whenever the id is

  name_prefix = "${var.name}-interfaces-"
  description = "Holds the network interfaces of the model ${var.name}, without rules."
  vpc_id      = var.vpc_config.vpc.id
  tags        = var.tags

  timeouts {
    delete = "60m"
  }

  depends_on = [aws_iam_role_policy.interfaces]
}

resource "aws_sagemaker_model" "this" {
  name                     = "${var.name}-${substr(sha256("${local.content_hash} ${terraform_data.revision.input}"), 0, 8)}"
  enable_network_isolation = local.enable_network_isolation
  execution_role_arn       = local.execution_role_arn
  tags                     = var.tags

  primary_container {
    environment                  = var.environment
    image                        = var.image
    inference_specification_name = var.inference_specification_name
    mode                         = var.mode
    model_data_url               = var.model_data_url
    model_package_name           = var.model_package_arn

    dynamic "additional_model_data_source" {
      for_each = var.additional_model_data_sources

      content {
        channel_name = additional_model_data_source.value.channel_name

        s3_data_source {
          compression_type = additional_model_data_source.value.s3_data_source.compression_type
          s3_data_type     = additional_model_data_source.value.s3_data_source.s3_data_type
          s3_uri           = additional_model_data_source.value.s3_data_source.s3_uri

          dynamic "model_access_config" {
            for_each = additional_model_data_source.value.s3_data_source.model_access_config[*]

            content {
              accept_eula = model_access_config.value.accept_eula
            }
          }
        }
      }
    }

    dynamic "image_config" {
      for_each = var.image_config[*]

      content {
        repository_access_mode = image_config.value.repository_access_mode

        dynamic "repository_auth_config" {
          for_each = image_config.value.repository_auth_config[*]

          content {
            repository_credentials_provider_arn = repository_auth_config.value.repository_credentials_provider_arn
          }
        }
      }
    }

    dynamic "model_data_source" {
      for_each = var.model_data_source[*]

      content {
        s3_data_source {
          compression_type = model_data_source.value.s3_data_source.compression_type
          s3_data_type     = model_data_source.value.s3_data_source.s3_data_type
          s3_uri           = model_data_source.value.s3_data_source.s3_uri

          dynamic "model_access_config" {
            for_each = model_data_source.value.s3_data_source.model_access_config[*]

            content {
              accept_eula = model_access_config.value.accept_eula
            }
          }
        }
      }
    }

    dynamic "multi_model_config" {
      for_each = var.multi_model_config[*]

      content {
        model_cache_setting = multi_model_config.value.model_cache_setting
      }
    }
  }

  dynamic "vpc_config" {
    for_each = var.vpc_config[*]

    content {
      security_group_ids = concat(vpc_config.value.security_group_ids, aws_security_group.interfaces[*].id)
      subnets            = vpc_config.value.subnets
    }
  }

  # SageMaker reads model data and image with the role while it creates the model.
  depends_on = [aws_iam_role_policy.interfaces, aws_iam_role_policy.this, aws_iam_role_policy_attachment.this]

  lifecycle {
    create_before_destroy = true
    # Only a new name replaces a model, because the API may return content that differs from what it was sent. The
    # isolation depends on that content and on the account.
    ignore_changes = [enable_network_isolation, primary_container]
  }
}
