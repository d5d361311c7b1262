"""Entries of the type table for IAM and S3.

Sources: internal/service/iam and s3 of hashicorp/terraform-provider-aws. The stand-in refuses the
deprecated arguments of aws_iam_role and aws_s3_bucket, which have resource types of their own.
"""

from __future__ import annotations

from scaleproof.providers.aws import hooks
from scaleproof.providers.aws.entry import Call, Change, Entry, Tagging
from scaleproof.translation.aws_requests import Request
from scaleproof.translation.mapping import Zeros

_GONE = ("NoSuchEntity", "NoSuchEntityException")
_NO_BUCKET = ("NoSuchBucket", "404")
# Each has a resource type of its own.
_DEPRECATED = frozenset({
    "acceleration_status", "acl", "bucket_namespace", "cors_rule", "grant", "lifecycle_rule", "logging",
    "object_lock_configuration", "policy", "replication_configuration", "request_payer",
    "server_side_encryption_configuration", "versioning", "website",
})  # fmt: skip

IAM_ROLE = Entry(
    request=Request("iam", "CreateRole", names={"name": "RoleName", "assume_role_policy": "AssumeRolePolicyDocument"}),
    noun="IAM Role",
    read=Call("GetRole", {"RoleName": "{id}"}, "Role", absent=_GONE),
    read_names={
        "name": "RoleName",
        "assume_role_policy": "AssumeRolePolicyDocument",
        "permissions_boundary": "PermissionsBoundary.PermissionsBoundaryArn",
        "unique_id": "RoleId",
    },
    more={
        "managed_policy_arns": Call("ListAttachedRolePolicies", {"RoleName": "{id}"}, "AttachedPolicies[].PolicyArn")
    },
    delete=Call("DeleteRole", {"RoleName": "{id}"}, absent=_GONE, retry=("DeleteConflict",)),
    after_read=hooks.read_inline_policies,
    before_delete=hooks.release_role,
    generate=("name", "name_prefix"),
    changes=(
        Change(
            ("assume_role_policy",),
            Call("UpdateAssumeRolePolicy", {"RoleName": "{id}", "PolicyDocument": "{assume_role_policy}"}),
        ),
        Change(
            ("description",),
            Call("UpdateRoleDescription", {"RoleName": "{id}", "Description": "{description:text}"}),
        ),
        Change(
            ("max_session_duration",),
            # The provider sends the duration alone. LocalStack would remove the description then.
            Call(
                "UpdateRole",
                {
                    "RoleName": "{id}",
                    "MaxSessionDuration": "{max_session_duration}",
                    "Description": "{description}",
                },
            ),
        ),
        Change(
            ("permissions_boundary",),
            Call(
                "PutRolePermissionsBoundary",
                {"RoleName": "{id}", "PermissionsBoundary": "{permissions_boundary}"},
            ),
            Call("DeleteRolePermissionsBoundary", {"RoleName": "{id}"}),
        ),
    ),
    tags=Tagging(
        read="Tags",
        add=Call("TagRole", {"RoleName": "{id}", "Tags": "{tags}"}),
        remove=Call("UntagRole", {"RoleName": "{id}", "TagKeys": "{keys}"}),
    ),
    local=frozenset({"force_detach_policies"}),
    unsupported=frozenset({"inline_policy", "managed_policy_arns"}),
)

IAM_ROLE_POLICY = Entry(
    request=Request(
        "iam", "PutRolePolicy", names={"name": "PolicyName", "policy": "PolicyDocument", "role": "RoleName"}
    ),
    noun="IAM Role Policy",
    id="{role}:{name}",
    import_id=r"(?P<role>[^:]+):(?P<name>[^:]+)",
    verbs=("putting", "putting"),
    read=Call("GetRolePolicy", {"RoleName": "{role}", "PolicyName": "{name}"}, absent=_GONE),
    read_names={"name": "PolicyName", "policy": "PolicyDocument", "role": "RoleName"},
    delete=Call("DeleteRolePolicy", {"RoleName": "{role}", "PolicyName": "{name}"}, absent=_GONE),
    generate=("name", "name_prefix"),
)

IAM_ROLE_POLICY_ATTACHMENT = Entry(
    request=Request("iam", "AttachRolePolicy", names={"role": "RoleName"}),
    noun="IAM Policy",
    id="{role}/{policy_arn}",
    label="{policy_arn}) to IAM Role ({role}",
    import_id=r"(?P<role>[^/]+)/(?P<policy_arn>.+)",
    verbs=("attaching", "attaching"),
    retry=("ConcurrentModification",),
    read=Call(
        "ListAttachedRolePolicies",
        {"RoleName": "{role}"},
        "AttachedPolicies[?PolicyArn=='{policy_arn}'] | [0]",
        absent=_GONE,
    ),
    read_names={"role": None},
    read_shape="AttachedPolicies",
    delete=Call(
        "DetachRolePolicy",
        {"RoleName": "{role}", "PolicyArn": "{policy_arn}"},
        absent=_GONE,
        retry=("ConcurrentModification",),
    ),
)

