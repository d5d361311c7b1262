"""Values that mean the same show no difference; values that do not, do."""

from __future__ import annotations

import json

import pytest

from scaleproof.providers.equivalence import equivalent


def policy(**statement):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


READ = policy(Sid="", Action=["s3:GetObject", "s3:ListBucket"], Resource=["arn:aws:s3:::a"])


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("policy", READ, policy(Action=["s3:ListBucket", "s3:getobject"], Resource="arn:aws:s3:::a")),
        ("policy", policy(Principal="*"), policy(Principal={"AWS": ["*"]})),
        (
            "policy",
            policy(Principal={"AWS": "123456789012"}),
            policy(Principal={"AWS": "arn:aws:iam::123456789012:root"}),
        ),
        (
            "policy",
            policy(Condition={"Bool": {"aws:SecureTransport": "false"}}),
            policy(Condition={"Bool": {"aws:SecureTransport": [False]}}),
        ),
        (
            "policy",
            '{"Statement": {"Effect": "Allow", "Action": "s3:*"}}',
            '{"Statement": [{"Action": ["s3:*"], "Effect": "Allow"}]}',
        ),
        ("json", '{"a": [1, 2], "b": null}', '{"b":null,"a":[1,2]}'),
        ("instant", "2026-11-25T07:30:00Z", "2026-11-25T08:30:00+01:00"),
        ("key", "1234-ab", "arn:aws:kms:us-east-1:123456789012:key/1234-ab"),
    ],
)
def test_the_same_in_other_words(kind, one, other):
    assert equivalent(kind, one, other)


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("policy", READ, policy(Action=["s3:GetObject"], Resource=["arn:aws:s3:::a"])),
        ("policy", READ, READ.replace("Allow", "Deny")),
        ("policy", READ, READ.replace("arn:aws:s3:::a", "arn:aws:s3:::A")),
        ("policy", READ, "not a policy"),
        ("policy", READ, ""),
        ("policy", READ, READ.replace("2012-10-17", "2008-10-17")),
        ("json", "[1, 2]", "[2, 1]"),
        ("instant", "2026-11-25T07:30:00Z", "2026-11-25T07:30:01Z"),
        ("key", "1234-ab", "1234-ac"),
    ],
)
def test_a_real_difference(kind, one, other):
    assert not equivalent(kind, one, other)
