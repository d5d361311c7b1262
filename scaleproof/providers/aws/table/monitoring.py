"""Entries of the type table for CloudWatch, CloudWatch Logs, SNS and KMS.

Sources: internal/service/cloudwatch, logs, sns and kms of hashicorp/terraform-provider-aws.
"""

from __future__ import annotations

from typing import Any

from scaleproof.providers.aws import hooks
from scaleproof.providers.aws.entry import Call, Change, Entry, Tagging
from scaleproof.translation.aws_requests import REQUESTS, Request
from scaleproof.translation.mapping import Zeros

_ALARM_TAGS = Tagging(
    read=Call("ListTagsForResource", {"ResourceARN": "{arn}"}, "Tags"),
    add=Call("TagResource", {"ResourceARN": "{arn}", "Tags": "{tags}"}),
    remove=Call("UntagResource", {"ResourceARN": "{arn}", "TagKeys": "{keys}"}),
)

CLOUDWATCH_METRIC_ALARM = Entry(
    request=REQUESTS["aws_cloudwatch_metric_alarm"],
    noun="CloudWatch Metric Alarm",
    id="{alarm_name}",
    read=Call("DescribeAlarms", {"AlarmNames": ["{id}"], "AlarmTypes": ["MetricAlarm"]}, "MetricAlarms[0]"),
    delete=Call("DeleteAlarms", {"AlarmNames": ["{id}"]}, absent=("ResourceNotFound",)),
    read_names={"arn": "AlarmArn"},
    check=hooks.check_alarm,
    tags=_ALARM_TAGS,
)

CLOUDWATCH_COMPOSITE_ALARM = Entry(
    request=REQUESTS["aws_cloudwatch_composite_alarm"],
    noun="CloudWatch Composite Alarm",
    id="{alarm_name}",
    read=Call("DescribeAlarms", {"AlarmNames": ["{id}"], "AlarmTypes": ["CompositeAlarm"]}, "CompositeAlarms[0]"),
    delete=Call("DeleteAlarms", {"AlarmNames": ["{id}"]}, absent=("ResourceNotFound",)),
    read_names={"arn": "AlarmArn"},
    tags=_ALARM_TAGS,
)

CLOUDWATCH_DASHBOARD = Entry(
    request=Request("cloudwatch", "PutDashboard"),
    noun="CloudWatch Dashboard",
    id="{dashboard_name}",
    read=Call("GetDashboard", {"DashboardName": "{id}"}, absent=("ResourceNotFound", "DashboardNotFoundError")),
    delete=Call("DeleteDashboards", {"DashboardNames": ["{id}"]}),
)

CLOUDWATCH_LOG_GROUP = Entry(
    request=Request("logs", "CreateLogGroup", names={"name": "logGroupName", "retention_in_days": None}),
    noun="CloudWatch Logs Log Group",
    read=Call("DescribeLogGroups", {"logGroupNamePrefix": "{id}"}, "logGroups[?logGroupName=='{id}'] | [0]"),
    read_shape="logGroups",
    read_names={"retention_in_days": "retentionInDays"},
    # The API's own ends in ":*", which the provider cuts off.
    derived={"arn": "arn:{partition}:logs:{region}:{account}:log-group:{id}"},
    delete=Call(
        "DeleteLogGroup",
        {"logGroupName": "{id}"},
        absent=("ResourceNotFoundException",),
        retry=("OperationAbortedException",),
    ),
    generate=("name", "name_prefix"),
    local=frozenset({"skip_destroy"}),
    unsupported=frozenset({"deletion_protection_enabled"}),
    changes=(
        Change(
            ("retention_in_days",),
            Call("PutRetentionPolicy", {"logGroupName": "{id}", "retentionInDays": "{retention_in_days}"}),
            Call("DeleteRetentionPolicy", {"logGroupName": "{id}"}),
            on_create=True,
        ),
        Change(
            ("kms_key_id",),
            Call("AssociateKmsKey", {"logGroupName": "{id}", "kmsKeyId": "{kms_key_id}"}),
            Call("DisassociateKmsKey", {"logGroupName": "{id}"}),
        ),
    ),
    tags=Tagging(
        read=Call("ListTagsForResource", {"resourceArn": "{arn}"}, "tags"),
        add=Call("TagResource", {"resourceArn": "{arn}", "tags": "{tags}"}),
        remove=Call("UntagResource", {"resourceArn": "{arn}", "tagKeys": "{keys}"}),
        pair=None,
        on_create="tags",
    ),
)


