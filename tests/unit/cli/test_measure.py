"""`scaleproof measure` against endpoints in a LocalStack of the user's, whose capacity is known."""

from __future__ import annotations

import json
import shlex
import time
import wave
from pathlib import Path
from typing import Any

import pytest

from scaleproof.localstack.connection import Connection
from scaleproof.localstack.start import LocalStack
from scaleproof.measuring.before.subject import HANDFUL, Traffic
from scaleproof.measuring.load.generator import STREAMS_PYTHON
from tests.unit.emulator.clients.environments import environment
from tests.unit.emulator.conftest import M5, target
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
    quotas = place.connection.client("service-quotas")
    pages = quotas.get_paginator("list_service_quotas").paginate(ServiceCode="sagemaker")
    (code,) = (
        one["QuotaCode"]
        for page in pages
        for one in page["Quotas"]
        if one["QuotaName"] == f"{M5} for endpoint usage"
    )
    quotas.request_service_quota_increase(ServiceCode="sagemaker", QuotaCode=code, DesiredValue=5)
    ran = place.measure("--dry-run", "--price", f"{M5}=0.23")
    assert ran.code == 0, ran.err
    for said in (
        f"speech has one instance of {M5} in service",
        f'The quota "{M5} for endpoint usage" is 5; endpoints use 1, which leaves room for 4 more.',
        "It takes 1 min at most",
        "0.00 USD at 0.23 USD an hour",
    ):
        assert said in ran.out
    assert f"account {place.connection.account}, region us-east-1" in ran.err
    assert "With --price" in place.measure("--dry-run").out
    ran = place.measure("--dry-run", "--price", "ml.p5.48xlarge=1")
    assert (ran.code, f"There are {M5}. Correct the type" in " ".join(ran.err.split())) == (2, True)


def called(place: Place, line: str) -> None:
    """Does what a line of the AWS CLI does."""
    _, _, operation, *words = shlex.split(line)
    options = dict(zip(words[::2], words[1::2], strict=True))
    assert options.pop("--endpoint-url") == place.connection.endpoint_url
    assert options.pop("--region") == place.connection.region
    members = dict(pair.split("=") for pair in options.pop("--suspended-state").split(","))
    scaling = place.connection.client("application-autoscaling")
    getattr(scaling, operation.replace("-", "_"))(
        **{"".join(map(str.title, option[2:].split("-"))): value for option, value in options.items()},
        SuspendedState={name: value == "true" for name, value in members.items()},
    )


def test_what_is_scaled_is_refused_with_the_lines_that_suspend_and_resume(place: Place) -> None:
    make(place.connection, {"answer": 0.05})
    place.register(**SCHEDULED_ONLY)
    ran = place.measure("--max", "1")
    assert (ran.code, ran.out) == (2, "")
    assert "speech is scaled" in ran.err
    suspend, resume = (line for line in ran.err.splitlines() if "register-scalable-target" in line)
    called(place, suspend)
    assert place.state() == SUSPENDED
    ran = place.measure("--max", "1", "--json")
    assert json.loads(ran.out)["answer"] == "beyond"
    assert place.state() == SUSPENDED
    called(place, resume)
    assert place.state() == SCHEDULED_ONLY


def test_a_failing_body_ends_the_measurement(place: Place, tmp_path: Path) -> None:
    make(place.connection)
    file = tmp_path / "bodies.py"
    file.write_text("def body(number):\n    return {}['x'] if number else b''\n")
    ran = place.measure(body=f"{file}:body")
    assert ran.code == 2
    assert "bodies.py:body failed: KeyError: 'x' (line 2)" in ran.err


@pytest.mark.parametrize(("requests", "code"), [(2, 0), (HANDFUL + 1, 2)])
def test_what_others_send_is_said_and_much_of_it_is_refused(place: Place, requests: int, code: int) -> None:
    make(place.connection, {"answer": 0.01})
    runtime = place.connection.client("sagemaker-runtime")
    for _ in range(requests):
        runtime.invoke_endpoint(EndpointName="speech", Body=b"")
    deadline = time.monotonic() + PATIENCE
    said = f"speech serves others: {requests} requests in the last 5 minutes"
    while said not in (ran := place.measure("--dry-run")).out + ran.err:
        assert time.monotonic() < deadline, ran
        time.sleep(1)
    assert ran.code == code


def test_streams_that_began_earlier_are_refused(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are no requests of the last minutes, but they are load."""
    make(place.connection)
    monkeypatch.setattr("scaleproof.cli.measure.traffic", lambda *_: Traffic(invocations=0, concurrency=3))
    ran = place.measure("--dry-run")
    assert (ran.code, "up to 3 in flight" in ran.err) == (2, True)


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
