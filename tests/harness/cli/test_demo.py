"""`scaleproof demo`: all the way, and nothing left."""

from __future__ import annotations

import json
import socket
import tempfile
from pathlib import Path

import pytest

from scaleproof.cloud import inventory
from scaleproof.cloud.localstack import ADDRESS, LocalStack
from scaleproof.terraform.diagnostics import ApplyFailed
from scaleproof.terraform.root import Root

from .conftest import EXAMPLES, Run


def test_the_complete_example(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    page = tmp_path / "report.html"
    shown = run("demo", "--report", page)
    assert shown.code == 0, shown.err
    for words in (
        "ApproximateBacklogSizePerInstance",
        "HasBacklogWithoutCapacity",
        "ml.g6e.2xlarge",
        "Invoked speech-realtime: AllTraffic answered",
        "and the success topic told of it",
        "A second plan is empty.",
        "A Monday in virtual time, with the policies that were applied:",
        "speech-realtime: 1 d of diurnal:peak=144 from Mon 05 Jan 2026 00:00 UTC",
        f"Report: {page}",
        "Destroyed: no endpoint and no resource is left.",
    ):
        assert words in shown.out
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("scaleproof-")] == []
    text = page.read_text()
    assert "speech-async" in text
    assert "Does the capacity follow the demand?" in text
    assert list((tmp_path / "cache of mine" / "demo").glob("*")) == []


def test_on_a_localstack_of_the_users_only_its_own_things_go(
    run: Run, cloud: LocalStack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint_url)
    shown = run("demo", EXAMPLES / "realtime", "--json", "--report", tmp_path / "report.html")
    assert shown.code == 0, shown.err
    report = json.loads(shown.out)
    assert report["left"] == []
    assert [request["kind"] for request in report["requests"]] == ["real-time"]
    (outcome,) = report["replay"]["outcomes"]
    assert outcome["result"]["totals"]["arrivals"] > 100
    assert "named in the environment" in report["parts"]["cloud"]
    assert cloud.connection().client("sts").get_caller_identity()


def test_when_it_fails_half_way_what_was_made_is_destroyed(
    run: Run, cloud: LocalStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint_url)
    seen = []
    plan = Root.plan

    def fail(root: Root) -> None:
        assert root.connection
        seen.append(root.connection)
        assert inventory.read(root.connection)
        raise ApplyFailed("plan it again", [])

    monkeypatch.setattr(Root, "plan", fail)
    ended = run("demo", EXAMPLES / "realtime")
    assert ended.code == 1
    assert "Terraform could not plan it again." in ended.err
    monkeypatch.setattr(Root, "plan", plan)
    assert inventory.read(seen[0]) == []


def test_a_port_that_is_taken_is_one_line_of_advice(run: Run) -> None:
    with socket.create_server((ADDRESS, 0)) as taken:
        port = taken.getsockname()[1]
        ended = run("demo", "--port", str(port))
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.splitlines() == [
        f"scaleproof: Port {port} of {ADDRESS} cannot be used: Address already in use. "
        "Leave the port out to take a free one, or end what listens there."
    ]