def _topic_attributes() -> dict[str, str]:
    """The API's attributes (SetTopicAttributes) by the provider's."""
    attributes = {
        "archive_policy": "ArchivePolicy",
        "content_based_deduplication": "ContentBasedDeduplication",
        "delivery_policy": "DeliveryPolicy",
        "display_name": "DisplayName",
        "fifo_throughput_scope": "FifoThroughputScope",
        "kms_master_key_id": "KmsMasterKeyId",
        "maximum_message_size": "MaximumMessageSize",
        "policy": "Policy",
        "signature_version": "SignatureVersion",
        "tracing_config": "TracingConfig",
    }
    for prefix in ("application", "firehose", "http", "lambda", "sqs"):
        name = prefix.upper() if prefix in ("http", "sqs") else prefix.title()
        attributes[f"{prefix}_failure_feedback_role_arn"] = f"{name}FailureFeedbackRoleArn"
        attributes[f"{prefix}_success_feedback_role_arn"] = f"{name}SuccessFeedbackRoleArn"
        attributes[f"{prefix}_success_feedback_sample_rate"] = f"{name}SuccessFeedbackSampleRate"
    return attributes


def _set_topic_attribute(name: str, value: Any) -> Call:
    return Call("SetTopicAttributes", {"TopicArn": "{id}", "AttributeName": name, "AttributeValue": value})


SNS_TOPIC = Entry(
    request=Request(
        "sns",
        "CreateTopic",
        names={
            **dict.fromkeys(_topic_attributes()),
            "fifo_topic": "Attributes.FifoTopic",
        },
        zeros=Zeros({}, frozenset({"fifo_topic"})),
    ),
    noun="SNS Topic",
    identify="TopicArn",
    read=Call("GetTopicAttributes", {"TopicArn": "{id}"}, "Attributes", absent=("NotFoundException", "NotFound")),
    read_names={
        **_topic_attributes(),
        "arn": "TopicArn",
        "beginning_archive_time": "BeginningArchiveTime",
        "fifo_topic": "FifoTopic",
        "owner": "Owner",
    },
    derived={"name": "{arn_resource}"},
    delete=Call("DeleteTopic", {"TopicArn": "{id}"}, absent=("NotFoundException", "NotFound")),
    check=hooks.check_topic,
    generate=("name", "name_prefix"),
    changes=tuple(
        Change((name,), _set_topic_attribute(attribute, f"{{{name}:text}}"), on_create=True)
        for name, attribute in _topic_attributes().items()
    ),
    tags=Tagging(
        read=Call("ListTagsForResource", {"ResourceArn": "{id}"}, "Tags"),
        add=Call("TagResource", {"ResourceArn": "{id}", "Tags": "{tags}"}),
        remove=Call("UntagResource", {"ResourceArn": "{id}", "TagKeys": "{keys}"}),
    ),
)

# A topic always has a policy: internal/service/sns/topic_policy.go, defaultTopicPolicy.
_DEFAULT_TOPIC_POLICY = """{"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [{
    "Sid": "__default_statement_ID", "Effect": "Allow", "Principal": {"AWS": "*"}, "Resource": "{arn}",
    "Action": ["SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:AddPermission", "SNS:RemovePermission",
        "SNS:DeleteTopic", "SNS:Subscribe", "SNS:ListSubscriptionsByTopic", "SNS:Publish", "SNS:Receive"],
    "Condition": {"StringEquals": {"AWS:SourceOwner": "{owner}"}}}]}"""

