"""Faults over HTTP: whom they hit, what a client sees, and that other accounts see nothing."""

import time
import urllib.error
import urllib.request

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from scaleproof.errors import ScaleproofError
from scaleproof.localstack import control

IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/djl-inference:0.30.0"


@pytest.fixture
def sagemaker(connection):
    return connection.client("sagemaker")


@pytest.fixture(autouse=True)
def waits(monkeypatch):
    """The seconds that the client would wait before each repetition; here it comes back at once."""
    found = []
    monkeypatch.setattr(time, "sleep", found.append)
    return found


def attempts(response):
    return int(response["ResponseMetadata"]["RetryAttempts"])


@pytest.mark.parametrize("fault", ["throttling", "internal", "unavailable", "timeout"])
@pytest.mark.parametrize(
    ("service", "operation"),
    [("sagemaker", "list_models"), ("iam", "list_roles"), ("s3", "list_buckets")],
)
def test_a_fault_that_passes_costs_a_repetition(connection, fault, service, operation):
    """Services of the emulator and of LocalStack alike, in the protocol of each."""
    with control.injected(connection, {"fault": fault, "service": service, "times": 1}):
        assert attempts(getattr(connection.client(service), operation)()) == 1


@pytest.mark.parametrize(
    ("fault", "code", "status"),
    [
        ("throttling", "ThrottlingException", 400),
        ("internal", "InternalFailure", 500),
        ("unavailable", "ServiceUnavailable", 503),
    ],
)
def test_a_fault_that_stays_is_told_in_the_end(connection, sagemaker, fault, code, status):
    with control.injected(connection, {"fault": fault}), pytest.raises(ClientError) as refused:
        sagemaker.list_models()
    answer = refused.value.response
    assert answer["Error"]["Code"] == code
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == status
    assert answer["ResponseMetadata"]["MaxAttemptsReached"]
    assert attempts(sagemaker.list_models()) == 0


def test_a_connection_that_breaks_off_leaves_nothing_or_all_of_it(connection, sagemaker):
    def create():
        sagemaker.create_model(ModelName="speech", PrimaryContainer={"Image": IMAGE})

    with (
        control.injected(connection, {"fault": "timeout", "operation": "CreateModel"}),
        pytest.raises(ConnectionClosedError),
    ):
        create()
    assert sagemaker.list_models()["Models"] == []
    lost = {"fault": "lost", "operation": "CreateModel", "times": 1}
    with control.injected(connection, lost), pytest.raises(ClientError, match="already existing model"):
        create()
    assert len(sagemaker.list_models()["Models"]) == 1


def test_other_accounts_see_nothing(cloud, connection, new_account):
    other = cloud.connection(new_account())
    with control.injected(connection, {"fault": "unavailable"}):
        assert attempts(other.client("sagemaker").list_models()) == 0
        assert control.ask(other, "GET", "faults") == []
        (rule,) = control.ask(connection, "GET", "faults")
    assert (rule["fault"], rule["times"]) == ("unavailable", None)
    assert control.ask(connection, "GET", "faults") == []


def test_what_the_emulation_asks_of_itself_is_spared(connection, sagemaker):
    """CreateModel looks the role up in IAM."""
    with control.injected(connection, {"fault": "internal", "service": "iam"}):
        arn = f"arn:aws:iam::{connection.account}:role/speech"
        with pytest.raises(ClientError, match="Could not assume role"):
            sagemaker.create_model(ModelName="speech", PrimaryContainer={"Image": IMAGE}, ExecutionRoleArn=arn)


def test_a_rule_that_is_none_is_told_and_nothing_changes(connection):
    with control.injected(connection, {"fault": "throttling", "service": "sns"}):
        before = control.ask(connection, "GET", "faults")
        with pytest.raises(ScaleproofError, match=r"fault must be one of .*, not 'trottling'"):
            control.inject(connection, {"fault": "trottling"})
        assert control.ask(connection, "GET", "faults") == before


@pytest.mark.parametrize("path", ["faults", "calls"])
def test_a_web_page_has_no_hold_on_it(connection, path):
    """The port asks for no credentials; a browser on the same machine tells whose page asks."""
    request = urllib.request.Request(
        f"{connection.endpoint_url}/_scaleproof/{path}/{connection.account}",
        headers={"Origin": "https://example.com"},
        method="DELETE",
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=10)
    assert refused.value.code == 403


def test_a_repetition_waits(connection, sagemaker, waits):
    """Throttled clients that came back at once would be throttled again."""
    with control.injected(connection, {"fault": "throttling", "times": 3}):
        assert attempts(sagemaker.list_models()) == 3
    assert len(waits) == 3
    assert min(waits) > 0
