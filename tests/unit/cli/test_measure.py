"""`scaleproof measure` against endpoints in a LocalStack of the user's, whose capacity is known."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import wave
from pathlib import Path
from typing import Any

import pytest

from scaleproof.cli import clouds
from scaleproof.localstack.connection import Connection
from scaleproof.localstack.start import LocalStack
from scaleproof.measuring.load.generator import STREAMS_PYTHON
from tests.unit.emulator.clients.environments import environment
from tests.unit.emulator.conftest import M5, POOLS, target
from tests.unit.measuring.endpoints import make

from .conftest import Run

SHORT = ("--warm-up", "0.5", "--hold", "2", "--longest", "4", "--budget", "60", "--max", "16")
SUSPENDED = {
    "DynamicScalingInSuspended": True,
    "DynamicScalingOutSuspended": True,
    "ScheduledScalingSuspended": True,
}
SCHEDULED_ONLY = {name: name == "ScheduledScalingSuspended" for name in SUSPENDED}
PATIENCE = 60.0


class Place:
    """The command line for an account, and what is in that."""

    def __init__(self, run: Run, connection: Connection, body: Path) -> None:
        self.run, self.connection, self.body = run, connection, body

    def line(
        self, *words: str | Path, objective: str = "latency:p90=0.4", body: str | Path = ""
    ) -> list[str]:
        given = ["--account", self.connection.account, "--objective", objective, "--body", body or self.body]
        return [str(word) for word in ("measure", "speech", *given, *SHORT, *words)]

    def measure(self, *words: str | Path, **members: Any) -> Any:
        return self.run(*self.line(*words, **members))

    def register(self, **state: bool) -> None:
        self.connection.client("application-autoscaling").register_scalable_target(
            **target(), MinCapacity=1, MaxCapacity=3, SuspendedState=state
        )

    def state(self) -> dict[str, bool]:
        scaling = self.connection.client("application-autoscaling")
        (found,) = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
        assert (found["MinCapacity"], found["MaxCapacity"]) == (1, 3)
        return dict(found["SuspendedState"])


@pytest.fixture
def place(
    run: Run, cloud: LocalStack, connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Place:
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint_url)
    body = tmp_path / "body.json"
    body.write_text("{}")
    return Place(run, connection, body)


def found(ran: Any) -> int:
    """The answer of a run, which also names the block for the module."""
    assert ran.code == 0, ran.err
    document = json.loads(ran.out)
    assert document["answer"] == "found"
    assert f'instance_type = "{M5}"' in document["instance_pools"]
    return int(document["max_concurrency"])


FIVE_AT_A_TIME = {"answer": {"5": 0.1, "6": 1.0}}
"""So steep that a busy machine does not take five for six."""


def test_requests(place: Place) -> None:
    make(place.connection, FIVE_AT_A_TIME)
    assert found(place.measure("--json", objective="latency:p90=0.9")) == 5


def test_response_streams(place: Place) -> None:
    make(place.connection, FIVE_AT_A_TIME)
    ran = place.measure("--load", "response-streams", "--json", objective="first_chunk:p90=0.9")
    assert found(ran) == 5


def test_streams(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(STREAMS_PYTHON, str(environment("aws").python))
    # It refuses the fourth. How late answers are has tests below measuring/load.
    make(place.connection, {"slots": 3})
    audio = tmp_path / "speech.wav"
    with wave.open(str(audio), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8_000)
        file.writeframes(bytes(8_000 * 2))
    ran = place.measure(
        *("--load", "streams", "--json", "--hold", "2", "--longest", "10"),
        objective="lag:mean=20",
        body=audio,
    )
    assert found(ran) == 3


def test_a_dry_run_says_what_would_be_done(place: Place) -> None:
    make(place.connection)
    place.register()
    quotas = place.connection.client("service-quotas")
    pages = quotas.get_paginator("list_service_quotas").paginate(ServiceCode="sagemaker")
    (code,) = (
        one["QuotaCode"]
        for page in pages
        for one in page["Quotas"]
        if one["QuotaName"] == f"{M5} for endpoint usage"
    )
    quotas.request_service_quota_increase(ServiceCode="sagemaker", QuotaCode=code, DesiredValue=5)
    ran = place.measure("--dry-run", "--suspend", "--price", f"{M5}=0.23")
    assert ran.code == 0, ran.err
    for said in (
        f"speech has one instance of {M5} in service",
        f'The quota "{M5} for endpoint usage" is 5; endpoints use 1, which leaves room for 4 more.',
        "It takes 1 min at most",
        "0.00 USD at 0.23 USD an hour",
        "Its scaling is suspended meanwhile, and resumed afterwards.",
    ):
        assert said in ran.out
    assert not any(place.state().values())
    assert f"account {place.connection.account}, region us-east-1" in ran.err
    assert "With --price" in place.measure("--dry-run", "--suspend").out
    ran = place.measure("--dry-run", "--suspend", "--price", "ml.p5.48xlarge=1")
    assert (ran.code, f"There are {M5}. Correct the type" in " ".join(ran.err.split())) == (2, True)


def test_what_is_scaled_is_refused_or_suspended_and_resumed(place: Place) -> None:
    make(place.connection, {"answer": 0.05})
    place.register(**SCHEDULED_ONLY)
    ran = place.measure("--max", "1")
    assert (ran.code, ran.out) == (2, "")
    assert "speech is scaled" in ran.err
    assert "Add --suspend" in ran.err
    ran = place.measure("--max", "1", "--suspend", "--json")
    assert json.loads(ran.out)["answer"] == "beyond"
    assert place.state() == SCHEDULED_ONLY
    assert "The scaling of speech is resumed" in ran.err


def test_scaling_is_resumed_when_the_measurement_fails(place: Place, tmp_path: Path) -> None:
    make(place.connection)
    place.register()
    file = tmp_path / "bodies.py"
    file.write_text("def body(number):\n    return {}['x'] if number else b''\n")
    ran = place.measure("--suspend", body=f"{file}:body")
    assert ran.code == 2
    assert "bodies.py:body failed: KeyError: 'x' (line 2)" in ran.err
    assert not any(place.state().values())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_scaling_is_resumed_when_the_measurement_is_cut_short(place: Place, number: signal.Signals) -> None:
    make(place.connection, {"answer": 0.2})
    place.register(**SCHEDULED_ONLY)
    line = [sys.executable, "-m", "scaleproof", *place.line("--suspend", "--hold", "30", "--longest", "30")]
    with subprocess.Popen(line, stderr=subprocess.PIPE, start_new_session=True) as running:
        deadline = time.monotonic() + PATIENCE
        while place.state() != SUSPENDED:
            assert time.monotonic() < deadline
            assert running.poll() is None
            time.sleep(0.1)
        assert "resumed" not in place.run("down").err  # it is in use
        assert place.state() == SUSPENDED
        os.killpg(running.pid, number)
        running.wait(PATIENCE)
    if number == signal.SIGKILL:
        assert place.state() == SUSPENDED
        assert "The scaling of speech is resumed" in place.run("down").err
    else:
        assert running.returncode == 128 + number
    assert place.state() == SCHEDULED_ONLY
    assert "resumed" not in place.run("down").err


def test_a_note_of_another_cloud(place: Place, tmp_path: Path) -> None:
    kept = tmp_path / "cache of mine" / "suspended"
    kept.mkdir()
    note = {
        "cloud": "http://127.0.0.1:1",
        "account": "111122223333",
        "region": "eu-west-1",
        "endpoint": "speech",
        "variant": "AllTraffic",
        "before": {"scale_in": False, "scale_out": False, "scheduled": False},
    }
    (kept / "gone.json").write_text(json.dumps(note))
    (kept / "aws.json").write_text(json.dumps(note | {"cloud": "aws"}))
    (kept / "cut.json").write_text('{"cloud": "aw')
    for _ in range(2):  # AWS is not called before it is named
        ran = place.run("down")
        assert ran.code == 0
        assert "speech in account 111122223333, region eu-west-1 of AWS is suspended" in ran.err
        assert "scaleproof resume" in ran.err
    assert [file.name for file in kept.iterdir()] == ["aws.json"]


def test_an_endpoint_that_serves_others_is_refused(place: Place) -> None:
    make(place.connection, {"answer": 0.05})
    runtime = place.connection.client("sagemaker-runtime")
    runtime.invoke_endpoint(EndpointName="speech", Body=b"")
    deadline = time.monotonic() + PATIENCE
    while (ran := place.measure("--dry-run")).code == 0:
        assert time.monotonic() < deadline
        time.sleep(1)
    assert (ran.code, ran.out) == (2, "")
    assert "speech serves others: 1 requests in the last 5 minutes" in ran.err
    assert place.measure("--dry-run", "--shared").code == 0


def test_each_type_gets_an_endpoint_of_its_own(place: Place) -> None:
    make(place.connection, InstancePools=POOLS, InstanceType=None)
    ran = place.measure("--each")
    assert ran.code == 0, ran.err
    assert 'module "speech_g6_2xlarge"' in ran.out
    assert '{ instance_type = "ml.g6e.2xlarge", max_concurrency = 1 }' in ran.out
    assert "capacity = { min = 1, max = 1 }" in ran.out
    assert "ml.g6.2xlarge: The quota" in ran.err


def test_endpoints_that_cannot_be_measured(place: Place) -> None:
    ran = place.measure()
    assert ran.code == 2
    assert "There is no endpoint speech. There is none at all." in ran.err
    make(place.connection, InitialInstanceCount=2)
    ran = place.measure()
    assert ran.code == 2
    assert f"speech has not exactly one instance: 2 of {M5}." in ran.err
    assert "DesiredInstanceCount=1" in ran.err
    output = {"AsyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://results/"}}}
    make(place.connection, name="queue", members=output)
    ran = place.run(*[word.replace("speech", "queue") for word in place.line()])
    assert (ran.code, "queue is asynchronous" in ran.err) == (2, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--body", "none.json"), "The body"),
        (("--load", "streams"), "body.json is no WAV file"),
        (("--rate", "32000"), "are for --load streams"),
        (("--load", "streams", "--rate", "0.5"), "lasts 4.0 s, but a level is judged after 2 s"),
        (("--dry-run", "--json"), "leave it out with --dry-run"),
        (("--price", "x"), "not of the form TYPE=NUMBER"),
    ],
)
def test_options_are_checked_before_anything_is_called(
    run: Run, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    body = tmp_path / "body.json"
    body.write_text("{}")
    given = () if "--body" in words else ("--body", body)
    ran = run("measure", "speech", "--objective", "latency:p95=1", *given, *SHORT, *words)
    assert (ran.code, said in ran.err) == (2, True), ran.err


def test_aws_is_named_or_not_called(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = tmp_path / "body.json"
    body.write_text("{}")
    line = ("measure", "speech", "--objective", "latency:p95=1", "--body", body)
    ran = run(*line)
    assert (ran.code, "There is no LocalStack." in ran.err) == (2, True)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    ran = run(*line, "--live", "aws", "--region", "us-east-1")
    assert ran.code == 3
    assert "AWS does not say who is calling: Unable to locate credentials. Give credentials" in ran.err


def test_resume_and_live_aws_use_the_credentials_of_the_user(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user's settings lead a client of AWS to LocalStack, which a test may take for AWS."""
    make(place.connection)
    place.register(**SUSPENDED)
    assert "Nothing is suspended." in place.run("resume").err
    kept = tmp_path / "cache of mine" / "suspended"
    kept.mkdir()
    note = {"cloud": "aws", "region": "us-east-1", "endpoint": "speech", "variant": "AllTraffic"}
    before = {"scale_in": False, "scale_out": False, "scheduled": True}
    file = kept / "left.json"
    file.write_text(json.dumps(note | {"account": place.connection.account, "before": before}))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", place.connection.account)
    for line in (["resume"], place.line("--live", "aws", "--region", "us-east-1")):
        ran = place.run(*line)
        assert (ran.code, place.state()) == (2, SUSPENDED)
        assert "Measuring" not in ran.err  # the cloud was not asked
        assert "AWS is named, but its variables or settings lead to http://127.0.0.1" in ran.err
    monkeypatch.setattr(clouds, "belongs_to_aws", lambda _url: True)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "911111111111")
    ran = place.run("resume")
    assert (ran.code, place.state()) == (2, SUSPENDED)
    assert "Nothing is suspended in account 911111111111." in ran.err
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", place.connection.account)
    ran = place.run("resume")
    assert ran.code == 0, ran.err
    assert place.state() == SCHEDULED_ONLY
    assert not file.exists()