SNS_TOPIC_POLICY = Entry(
    request=Request("sns", "SetTopicAttributes", names={"arn": "TopicArn", "policy": "AttributeValue"}),
    noun="SNS Topic Policy",
    id="{arn}",
    fixed={"AttributeName": "Policy"},
    read=Call("GetTopicAttributes", {"TopicArn": "{id}"}, "Attributes", absent=("NotFoundException", "NotFound")),
    read_names={"arn": "TopicArn", "owner": "Owner", "policy": "Policy"},
    delete=Call(
        "SetTopicAttributes",
        {"TopicArn": "{id}", "AttributeName": "Policy", "AttributeValue": _DEFAULT_TOPIC_POLICY},
        absent=("NotFoundException", "NotFound"),
    ),
)

KMS_KEY = Entry(
    request=Request("kms", "CreateKey", names={"customer_master_key_spec": "KeySpec"}),
    noun="KMS Key",
    id="{key_id}",
    label="{description}",
    identify="KeyMetadata.KeyId",
    read=Call(
        "DescribeKey",
        {"KeyId": "{id}"},
        "[KeyMetadata][?KeyState!='PendingDeletion' && KeyState!='PendingReplicaDeletion'] | [0]",
        absent=("NotFoundException",),
    ),
    read_shape="KeyMetadata",
    read_names={
        "is_enabled": "Enabled",
        "customer_master_key_spec": "KeySpec",
        "xks_key_id": "XksKeyConfiguration.Id",
    },
    more={
        "policy": Call("GetKeyPolicy", {"KeyId": "{id}", "PolicyName": "default"}, "Policy"),
        "enable_key_rotation": Call("GetKeyRotationStatus", {"KeyId": "{id}"}, "KeyRotationEnabled"),
        "rotation_period_in_days": Call("GetKeyRotationStatus", {"KeyId": "{id}"}, "RotationPeriodInDays"),
    },
    delete=Call(
        "ScheduleKeyDeletion",
        {"KeyId": "{id}", "PendingWindowInDays": "{deletion_window_in_days}"},
        absent=("NotFoundException",),
    ),
    local=frozenset({"bypass_policy_lockout_safety_check", "deletion_window_in_days", "timeouts"}),
    changes=(
        Change(
            ("is_enabled",),
            Call("EnableKey", {"KeyId": "{id}"}),
            Call("DisableKey", {"KeyId": "{id}"}),
            on_create=True,
        ),
        Change(
            ("enable_key_rotation", "rotation_period_in_days"),
            Call("EnableKeyRotation", {"KeyId": "{id}", "RotationPeriodInDays": "{rotation_period_in_days}"}),
            Call("DisableKeyRotation", {"KeyId": "{id}"}),
            on_create=True,
        ),
        Change(
            ("description",),
            Call("UpdateKeyDescription", {"KeyId": "{id}", "Description": "{description:text}"}),
        ),
        Change(
            ("policy",),
            Call("PutKeyPolicy", {"KeyId": "{id}", "PolicyName": "default", "Policy": "{policy}"}),
        ),
    ),
    tags=Tagging(
        read=Call("ListResourceTags", {"KeyId": "{id}"}, "Tags"),
        add=Call("TagResource", {"KeyId": "{id}", "Tags": "{tags}"}),
        remove=Call("UntagResource", {"KeyId": "{id}", "TagKeys": "{keys}"}),
        pair=("TagKey", "TagValue"),
    ),
)

KMS_ALIAS = Entry(
    request=Request("kms", "CreateAlias", names={"name": "AliasName"}),
    noun="KMS Alias",
    update="UpdateAlias",
    read=Call("ListAliases", {}, "Aliases[?AliasName=='{id}'] | [0]"),
    read_shape="Aliases",
    read_names={"arn": "AliasArn"},
    derived={"target_key_arn": "arn:{partition}:kms:{region}:{account}:key/{target_key_id}"},
    delete=Call("DeleteAlias", {"AliasName": "{id}"}, absent=("NotFoundException",)),
    generate=("name", "name_prefix"),
    generate_prefix="alias/terraform-",
)
