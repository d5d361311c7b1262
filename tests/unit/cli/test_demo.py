"""`scaleproof demo` where it does not get to its end; all the way is in isolation/test_demo.py."""

import socket

import scaleproof
from scaleproof.endpoints.live import endpoint_names
from scaleproof.localstack import health
from scaleproof.localstack.start import ADDRESS
from scaleproof.terraform.diagnostics import ApplyFailed
from scaleproof.terraform.root import Root


def test_when_it_fails_half_way_its_localstack_ends_and_that_of_the_user_stays_as_it_was(run, cloud, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint_url)
    seen = []

    def fail(root):
        seen.append(root.connection)
        assert endpoint_names(root.connection.client) == ["complete-async", "complete-realtime"]
        raise ApplyFailed("plan it again", [])

    monkeypatch.setattr(Root, "plan", fail)
    run("demo", code=3, says="Terraform could not plan it again.")
    (connection,) = seen
    assert connection.endpoint_url != cloud.endpoint_url
    assert not health.answers(connection.endpoint_url)
    assert endpoint_names(cloud.connection(connection.account).client) == []


def test_a_port_that_is_taken_is_one_line_of_advice(run):
    with socket.create_server((ADDRESS, 0)) as taken:
        port = taken.getsockname()[1]
        ended = run("demo", "--port", str(port), code=3)
    assert ended.out == ""
    # A busy machine also shows that Terraform initializes.
    assert ended.err.splitlines()[-1:] == [
        f"scaleproof: Port {port} of {ADDRESS} cannot be used: Address already in use. "
        "Omit the port to use a free one, or stop the program that uses it."
    ]


def test_a_package_without_the_example_names_it(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(scaleproof, "__file__", str(tmp_path / "scaleproof" / "__init__.py"))
    run("demo", code=2, says="There is no examples/complete here. Change to a checkout of the module.")
