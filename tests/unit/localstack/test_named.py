"""A LocalStack that the user names: it is used, or refused with the reason."""

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.localstack.health import NEEDED
from scaleproof.localstack.start import NAMED, find_or_start, free_port

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