S3_BUCKET = Entry(
    request=Request(
        "s3",
        "CreateBucket",
        names={"acl": None, "bucket_namespace": None, "object_lock_enabled": "ObjectLockEnabledForBucket"},
        adjust=hooks.bucket_request,
    ),
    noun="S3 Bucket",
    id="{bucket}",
    read=Call("HeadBucket", {"Bucket": "{id}"}, absent=_NO_BUCKET),
    more={
        "object_lock_enabled": Call(
            "GetObjectLockConfiguration",
            {"Bucket": "{id}"},
            "ObjectLockConfiguration.ObjectLockEnabled=='Enabled'",
            absent=("ObjectLockConfigurationNotFoundError",),
        ),
    },
    derived={
        "bucket": "{id}",
        "arn": "arn:{partition}:s3:::{id}",
        "bucket_domain_name": "{id}.s3.{dns_suffix}",
        "bucket_regional_domain_name": "{id}.s3.{region}.{dns_suffix}",
    },
    delete=Call("DeleteBucket", {"Bucket": "{id}"}, absent=_NO_BUCKET),
    before_delete=hooks.empty_bucket,
    generate=("bucket", "bucket_prefix"),
    # Since 6.23 the provider calls S3 Control first and falls back to these. The host name of S3 Control
    # begins with the account, which does not resolve on this machine.
    tags=Tagging(
        read=Call("GetBucketTagging", {"Bucket": "{id}"}, "TagSet", absent=("NoSuchTagSet",)),
        add=Call("PutBucketTagging", {"Bucket": "{id}", "Tagging": {"TagSet": "{tags}"}}),
        remove=Call("DeleteBucketTagging", {"Bucket": "{id}"}),
        on_create=None,
        whole=True,
    ),
    local=frozenset({"force_destroy", "timeouts", "hosted_zone_id", "website_domain", "website_endpoint"}),
    unsupported=_DEPRECATED,
)

S3_BUCKET_PUBLIC_ACCESS_BLOCK = Entry(
    request=Request(
        "s3",
        "PutPublicAccessBlock",
        names={
            "block_public_acls": "PublicAccessBlockConfiguration.BlockPublicAcls",
            "block_public_policy": "PublicAccessBlockConfiguration.BlockPublicPolicy",
            "ignore_public_acls": "PublicAccessBlockConfiguration.IgnorePublicAcls",
            "restrict_public_buckets": "PublicAccessBlockConfiguration.RestrictPublicBuckets",
        },
    ),
    noun="S3 Bucket Public Access Block",
    id="{bucket}",
    read=Call(
        "GetPublicAccessBlock",
        {"Bucket": "{id}"},
        absent=(*_NO_BUCKET, "NoSuchPublicAccessBlockConfiguration"),
    ),
    derived={"bucket": "{id}"},
    delete=Call(
        "DeletePublicAccessBlock",
        {"Bucket": "{id}"},
        absent=(*_NO_BUCKET, "NoSuchPublicAccessBlockConfiguration"),
    ),
    local=frozenset({"skip_destroy"}),
)

S3_BUCKET_SERVER_SIDE_ENCRYPTION_CONFIGURATION = Entry(
    request=Request(
        "s3",
        "PutBucketEncryption",
        names={
            "rule": "ServerSideEncryptionConfiguration.Rules",
            "rule.blocked_encryption_types": "BlockedEncryptionTypes.EncryptionType",
        },
    ),
    noun="S3 Bucket Server-side Encryption Configuration",
    id="{bucket}",
    read=Call(
        "GetBucketEncryption",
        {"Bucket": "{id}"},
        absent=(*_NO_BUCKET, "ServerSideEncryptionConfigurationNotFoundError"),
    ),
    derived={"bucket": "{id}", "expected_bucket_owner": ""},
    delete=Call("DeleteBucketEncryption", {"Bucket": "{id}"}, absent=_NO_BUCKET),
    unsupported=frozenset({"expected_bucket_owner"}),
)

S3_BUCKET_LIFECYCLE_CONFIGURATION = Entry(
    request=Request(
        "s3",
        "PutBucketLifecycleConfiguration",
        names={"rule": "LifecycleConfiguration.Rules"},
        zeros=Zeros({}, frozenset({"rule.expiration.expired_object_delete_marker"})),
        adjust=hooks.lifecycle_request,
    ),
    noun="S3 Bucket Lifecycle Configuration",
    id="{bucket}",
    read=Call(
        "GetBucketLifecycleConfiguration",
        {"Bucket": "{id}"},
        absent=(*_NO_BUCKET, "NoSuchLifecycleConfiguration"),
    ),
    read_names={"rule": "Rules"},
    derived={"bucket": "{id}", "expected_bucket_owner": ""},
    delete=Call("DeleteBucketLifecycle", {"Bucket": "{id}"}, absent=_NO_BUCKET),
    local=frozenset({"timeouts"}),
    unsupported=frozenset({"expected_bucket_owner"}),
)

S3_BUCKET_POLICY = Entry(
    request=Request("s3", "PutBucketPolicy"),
    noun="S3 Bucket Policy",
    id="{bucket}",
    verbs=("putting", "putting"),
    read=Call("GetBucketPolicy", {"Bucket": "{id}"}, absent=(*_NO_BUCKET, "NoSuchBucketPolicy")),
    derived={"bucket": "{id}"},
    delete=Call("DeleteBucketPolicy", {"Bucket": "{id}"}, absent=(*_NO_BUCKET, "NoSuchBucketPolicy")),
)
