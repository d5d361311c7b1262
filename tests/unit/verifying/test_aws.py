"""What a verification on AWS is given, without AWS: credentials, cost, and notes of killed runs."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from scaleproof.cli import verify_stage
from scaleproof.cli.clouds import Cloud
from scaleproof.cli.verify import _plan
from scaleproof.cli.verify_stage import Note
from scaleproof.errors import FailedError, ScaleproofError
from scaleproof.processes import notes
from scaleproof.verifying.limits import Limits

ACCOUNT = "210987654321"


class Session:
    """The user's session, whose credentials are new at each look."""

    def __init__(self, token: str | None = "t") -> None:
        self.looks, self.token = 0, token

    def get_credentials(self) -> Any:
        self.looks += 1
        found = SimpleNamespace(access_key=f"AKIA{self.looks}", secret_key="s", token=self.token)
        return SimpleNamespace(get_frozen_credentials=lambda: found)


def nothing(service: str) -> Any:
    raise AssertionError(f"{service} must not be called")


def aws(session: Any) -> Cloud:
    return Cloud(
        nothing, "eu-west-1", f"account {ACCOUNT}, region eu-west-1 of AWS", ACCOUNT, session=session
    )


@pytest.fixture
def note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Note:
    monkeypatch.setenv("SCALEPROOF_CACHE", str(tmp_path / "cache of mine"))
    directory = tmp_path / "root"
    directory.mkdir()
    (directory / "main.tf").write_text('variable "name" { type = string }\n')
    return Note("aws", ACCOUNT, "eu-west-1", "scaleproof-verify-ab12cd", str(directory), {"name": "x"})


def test_terraform_gets_the_users_credentials_as_they_are_now(
    note: Note, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "other")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    session = Session()
    with verify_stage._root(note, aws(session), None) as root:
        first, second = (root._runner().env for _ in range(2))
    assert (first["AWS_ACCESS_KEY_ID"], second["AWS_ACCESS_KEY_ID"]) == ("AKIA1", "AKIA2")
    assert (first["AWS_SESSION_TOKEN"], first["AWS_REGION"]) == ("t", "eu-west-1")
    assert "AWS_ENDPOINT_URL" not in first


def test_credentials_of_a_user_have_no_token(note: Note) -> None:
    assert "AWS_SESSION_TOKEN" not in verify_stage.credentials(note, aws(Session(token=None)))


def test_without_credentials_it_is_said(note: Note) -> None:
    with pytest.raises(FailedError, match="There are no credentials for AWS"):
        verify_stage.credentials(note, aws(SimpleNamespace(get_credentials=lambda: None)))


def killed(note: Note) -> None:
    """As if a command were killed: its note stays."""
    with pytest.raises(RuntimeError), notes.noted(note.file, vars(note)):
        raise RuntimeError


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            ClientError({"Error": {"Code": "ExpiredTokenException"}}, "DescribeAlarms"),
            "ExpiredTokenException",
        ),
        (KeyboardInterrupt(), "is not destroyed: KeyboardInterrupt."),
    ],
)
def test_what_could_not_be_destroyed_is_tried_again_in_its_own_region(
    error: BaseException, said: str, note: Note, capsys: pytest.CaptureFixture[str]
) -> None:
    """The next command works in another region, with other credentials or none."""
    killed(note)
    asked: list[tuple[str, str]] = []

    class Elsewhere(Session):
        def client(self, service: str, region_name: str) -> Any:
            asked.append((service, region_name))
            raise error

    for _ in range(2):
        with pytest.raises(type(error)):
            verify_stage.clear(replace(aws(Elsewhere()), region="us-east-1"), None)
    assert asked == [("cloudwatch", "eu-west-1")] * 2
    told = capsys.readouterr().err
    assert said in told
    assert f"Run `scaleproof verify --live aws --account {ACCOUNT}` again" in told
    assert note.file.exists()


def test_what_was_not_begun_leaves_no_note(note: Note, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERRAFORM", "/nowhere/terraform")
    with pytest.raises(ScaleproofError), verify_stage.applied(note, aws(Session()), None):
        pass
    assert not note.file.exists()


def test_what_is_in_another_cloud_is_told_and_not_touched(
    note: Note, capsys: pytest.CaptureFixture[str]
) -> None:
    killed(note)
    others = Cloud(nothing, "eu-west-1", "", "111122223333", session=Session())
    verify_stage.clear(others, None)
    said = capsys.readouterr().err
    assert f"scaleproof-verify-ab12cd of an earlier verification is still in account {ACCOUNT}" in said
    assert note.file.exists()


def test_what_runs_is_left_alone(note: Note, capsys: pytest.CaptureFixture[str]) -> None:
    with notes.noted(note.file, vars(note)):
        verify_stage.clear(aws(Session()), None)
    assert capsys.readouterr().err == ""


def test_a_localstack_that_has_ended_took_everything_with_it(note: Note) -> None:
    gone = Note("http://127.0.0.1:9", *list(vars(note).values())[1:])
    with notes.noted(gone.file, vars(gone)):
        gone.state.write_text("{}")
    verify_stage.clear(aws(Session()), None)
    assert not gone.file.exists()
    assert not gone.state.exists()


def test_cost_and_duration_are_said_first() -> None:
    limits = Limits(None, None, 0.25, 600.0, time.monotonic())
    lines = _plan(aws(Session()), "scaleproof-verify-1", "ml.m5.xlarge", limits, ["tags"], 3_000.0)
    assert "It takes about 1 h." in lines
    # Six instances for an hour.
    assert any(line.startswith("It costs at most $1.50 for instances at 0.25 USD an hour") for line in lines)
    assert "None of this has been run on AWS by those who wrote it." in lines
