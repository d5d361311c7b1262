# SageMaker accepts a key as id, ARN, alias or ARN of an alias. A policy can name a key only by ARN; for an alias it
# needs a condition on the aliases of the key.

locals {
  kms_scope = "arn:${local.partition}:kms:${local.arn_scope}"
  # SageMaker writes results, captured data and core dumps with the role of the model, and encrypts volumes with the
  # rights of whoever applies.
  kms_arns = {
    for user, ids in {
      role   = [for id in concat(var.async[*].output_kms_key_id, var.data_capture[*].kms_key_id, var.core_dump_config[*].kms_key_id) : id if id != null]
      volume = var.volume_kms_key_id[*]
    } : user => [for id in ids : startswith(id, "arn:") ? id : "${local.kms_scope}:${startswith(id, "alias/") ? id : "key/${id}"}"]
  }
  role_alias_arns = [for arn in local.kms_arns.role : arn if strcontains(arn, ":alias/")]
  role_key_arns   = [for arn in local.kms_arns.role : arn if !strcontains(arn, ":alias/")]

  volume_key = one([
    for arn in local.kms_arns.volume : {
      alias   = try("alias/${split(":alias/", arn)[1]}", null)
      key_arn = replace(arn, "/:alias\\/.*$/", ":key/*")
    }
  ])
}
