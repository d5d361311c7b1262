"""A call that fails with a transient error is retried for a while."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from scaleproof.providers.aws import client
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
    monkeypatch.setattr(client, "_FIRST_PAUSE", 0.01)


def put(api, transient):
    connection = SimpleNamespace(client=lambda service: api, account="000000000001", region="us-east-1")
    calls = client.Client(connection, "application-autoscaling")
    return calls.call_with_retry("PutScalingPolicy", {}, "putting it", transient)


def test_a_transient_error_is_retried():
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
