"""Which addresses a connection allows, and that its clients use them."""

import pytest
from botocore.exceptions import EndpointProviderError

from scaleproof.errors import ScaleproofError
from scaleproof.localstack.connection import Connection, named_endpoint

LOCAL = "http://127.0.0.1:4566"
ACCOUNT = "111122223333"


@pytest.mark.parametrize(
    "account", ["", "12345678901", "1234567890123", "12345678901a", "1" * 11 + "\uff11", "default"]
)
def test_an_account_has_twelve_digits(account):
    with pytest.raises(ScaleproofError, match="Use twelve digits"):
        Connection(LOCAL, account)


@pytest.mark.parametrize(
    "url",
    [
        LOCAL,
        "http://localhost:4566",
        "http://localhost.:4566",
        "http://[::1]:4566",
        "https://localhost.localstack.cloud:4566",
    ],
)
def test_this_machine_is_allowed(url):
    assert Connection(url, ACCOUNT).endpoint_url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.7:4566",
        "http://localstack:4566",
        "http://localhost.example.com",
        "http://notlocalhost.localstack.cloud",
    ],
)
def test_another_machine_is_refused_unless_it_is_named(url, monkeypatch):
    with pytest.raises(ScaleproofError, match=r"not on this machine.*AWS_ENDPOINT_URL"):
        Connection(url, ACCOUNT)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"{url}/")
    assert Connection(url, ACCOUNT).endpoint_url == url


@pytest.mark.parametrize(
    "url",
    [
        "https://sagemaker.us-east-1.amazonaws.com",
        "https://s3.cn-north-1.amazonaws.com.cn",
        "https://api.sagemaker.aws",
        "https://SageMaker.us-east-1.AMAZONAWS.COM",
        "https://sagemaker.us-east-1.amazonaws.com.",
        "https://sagemaker.us-east-1.amazonaws.com.:443",
        "https://sagemaker.eusc-de-east-1.amazonaws.eu",
        "https://sagemaker.us-iso-east-1.c2s.ic.gov",
        "https://sagemaker.us-isob-east-1.sc2s.sgov.gov",
        "https://sagemaker.us-isof-south-1.csp.hci.ic.gov",
        "https://sagemaker.eu-isoe-west-1.cloud.adc-e.uk",
        "https://sagemaker.us-east-1.api.aws",
        "https://sagemaker.cn-north-1.api.amazonwebservices.com.cn",
    ],
)
def test_aws_is_refused_even_if_the_user_names_it(url, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    with pytest.raises(ScaleproofError, match="belongs to AWS"):
        Connection(url, ACCOUNT)


@pytest.mark.parametrize(
    "url",
    [
        "127.0.0.1:4566",
        "ftp://127.0.0.1",
        "http://",
        "http://127.0.0.1:port",
    ],
)
def test_a_malformed_url_is_refused(url):
    with pytest.raises(ScaleproofError, match="is not the address of a LocalStack"):
        Connection(url, ACCOUNT)


@pytest.mark.parametrize("region", ["us-gov-west-1", "cn-north-1", "eusc-de-east-1", "us-east-9"])
def test_a_region_for_which_localstack_would_answer_as_another_is_refused(region):
    with pytest.raises(ScaleproofError, match=f"LocalStack has no region '{region}'"):
        Connection("http://127.0.0.1:1", ACCOUNT, region)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, None),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1/"}, "http://127.0.0.1:1"),
        ({"LOCALSTACK_HOST": "localhost"}, "http://localhost:4566"),
        ({"LOCALSTACK_HOST": "localhost:77"}, "http://localhost:77"),
        ({"LOCALSTACK_HOST": "localhost:"}, "http://localhost:4566"),
        ({"LOCALSTACK_HOST": "[::1]"}, "http://[::1]:4566"),
        ({"LOCALSTACK_HOST": "[::1]:77"}, "http://[::1]:77"),
        ({"LOCALSTACK_HOST": "localhost:77", "USE_SSL": "1"}, "https://localhost:77"),
        ({"LOCALSTACK_HOST": "localhost:77", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "http://127.0.0.1:1"),
    ],
)
def test_the_named_endpoint(variables, expected, monkeypatch):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert named_endpoint() == expected


def test_a_client_ignores_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:2")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAREAL")
    client = Connection(LOCAL, ACCOUNT, "eu-west-1").client("s3")
    assert client.meta.endpoint_url == LOCAL
    assert client.meta.region_name == "eu-west-1"
    assert client._get_credentials().access_key == ACCOUNT
    assert client.meta.config.s3["addressing_style"] == "path"


def test_there_are_clients_for_services_that_localstack_lacks():
    for service in ("application-autoscaling", "cloudcontrol", "sagemaker-runtime", "service-quotas"):
        assert Connection(LOCAL, ACCOUNT).client(service).meta.endpoint_url == LOCAL


@pytest.mark.parametrize("kind", ["s3:us-east-1", "s3-object-lambda:us-east-1", "s3-outposts:us-east-1"])
def test_a_bucket_leads_to_no_other_host(kind, monkeypatch):
    """The ARN of an access point is a bucket's name, and a part of a host's."""
    monkeypatch.setattr("socket.getaddrinfo", lambda host, *_, **__: pytest.fail(f"{host} was looked up"))
    outpost = "outpost:op-1:" if kind.startswith("s3-outposts") else ""
    bucket = f"arn:aws:{kind}:{ACCOUNT}:{outpost}accesspoint:secret"
    with pytest.raises(EndpointProviderError, match=rf"^secret-\S+ is not the LocalStack at {LOCAL}$"):
        Connection(LOCAL, ACCOUNT).client("s3").put_object(Bucket=bucket, Key="key")


def test_accounts_are_isolated(connection):
    assert connection.client("sts").get_caller_identity()["Account"] == connection.account
    connection.client("sns").create_topic(Name="mine")
    other = Connection(connection.endpoint_url, "999988887777")
    mine, others = (
        [topic["TopicArn"] for topic in one.client("sns").list_topics()["Topics"]] for one in (connection, other)
    )
    assert any(arn.endswith(":mine") for arn in mine)
    assert not any(arn.endswith(":mine") for arn in others)
