"""A call that fails with a transient error is retried for a while, where the provider does."""

from collections import defaultdict
from functools import partial
from types import SimpleNamespace

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from scaleproof.providers.aws import client
from scaleproof.providers.aws.provider import resource_type
from scaleproof.providers.aws.settings import Settings
from scaleproof.providers.standin import ProviderError

TRANSIENT = ("FailedResourceAccessException",)


class Policies:
    """An API whose first answers are errors with these codes."""

    def __init__(self, *codes):
        self.codes = list(codes)
        self.calls = 0

    def can_paginate(self, method):
        return False

    def put_scaling_policy(self, **request):
        self.calls += 1
        if self.codes:
            error = {"Error": {"Code": self.codes.pop(0), "Message": "no access yet"}}
            raise ClientError(error, "PutScalingPolicy")
        return {"PolicyARN": "arn", "ResponseMetadata": {}}


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(client, "RETRY_SECONDS", 0.2)
    monkeypatch.setattr(client, "_PAUSE", 0.01)


def calling(api, service="application-autoscaling"):
    connection = SimpleNamespace(client=lambda service: api, account="000000000001", region="us-east-1")
    return client.Client(connection, service)


def put(api, transient):
    return calling(api).send("PutScalingPolicy", {}, "putting it", retry=transient)


def test_a_transient_error_is_retried(monkeypatch):
    monkeypatch.setattr(client, "RETRY_SECONDS", 60.0)
    api = Policies(*TRANSIENT, *TRANSIENT)
    assert put(api, TRANSIENT) == {"PolicyARN": "arn"}
    assert api.calls == 3


@pytest.mark.parametrize(("code", "transient"), [("ValidationException", TRANSIENT), (TRANSIENT[0], ())])
def test_another_error_is_raised_at_once(code, transient):
    api = Policies(code)
    with pytest.raises(ProviderError, match=f"putting it: .*PutScalingPolicy.*{code}: no access yet"):
        put(api, transient)
    assert api.calls == 1


def test_an_error_that_stays_is_raised_in_the_end():
    api = Policies(*TRANSIENT * 99)
    with pytest.raises(ProviderError, match=TRANSIENT[0]):
        put(api, TRANSIENT)
    assert 2 < api.calls < 99


def test_a_hook_that_fails_names_what_was_done():
    def hook(api, values):
        api.put_scaling_policy(**values)

    with pytest.raises(ProviderError, match=f"putting it: .*PutScalingPolicy.*{TRANSIENT[0]}: no access yet"):
        calling(Policies(TRANSIENT[0])).run(hook, {}, "putting it")


class SentAgainError(Exception):
    """The call that failed was made once more."""


class Flaky:
    """An API in which one operation fails when it is called first. The others return nothing."""

    def __init__(self, operation, code, message):
        self.method = xform_name(operation)
        self.error = ClientError({"Error": {"Code": code, "Message": message}}, operation)
        self.failed = False

    def can_paginate(self, method):
        return False

    def __getattr__(self, method):
        return lambda **request: self.answer(method)

    def answer(self, method):
        if method != self.method:
            return defaultdict(list)
        if self.failed:
            raise SentAgainError
        self.failed = True
        raise self.error


# internal/service/{appautoscaling/{policy,scheduled_action,target},iam/role,iam/role_policy_attachment,
# logs/group}.go of hashicorp/terraform-provider-aws.
NO_ROLE = "Unable to assume IAM role: arn:aws:iam::1:role/x"
RETRIED = [
    ("aws_appautoscaling_policy", "update", "PutScalingPolicy", "FailedResourceAccessException", ""),
    ("aws_appautoscaling_policy", "update", "PutScalingPolicy", "ObjectNotFoundException", ""),
    ("aws_appautoscaling_policy", "read", "DescribeScalingPolicies", "FailedResourceAccessException", ""),
    ("aws_appautoscaling_policy", "delete", "DeleteScalingPolicy", "FailedResourceAccessException", ""),
    ("aws_appautoscaling_scheduled_action", "update", "PutScheduledAction", "ObjectNotFoundException", ""),
    ("aws_appautoscaling_target", "update", "RegisterScalableTarget", "ValidationException", NO_ROLE),
    ("aws_cloudwatch_log_group", "delete", "DeleteLogGroup", "OperationAbortedException", ""),
    ("aws_iam_role", "delete", "DeleteRole", "DeleteConflict", "must detach all policies first"),
    ("aws_iam_role_policy_attachment", "delete", "DetachRolePolicy", "ConcurrentModification", ""),
]


@pytest.mark.parametrize(("kind", "phase", "operation", "code", "message"), RETRIED)
def test_each_type_retries_what_the_provider_retries(kind, phase, operation, code, message):
    api, one = Flaky(operation, code, message), resource_type(kind)
    calls = calling(api, one.entry.request.service)
    state = {**one.block.empty(), "id": "nova", "name": "nova"}
    changed = {**state, "max_capacity": 2, "policy_type": "x", "schedule": "x"}
    phases = {
        "update": partial(one.update, calls, Settings(), state, changed),
        "read": partial(one.read, calls, Settings(), state),
        "delete": partial(one.delete, calls, state),
    }
    with pytest.raises(SentAgainError):
        phases[phase]()
