"""`scaleproof verify` against LocalStack: what it leaves however it ends, what it refuses; it asks first."""

from __future__ import annotations

import io
import json
import signal
from pathlib import Path

import pytest

from scaleproof.cli import clouds, main
from scaleproof.endpoints.live import endpoint_names
from scaleproof.localstack.connection import Connection
from scaleproof.localstack.start import LocalStack

from .running import Verification


def test_a_killed_run_is_destroyed_by_the_next_one(connection: Connection, tmp_path: Path) -> None:
    run = Verification(connection, tmp_path, "--only", "tags")
    run.until(lambda: endpoint_names(connection.client))
    run.process.kill()
    run.process.wait()
    assert run.left()
    run.start()
    code, document, said = run.ended()
    assert (code, document["stopped"]) == (0, ""), said
    assert said.count("which an earlier verification left.") == 1
    assert run.left() == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_an_interrupted_run_destroys_everything(
    number: signal.Signals, code: int, connection: Connection, tmp_path: Path
) -> None:
    run = Verification(connection, tmp_path, "--only", "idle")
    run.until(run.probes)
    run.process.send_signal(number)
    ended, _, said = run.ended()
    assert ended == code
    assert "plays the phase idle, and destroys everything." in said
    assert " is destroyed.\n" in said
    assert run.left() == []
    (file,) = tmp_path.glob("scaleproof-verify-*.jsonl")
    last = json.loads(file.read_text().splitlines()[-1])
    assert (last["kind"], last["document"]) == ("ended", {"why": "it was interrupted"})


def test_a_limit_stops_it_and_says_what_is_open(connection: Connection, tmp_path: Path) -> None:
    run = Verification(connection, tmp_path, "--max-minutes", "0.7")
    code, document, _ = run.ended()
    assert code == 1
    assert document["stopped"].endswith("--max-minutes allows 42 s")
    assert {one["verdict"] for one in document["findings"]} == {"open"}
    assert run.left() == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Name the account with --account"),
        (["--account", "1", "--json"], "--json needs --yes"),
        (["--account", "123456789012", "--live", "aws"], "what an instance-hour of ml.m5.xlarge costs"),
        (["--account", "123456789012", "--only", "party"], "'party' is not one of"),
        (["--from", __file__], "line 1 is no entry of a recording"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_done(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["verify", *words])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_another_account_is_refused(
    cloud: LocalStack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], account: str
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint_url)
    monkeypatch.setattr(clouds, "account", lambda _cloud: "210987654321")
    with pytest.raises(SystemExit) as ended:
        main(["verify", "--account", account, "--yes"])
    assert ended.value.code == 2
    assert f"The credentials are for account 210987654321, not {account}." in capsys.readouterr().err
    assert endpoint_names(cloud.connection(account).client) == []


@pytest.mark.parametrize("answer", ["n\n", ""])
def test_it_asks_first(
    answer: str,
    cloud: LocalStack,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    account: str,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint_url)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    with pytest.raises(SystemExit) as ended:
        main(["verify", "--account", account, *("--only", "tags", "--only", "idle") * 2])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.endswith("scaleproof: Nothing was applied. Answer y to go on, or add --yes.\n")
    assert "plays the phases idle, tags, and destroys everything." in said  # in their order, each once
    assert "It takes about 1 min 40 s." in said
    assert "Go on? [y/N]" in said
    assert list(tmp_path.iterdir()) == []
    assert endpoint_names(cloud.connection(account).client) == []
