locals {
  # Both endpoints share one model, created here unless model.name gives one. This tests image, marketplace and
  # model_package_arn, because model.name may be unknown until apply. The package may be unknown too, and then
  # marketplace shows that there is one.
  create_model = var.model.image != null || var.model.marketplace != null ? true : var.model.model_package_arn != null
  marketplace  = local.create_model ? module.model[0].marketplace : false
  model_name   = local.create_model ? module.model[0].name : var.model.name

  async_name    = one([for endpoint in var.async[*] : coalesce(endpoint.name, "${var.name}-async")])
  realtime_name = one([for endpoint in var.realtime[*] : coalesce(endpoint.name, "${var.name}-realtime")])

  # The instance_pools of an endpoint replace the shared ones. This tests the length, because a comparison with null is
  # sensitive if anything in the pools is.
  async_pools    = can(length(var.async.instance_pools)) ? var.async.instance_pools : var.instance_pools
  realtime_pools = can(length(var.realtime.instance_pools)) ? var.realtime.instance_pools : var.instance_pools

  async_bucket_uri = one([for async in var.async[*] : try("s3://${split("/", async.s3_output_path)[2]}/", async.s3_output_path)])
}

module "model" {
  source = "./modules/model"
  count  = local.create_model ? 1 : 0

  access = {
    ecr_repository_arns  = var.model.ecr_repository_arns
    kms_alias_arns       = local.role_alias_arns
    kms_key_arns         = distinct(concat(var.model.kms_key_arns, local.role_key_arns))
    rollback_alarm_names = flatten([local.realtime_deployment[*].rollback_alarm_names, local.async_deployment[*].rollback_alarm_names])
    s3_read_uris         = distinct(concat(var.model.s3_read_uris, coalesce(one(var.async[*].s3_input_paths), local.async_bucket_uri[*])))
    s3_write_uris = distinct(concat(
      flatten([for async in var.async[*] : [async.s3_output_path, async.s3_failure_path[*]]]),
      var.data_capture[*].destination_s3_uri,
      var.core_dump_config[*].destination_s3_uri,
    ))
    sns_topic_arns = distinct(flatten([for async in var.async[*] : [async.success_topic_arn[*], async.error_topic_arn[*]]]))
  }
  additional_model_data_sources = var.model.additional_model_data_sources
  enable_network_isolation      = var.model.enable_network_isolation
  environment                   = var.model.environment
  execution_role                = var.model.execution_role
  image                         = var.model.image
  image_config                  = var.model.image_config
  inference_specification_name  = var.model.inference_specification_name
  log_groups = {
    create = !var.log_group.create
    # By index, because [*] would depend on everything in the modules, which depend on the model.
    names = concat(
      var.realtime == null ? [] : [coalesce(module.realtime[0].log_group_name, "/aws/sagemaker/Endpoints/${local.realtime_name}")],
      var.async == null ? [] : [coalesce(module.async[0].log_group_name, "/aws/sagemaker/Endpoints/${local.async_name}")],
    )
  }
  marketplace            = var.model.marketplace
  mode                   = var.model.mode
  model_data_source      = var.model.model_data_source
  model_data_url         = var.model.model_data_url
  model_package_arn      = var.model.model_package_arn
  multi_model_config     = var.model.multi_model_config
  name                   = var.name
  permissions_boundary   = var.model.permissions_boundary
  role_name              = var.model.role_name
  role_path              = var.model.role_path
  role_policy_arns       = var.model.role_policy_arns
  role_policy_statements = var.model.role_policy_statements
  tags                   = var.tags
  vpc_config             = var.model.vpc_config
}

module "realtime" {
  source = "./modules/realtime"
  count  = var.realtime == null ? 0 : 1

  capacity                    = var.realtime.capacity
  capacity_reservation_config = var.realtime.capacity_reservation_config
  container_startup_timeout   = coalesce(var.realtime.container_startup_timeout, var.container_startup_timeout)
  core_dump_config            = var.core_dump_config
  data_capture                = var.data_capture
  deployment                  = local.realtime_deployment
  enable_ssm_access           = var.realtime.enable_ssm_access
  exclude_endpoint_tags       = var.exclude_endpoint_tags
  inference_ami_version       = var.realtime.inference_ami_version == null ? var.inference_ami_version : var.realtime.inference_ami_version
  instance_pools              = local.realtime_pools
  log_group                   = var.log_group
  marketplace                 = local.marketplace
  metrics_config              = var.metrics_config
  model_data_download_timeout = coalesce(var.realtime.model_data_download_timeout, var.model_data_download_timeout)
  model_name                  = local.model_name
  name                        = local.realtime_name
  policies                    = var.realtime.policies
  prerequisites               = local.create_model ? [module.model[0].endpoints_policy_id] : []
  provision_timeout           = coalesce(var.realtime.provision_timeout, var.provision_timeout)
  routing_strategy            = var.routing_strategy
  scale_in_cooldown           = var.realtime.scale_in_cooldown
  scale_out_cooldown          = var.realtime.scale_out_cooldown
  schedules                   = var.realtime.schedules
  signal                      = var.realtime.signal
  suspended                   = var.realtime.suspended
  tags                        = var.tags
  target_utilization          = var.realtime.target_utilization
  variant_name                = var.variant_name
  volume_kms_key_id           = var.volume_kms_key_id
  volume_size_in_gb           = var.volume_size_in_gb
}

module "async" {
  source = "./modules/async"
  count  = var.async == null ? 0 : 1

  backlog_per_instance                    = var.async.backlog_per_instance
  capacity                                = var.async.capacity
  capacity_reservation_config             = var.async.capacity_reservation_config
  container_startup_timeout               = coalesce(var.async.container_startup_timeout, var.container_startup_timeout)
  core_dump_config                        = var.core_dump_config
  data_capture                            = var.data_capture
  deployment                              = local.async_deployment
  error_topic_arn                         = var.async.error_topic_arn
  exclude_endpoint_tags                   = var.exclude_endpoint_tags
  include_inference_response_in           = var.async.include_inference_response_in
  inference_ami_version                   = var.async.inference_ami_version == null ? var.inference_ami_version : var.async.inference_ami_version
  instance_pools                          = local.async_pools
  log_group                               = var.log_group
  marketplace                             = local.marketplace
  max_concurrent_invocations_per_instance = var.async.max_concurrent_invocations_per_instance
  metrics_config                          = var.metrics_config
  model_data_download_timeout             = coalesce(var.async.model_data_download_timeout, var.model_data_download_timeout)
  model_name                              = local.model_name
  name                                    = local.async_name
  output_kms_key_id                       = var.async.output_kms_key_id
  policies                                = var.async.policies
  prerequisites                           = local.create_model ? [module.model[0].endpoints_policy_id] : []
  provision_timeout                       = coalesce(var.async.provision_timeout, var.provision_timeout)
  s3_failure_path                         = var.async.s3_failure_path
  s3_output_path                          = var.async.s3_output_path
  scale_in_cooldown                       = var.async.scale_in_cooldown
  scale_out_cooldown                      = var.async.scale_out_cooldown
  schedules                               = var.async.schedules
  signal                                  = var.async.signal
  success_topic_arn                       = var.async.success_topic_arn
  suspended                               = var.async.suspended
  tags                                    = var.tags
  variant_name                            = var.variant_name
  volume_kms_key_id                       = var.volume_kms_key_id
  volume_size_in_gb                       = var.volume_size_in_gb
  wake_up                                 = var.async.wake_up
}
