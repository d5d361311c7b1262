"""The evaluator of policies, on examples and rules of AWS's documentation."""

import pytest

from tests.plan.authorization import Request, allowed

BOUNDARY = "arn:aws:iam::123456789012:policy/XCompanyBoundaries"


def policy(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def statement(action, resource="*", effect="Allow", **condition):
    made = {"Effect": effect, "Action": action, "Resource": resource}
    return {**made, "Condition": condition} if condition else made


def under(**condition):
    """A policy that allows everything under a condition."""
    return policy(statement("*", **condition))


def test_what_nobody_allows_is_denied_and_a_denial_wins():
    """ "Policy evaluation logic": reference_policies_evaluation-logic.html of the guide."""
    reads = policy(statement("s3:Get*"), statement("s3:GetObject", "arn:aws:s3:::secret/*", "Deny"))
    assert allowed(Request("s3:GetObject", "arn:aws:s3:::open/key"), reads)
    assert not allowed(Request("s3:GetObject", "arn:aws:s3:::secret/key"), reads)
    assert not allowed(Request("s3:PutObject", "arn:aws:s3:::open/key"), reads)


def test_a_boundary_caps_and_allows_nothing_by_itself():
    """Shirley's boundary and policy: access_policies_boundaries.html of the guide."""
    boundary = policy(statement(["s3:*", "cloudwatch:*", "ec2:*"]))
    assert not allowed(Request("iam:CreateUser"), policy(statement("iam:CreateUser")), boundary)
    assert not allowed(Request("s3:ListBucket"), policy(statement("iam:CreateUser")), boundary)
    assert allowed(Request("s3:ListBucket"), policy(statement("*")), boundary)


def test_users_are_made_with_the_boundary_only():
    """CreateOrChangeOnlyWithBoundary on the same page."""
    own = policy(statement("iam:CreateUser", StringEquals={"iam:PermissionsBoundary": BOUNDARY}))
    assert allowed(Request("iam:CreateUser", context={"iam:PermissionsBoundary": BOUNDARY}), own)
    assert not allowed(Request("iam:CreateUser", context={"iam:PermissionsBoundary": f"{BOUNDARY}2"}), own)
    assert not allowed(Request("iam:CreateUser"), own)


@pytest.mark.parametrize(
    ("pattern", "resource", "matches"),
    [
        ("*", "arn:aws:s3:::bucket", True),
        ("arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket/a/b", True),
        ("arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket", False),
        ("arn:aws:s3:::Bucket", "arn:aws:s3:::bucket", False),
        ("arn:aws:iam::123456789012:role/speech-?", "arn:aws:iam::123456789012:role/speech-1", True),
        ("arn:aws:iam::123456789012:role/speech-?", "arn:aws:iam::123456789012:role/speech-12", False),
        ("arn:aws:iam::*:role/x", "arn:aws:iam::1:role/role/x", False),
        ("arn:aws:logs:*:*:log-group:a:*", "arn:aws:logs:us-east-1:1:log-group:a:log-stream:b", True),
    ],
)
def test_resources(pattern, resource, matches):
    """reference_policies_elements_resource.html: wildcards in any part of an ARN, which colons separate."""
    assert allowed(Request("any:Thing", resource), policy(statement("any:*", pattern))) is matches


@pytest.mark.parametrize(
    ("condition", "context", "holds"),
    [
        ({"StringEquals": {"a:b": ["x", "y"]}}, {"A:B": "y"}, True),
        ({"StringEquals": {"a:b": "x*"}}, {"a:b": "xy"}, False),
        ({"StringEquals": {"a:b": "x", "a:c": "y"}}, {"a:b": "x"}, False),
        ({"StringLike": {"s3:prefix": ["home/*"]}}, {"s3:prefix": "home/David"}, True),
        ({"StringLike": {"s3:prefix": ["home/*"]}}, {"s3:prefix": "other"}, False),
        ({"StringLike": {"s3:prefix": ["*"]}}, {}, False),
        ({"StringLikeIfExists": {"ec2:InstanceType": ["t1.*"]}}, {}, True),
        ({"StringLikeIfExists": {"ec2:InstanceType": ["t1.*"]}}, {"ec2:InstanceType": "m5.large"}, False),
        ({"ArnLike": {"a:b": "arn:aws:s:r:1:*"}}, {"a:b": "arn:aws:s:r:1:t/x:y"}, True),
        ({"ArnEquals": {"a:b": "arn:aws:s:r:1:*"}}, {"a:b": "arn:aws:s:r:2:t/x"}, False),
        ({"ArnLikeIfExists": {"a:b": "arn:aws:s:r:1:*"}}, {"a:b": "arn:aws:s:r:2:*"}, False),
        ({"Bool": {"aws:SecureTransport": "true"}}, {"aws:SecureTransport": "True"}, True),
        ({"Bool": {"aws:SecureTransport": "true"}}, {}, False),
        ({"ForAnyValue:StringEquals": {"a:b": ["x", "y"]}}, {"a:b": ["z", "y"]}, True),
        ({"ForAnyValue:StringEquals": {"a:b": ["x"]}}, {"a:b": []}, False),
        ({"ForAnyValue:StringEquals": {"a:b": ["x"]}}, {}, False),
    ],
)
def test_conditions(condition, context, holds):
    """reference_policies_elements_condition_operators.html, and what it says of keys that are missing."""
    assert allowed(Request("any:Thing", context=context), under(**condition)) is holds


@pytest.mark.parametrize(
    "unread",
    [
        {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
        statement("s3:GetObject", "arn:aws:s3:::b/${aws:username}"),
        statement("*", StringNotEquals={"a:b": "x"}),
        statement("*", StringEquals={"a:b": "x"}),
    ],
    ids=["element", "variable", "operator", "several values"],
)
def test_what_is_not_understood_is_no_answer(unread):
    with pytest.raises(ValueError, match=r"understood here|several"):
        allowed(Request("s3:GetObject", context={"a:b": ["x"]}), policy(unread))
