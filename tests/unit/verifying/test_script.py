"""What phases make of answers that LocalStack does not give."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
from botocore.exceptions import ClientError

from scaleproof.verifying.limits import Limits
from scaleproof.verifying.recording import Entry, Kind, Recorder, load
from scaleproof.verifying.script import AWS, Script, Stage

RUN = "scaleproof-verify-ab12cd"


class Answers:
    """Clients of an endpoint that is in service, with answers of their own to some operations."""

    def __init__(self) -> None:
        self.made: dict[str, MagicMock] = {}
        self.now = 0.0
        variant = {"DesiredInstanceCount": 1, "CurrentInstanceCount": 1}
        sagemaker = self("sagemaker")
        sagemaker.describe_endpoint.return_value = {
            "EndpointStatus": "InService",
            "EndpointConfigName": f"{RUN}-first",
            "EndpointArn": "arn",
            "ProductionVariants": [variant],
        }
        sagemaker.list_tags.return_value = {"Tags": []}
        sagemaker.list_endpoint_configs.return_value = {
            "EndpointConfigs": [{"EndpointConfigName": f"{RUN}-{name}"} for name in ("second", "first")]
        }
        self.changes("SUCCESS")
        described = {"ResourceDescription": {"Properties": "{}"}}
        self("cloudcontrol").get_resource.return_value = described

    def __call__(self, service: str) -> MagicMock:
        return self.made.setdefault(service, MagicMock())

    def changes(self, *statuses: str) -> None:
        """What Cloud Control says of a change, look by look; the last one stays."""
        left = list(statuses)

        def progress(**_: Any) -> Any:
            return {"ProgressEvent": {"OperationStatus": left.pop(0) if len(left) > 1 else left[0]}}

        self("cloudcontrol").get_resource_request_status.side_effect = progress

    def play(self, phase: str, file: Path) -> list[Entry]:
        """Plays a phase in no time; what it records."""
        limits = Limits(None, None, 0.0, 0.0, 0.0, sleeping=self._sleep, clock=lambda: self.now)
        with Recorder(file) as recorder:
            stage = Stage(self, "e", "AllTraffic", "ml.m5.xlarge", RUN, AWS, MagicMock(), MagicMock())
            Script(stage, recorder, limits, 0.0).play([phase])
        return list(load(file).entries)

    def _sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    made = Answers()
    monkeypatch.setattr("scaleproof.verifying.subject.time.monotonic", lambda: made.now)
    return made


@pytest.mark.parametrize(
    ("code", "call"), [("ValidationException", "unknown alarm"), ("AccessDeniedException", "UpdateEndpoint")]
)
def test_only_what_is_wrong_with_it_refuses_an_alarm(
    code: str, call: str, answers: Answers, tmp_path: Path
) -> None:
    """Without the permission nothing is known of alarms."""
    error = ClientError({"Error": {"Code": code, "Message": "No."}}, "UpdateEndpoint")
    answers("sagemaker").update_endpoint.side_effect = error
    found = [one for one in answers.play("failed", tmp_path / "run.jsonl") if one.kind is Kind.REFUSED]
    assert [one.document["call"] for one in found] == [call]


def test_a_second_configuration_is_made_once(answers: Answers, tmp_path: Path) -> None:
    """An update to it may have failed before."""
    answers.play("failed", tmp_path / "run.jsonl")
    answers("sagemaker").create_endpoint_config.assert_not_called()
    names = [call.kwargs["EndpointConfigName"] for call in answers("sagemaker").update_endpoint.mock_calls]
    assert names == [f"{RUN}-second"]


def test_a_change_that_waits_to_be_started_is_not_over(answers: Answers, tmp_path: Path) -> None:
    answers.changes(*["PENDING"] * 90, "SUCCESS")
    answers.play("tags", tmp_path / "run.jsonl")
    assert answers("cloudcontrol").get_resource_request_status.call_count > 90


class PutError(Exception):
    """The policy was put."""


@pytest.mark.parametrize("second", [43.5, 53.5])
def test_target_tracking_looks_at_no_minute_that_is_just_over(
    second: float, answers: Answers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether that counts is another assumption: with one of its answers, all of this one look alike."""
    monkeypatch.setattr("scaleproof.verifying.script.time.time", lambda: 6_000_000.0 + second + answers.now)
    answers("application-autoscaling").put_scaling_policy.side_effect = PutError
    with pytest.raises(PutError):
        answers.play("tracking", tmp_path / "run.jsonl")
    assert 10 <= (second + answers.now) % 60 < 58
