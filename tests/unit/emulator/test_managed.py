"""AWS's own IAM policies, which all accounts have, and each account uses for itself."""

from __future__ import annotations

import json
from collections.abc import Callable

from scaleproof.localstack.start import LocalStack

from .conftest import TRUST

POLICY = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"


def test_what_one_account_attaches_is_not_attached_in_another(
    cloud: LocalStack, new_account: Callable[[], str]
) -> None:
    one, other = (cloud.connection(new_account()).client("iam") for _ in range(2))
    one.create_role(RoleName="speech", AssumeRolePolicyDocument=json.dumps(TRUST))
    one.attach_role_policy(RoleName="speech", PolicyArn=POLICY)
    assert one.get_policy(PolicyArn=POLICY)["Policy"]["AttachmentCount"] == 1
    assert other.get_policy(PolicyArn=POLICY)["Policy"]["AttachmentCount"] == 0


def test_every_account_has_all_of_them(cloud: LocalStack, new_account: Callable[[], str]) -> None:
    documents = []
    for _ in range(2):
        client = cloud.connection(new_account()).client("iam")
        pages = client.get_paginator("list_policies").paginate(Scope="AWS")
        assert len([policy for page in pages for policy in page["Policies"]]) > 1000
        version = client.get_policy(PolicyArn=POLICY)["Policy"]["DefaultVersionId"]
        found = client.get_policy_version(PolicyArn=POLICY, VersionId=version)
        documents.append(found["PolicyVersion"]["Document"])
    assert documents[0] == documents[1]
    assert documents[0]["Statement"]
