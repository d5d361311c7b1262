"""No command changes anything on AWS, and `measure` sends requests to the endpoint that is named.

Each command is led to a LocalStack that it takes for AWS, whose log knows every call.
"""

import pytest

from scaleproof.cli import app, clouds
from scaleproof.localstack import control
from tests.unit.emulator.conftest import target
from tests.unit.measuring.endpoints import make

from .test_measure import SUSPENDED

READS = ("Describe", "Get", "List")
AWS = ("--live", "aws:us-east-1")
COMMANDS = {
    "audit": ("audit", "speech", "--capture", "capture.json"),
    "compare": ("compare", "--traffic", "constant:level=1", "--max-concurrency", "ml.m5.xlarge=2", "--workers", "1"),
    "measure": ("measure", "speech", "--objective", "latency:p90=9", "--body", "body.json", "--max", "1"),
    "record": ("record", "speech", "--output", "recorded.csv"),
    "simulate": ("simulate", "--traffic", "constant:level=1", "--max-concurrency", "ml.m5.xlarge=2"),
}
"""Those that take `--live`."""
SHORT = ("--warm-up", "0.5", "--hold", "2", "--longest", "4", "--budget", "60")


def test_these_are_the_commands_that_can_name_aws():
    assert set(COMMANDS) == {
        name for name in app.COMMANDS if any("--live" in option.opts for option in app.command(name).params)
    }


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_only_reads(command, run, cloud, connection, tmp_path, monkeypatch):
    make(connection, {"answer": 0.01})
    connection.client("application-autoscaling").register_scalable_target(
        **target(), MinCapacity=1, MaxCapacity=3, SuspendedState=SUSPENDED
    )
    monkeypatch.chdir(tmp_path)
    (tmp_path / "body.json").write_text("{}")
    (tmp_path / "calls.csv").write_text("time,duration\n0,5\n60,5\n")
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint_url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", connection.account)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setattr(clouds, "_CONFIG", None)
    with control.recorded(connection) as calls:
        # Nothing to choose from three calls, and nothing to record where no metric is published yet.
        code = {"choose": 1, "record": 2}.get(command, 0)
        ran = run(*COMMANDS[command], *AWS, *(SHORT if command == "measure" else ()), code=code)
    operations = {call.operation for call in calls}
    assert operations, ran.err
    changing = {operation for operation in operations if not operation.startswith(READS)}
    assert changing == ({"InvokeEndpoint"} if command == "measure" else set()), ran.err
