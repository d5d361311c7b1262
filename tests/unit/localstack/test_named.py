"""A LocalStack that the user names: it is used, or refused with the reason."""

import re

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.localstack import control
from scaleproof.localstack.connection import Connection
from scaleproof.localstack.health import NEEDED
from scaleproof.localstack.start import NAMED, find_or_start, free_port
from tests.unit.served import HEAD, served

COMMUNITY = {"version": "4.9.0", "services": {"s3": "running", "iam": "available"}}


def test_it_is_used_and_left_running(cloud, monkeypatch):
    monkeypatch.setenv("LOCALSTACK_HOST", cloud.endpoint_url.removeprefix("http://"))
    with find_or_start() as found:
        assert (found.endpoint_url, found.origin, found.pid) == (cloud.endpoint_url, NAMED, None)
    assert cloud.connection().client("sts").get_caller_identity()["Account"] == "000000000000"


def test_missing_services_are_named(answering, monkeypatch):
    url = answering(COMMUNITY)
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    with pytest.raises(ScaleproofError) as raised:
        find_or_start()
    assert raised.value.message == f"The LocalStack 4.9.0 at {url} does not serve {', '.join(NEEDED)}."
    assert "Unset AWS_ENDPOINT_URL" in raised.value.advice


@pytest.mark.parametrize("state", ["disabled", "error"])
def test_a_disabled_service_counts_as_missing(state, answering, monkeypatch):
    services = dict.fromkeys(NEEDED, "available") | {"cloudcontrol": state}
    monkeypatch.setenv("AWS_ENDPOINT_URL", answering({"version": "4.9.0", "services": services}))
    with pytest.raises(ScaleproofError, match="does not serve cloudcontrol"):
        find_or_start()


@pytest.mark.parametrize(
    ("body", "status"), [("<html>", 200), (["a list"], 200), ({"status": "fine"}, 200), ("gone", 404)]
)
def test_another_server_is_refused(body, status, answering, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", answering(body, status))
    with pytest.raises(ScaleproofError, match="is not a LocalStack"):
        find_or_start()


def test_a_redirect_is_not_followed(answering, monkeypatch):
    """It could lead to an address that was not checked."""
    healthy = answering({"version": "4.9.0", "services": dict.fromkeys(NEEDED, "available")})
    monkeypatch.setenv("AWS_ENDPOINT_URL", answering(f"{healthy}/_localstack/health", 302))
    with pytest.raises(ScaleproofError, match=r"is not a LocalStack \(HTTP 302 for its health\)"):
        find_or_start()


def test_nothing_answers(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    with pytest.raises(ScaleproofError, match=r"No LocalStack answers at .*Start it"):
        find_or_start()


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ([b"SSH-2.0-OpenSSH_9\r\n"], "its answer is no HTTP: BadStatusLine"),
        ([b"HTTP/1.1 200 ", b"x" * 200_000], "its answer is no HTTP: LineTooLong"),
        ([HEAD, b"a: b\r\n" * 300, b"\r\n{}"], "its answer is no HTTP: HTTPException"),
        ([HEAD, b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}"], "its answer is no HTTP: IncompleteRead"),
        ([HEAD, b"Content-Length: 1\r\n\r\n{"], "its health is no JSON"),
    ],
)
def test_a_server_that_breaks_its_protocol_is_refused(answer, why, monkeypatch):
    with served(lambda: answer) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        with pytest.raises(ScaleproofError, match=re.escape(f"The server at {url} is not a LocalStack ({why}).")):
            find_or_start()
        with pytest.raises(ScaleproofError, match="does not answer"):
            control.ask(Connection(url, "000000000000"), "GET", "calls")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"endpoint_url": "https://example.com:443", "ca_bundle": "/ca.pem"}, "https://example.com:443 is not on"),
        ({"endpoint_url": "https://sagemaker.us-east-1.amazonaws.com", "ca_bundle": "/ca.pem"}, "belongs to AWS"),
    ],
)
def test_streams_are_served_where_a_localstack_may_be(answer, why, answering):
    with pytest.raises(ScaleproofError, match=re.escape(why)):
        control.streams(Connection(answering(answer), "000000000000"))
