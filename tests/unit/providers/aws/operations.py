"""The operations that the real providers send for each type of resource that the stand-ins apply.

From the providers' code: internal/service/{appautoscaling,cloudwatch,iam,kms,logs,s3,sagemaker,sns} and
internal/provider/sdkv2/tags_interceptor.go of hashicorp/terraform-provider-aws, and
internal/generic/resource.go of hashicorp/terraform-provider-awscc. If a type's own read returns its tags, the
provider does not read them again (`setTagsOut`). Operations for arguments that the stand-ins refuse are left
out. Since 6.23 the tags of a bucket are read by S3 Control, else by S3: docs/resources/s3_bucket of the provider.
"""

# By type: operations to create (a read follows), read, update (a read follows) and delete.
_TABLE = """
aws_appautoscaling_policy: PutScalingPolicy | DescribeScalingPolicies | PutScalingPolicy | DeleteScalingPolicy
aws_appautoscaling_scheduled_action: PutScheduledAction | DescribeScheduledActions | PutScheduledAction |
    DeleteScheduledAction
aws_appautoscaling_target: RegisterScalableTarget | DescribeScalableTargets ListTagsForResource | TagResource
    UntagResource RegisterScalableTarget | DeregisterScalableTarget DescribeScalableTargets
aws_cloudwatch_composite_alarm: PutCompositeAlarm | DescribeAlarms ListTagsForResource | TagResource UntagResource
    PutCompositeAlarm | DeleteAlarms
aws_cloudwatch_dashboard: PutDashboard | GetDashboard | PutDashboard | DeleteDashboards
aws_cloudwatch_log_group: CreateLogGroup PutRetentionPolicy | DescribeLogGroups ListTagsForResource | TagResource
    UntagResource PutRetentionPolicy DeleteRetentionPolicy AssociateKmsKey DisassociateKmsKey | DeleteLogGroup
aws_cloudwatch_metric_alarm: PutMetricAlarm | DescribeAlarms ListTagsForResource | TagResource UntagResource
    PutMetricAlarm | DeleteAlarms
aws_iam_role: CreateRole | GetRole ListRolePolicies GetRolePolicy ListAttachedRolePolicies | TagRole UntagRole
    UpdateAssumeRolePolicy UpdateRoleDescription UpdateRole PutRolePermissionsBoundary DeleteRolePermissionsBoundary |
    ListInstanceProfilesForRole RemoveRoleFromInstanceProfile ListAttachedRolePolicies DetachRolePolicy
    ListRolePolicies DeleteRolePolicy DeleteRole
aws_iam_role_policy: PutRolePolicy | GetRolePolicy | PutRolePolicy | DeleteRolePolicy
aws_iam_role_policy_attachment: AttachRolePolicy | ListAttachedRolePolicies |  | DetachRolePolicy
aws_kms_alias: CreateAlias | ListAliases | UpdateAlias | DeleteAlias
aws_kms_key: CreateKey EnableKeyRotation DisableKey | DescribeKey GetKeyPolicy GetKeyRotationStatus ListResourceTags |
    TagResource UntagResource EnableKey DisableKey EnableKeyRotation DisableKeyRotation UpdateKeyDescription
    PutKeyPolicy | ScheduleKeyDeletion DescribeKey
aws_s3_bucket: CreateBucket PutBucketTagging | HeadBucket GetBucketPolicy GetBucketAcl GetBucketCors GetBucketWebsite
    GetBucketVersioning GetBucketAccelerateConfiguration GetBucketRequestPayment GetBucketLogging
    GetBucketLifecycleConfiguration GetBucketReplication GetBucketEncryption GetObjectLockConfiguration
    ListTagsForResource GetBucketTagging | TagResource UntagResource PutBucketTagging DeleteBucketTagging |
    DeleteBucket ListObjectVersions DeleteObjects
aws_s3_bucket_lifecycle_configuration: PutBucketLifecycleConfiguration | GetBucketLifecycleConfiguration |
    PutBucketLifecycleConfiguration | DeleteBucketLifecycle
aws_s3_bucket_policy: PutBucketPolicy | GetBucketPolicy | PutBucketPolicy | DeleteBucketPolicy GetBucketPolicy
aws_s3_bucket_public_access_block: PutPublicAccessBlock | GetPublicAccessBlock | PutPublicAccessBlock |
    DeletePublicAccessBlock GetPublicAccessBlock
aws_s3_bucket_server_side_encryption_configuration: PutBucketEncryption | GetBucketEncryption | PutBucketEncryption |
    DeleteBucketEncryption
aws_sagemaker_endpoint: CreateEndpoint | DescribeEndpoint ListTags | AddTags DeleteTags UpdateEndpoint |
    DeleteEndpoint DescribeEndpoint
aws_sagemaker_endpoint_configuration: CreateEndpointConfig | DescribeEndpointConfig ListTags | AddTags DeleteTags |
    DeleteEndpointConfig
aws_sagemaker_model: CreateModel | DescribeModel ListTags | AddTags DeleteTags | DeleteModel
aws_sns_topic: CreateTopic SetTopicAttributes | GetTopicAttributes ListTagsForResource | TagResource UntagResource
    SetTopicAttributes | DeleteTopic
aws_sns_topic_policy: SetTopicAttributes | GetTopicAttributes | SetTopicAttributes | SetTopicAttributes
awscc_sagemaker_endpoint: CreateResource GetResourceRequestStatus | GetResource | UpdateResource
    GetResourceRequestStatus | DeleteResource GetResourceRequestStatus
awscc_sagemaker_endpoint_config: CreateResource GetResourceRequestStatus | GetResource | UpdateResource
    GetResourceRequestStatus | DeleteResource GetResourceRequestStatus
"""
SENT = {
    kind: tuple(phase.split() for phase in phases.split("|"))
    for kind, _, phases in (line.partition(":") for line in _TABLE.replace("\n    ", " ").strip().splitlines())
}


def sent(kind, phase):
    """The operations of one type in one phase: create, read, update or delete."""
    create, read, update, delete = SENT[kind]
    return set({"create": create + read, "read": read, "update": update + read, "delete": delete}[phase])
