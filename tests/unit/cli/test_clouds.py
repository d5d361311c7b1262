"""Commands that AWS is named to: they say which account they call, and never take a LocalStack for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Run

HERE = "http://127.0.0.1:9"
COMMANDS = {
    "simulate": ("--traffic", "steady"),
    "audit": ("speech",),
    "record": ("speech", "--output", "new.csv"),
    "measure": ("speech", "--objective", "latency:p95=1", "--body", "body.json"),
}


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_CLOUDWATCH"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_localstack_is_not_taken_for_aws(
    command: str, variable: str, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nothing listens there: whoever calls it before the refusal fails otherwise."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "body.json").write_text("{}")
    monkeypatch.setenv(variable, HERE)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "000000000000")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    ran = run(command, *COMMANDS[command], "--live", "aws", "--region", "us-east-1")
    assert ran.code == 2, ran.err
    assert f"--live aws, but AWS's variables or settings name {HERE}." in ran.err
    assert "of AWS" not in ran.err
