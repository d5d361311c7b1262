"""What cannot be read. What is read of a plan, a state and an API is in tests/apply/test_examples.py."""

import json

import boto3
import pytest

from scaleproof.endpoints import EndpointError, from_api, from_file
from scaleproof.errors import FailedError, ScaleproofError
from scaleproof.localstack.connection import Connection
from tests.unit.served import HEAD, served


def test_a_state_file_names_the_command_that_shows_it(tmp_path):
    file = tmp_path / "terraform.tfstate"
    file.write_text(
        json.dumps({"version": 4, "terraform_version": "1.15.5", "serial": 1, "lineage": "a", "resources": []})
    )
    with pytest.raises(EndpointError, match=r"is a state in Terraform's own format\. Terraform saved it: terraform "):
        from_file(file)


def test_an_endpoint_that_is_not_there(connection):
    with pytest.raises(EndpointError, match=r"There is no endpoint nowhere\. There are no endpoints"):
        from_api(connection.client, ["nowhere"])


def test_without_credentials(monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    session = boto3.Session(region_name="us-east-1")
    with pytest.raises(FailedError, match=r"The API cannot be read: Unable to locate credentials"):
        from_api(session.client)


@pytest.mark.parametrize(
    ("variants", "said"),
    [
        ([{"CurrentInstanceCount": "one"}], "CurrentInstanceCount is 'one'; expected is a value of type integer."),
        ([{"DesiredInstanceCount": -3}], "The endpoint speech: DesiredInstanceCount is -3; expected is min 0."),
        ([{"CurrentInstanceCount": 10**9}], "is 1000000000; expected is a number from 0 to 10000."),
        (
            [{"InstancePools": [{"InstanceType": "ml.x", "CurrentInstanceCount": -3}]}],
            "[0].CurrentInstanceCount is -3; expected",
        ),
        ("abc", "The API describes endpoints so that it cannot be read: "),
    ],
)
def test_a_live_endpoint_as_no_api_has_it(variants, said):
    summaries = [{"VariantName": "Live", **one} for one in variants] if isinstance(variants, list) else variants
    answer = {"EndpointConfigName": "speech", "EndpointStatus": "InService", "ProductionVariants": summaries}
    with served(lambda: [HEAD, b"\r\n", json.dumps(answer).encode()]) as url, pytest.raises(ScaleproofError) as raised:
        from_api(Connection(url, "000000000000").client, ["speech"])
    assert said in str(raised.value)
