"""Runs the command in this process and takes what it printed and its exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from scaleproof.cli import main
from scaleproof.pytest_plugin.fixtures import PlanRoot

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
ENDPOINT = Path(__file__).resolve().parents[1] / "roots" / "endpoint"
"""A root that is applied in a third of the time of an example, where the example has no part in the claim."""
IMAGE = [
    "--var",
    "region=us-east-1",
    "--var",
    "image=123456789012.dkr.ecr.us-east-1.amazonaws.com/speech:1.4",
]


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str | Path) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        assert "Traceback" not in printed.out + printed.err
        return Ran(int(ended.value.code or 0), printed.out, printed.err)

    return call


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, new_cache: Callable[[Path], Path]) -> None:
    """Neither the caller's choices nor a LocalStack that stands already have a part in these tests."""
    for name in ("AWS_ENDPOINT_URL", "LOCALSTACK_HOST", "SCALEPROOF_DEBUG", "TERRAFORM"):
        monkeypatch.delenv(name, raising=False)
    # A cache of its own with LocalStack's environment in it, for commands that run as processes as well.
    monkeypatch.setenv("SCALEPROOF_CACHE", str(new_cache(tmp_path / "cache of mine")))


@pytest.fixture(scope="session")
def planned(tmp_path_factory: pytest.TempPathFactory, plan: PlanRoot) -> Path:
    """The JSON plan of the complete example: a real-time endpoint and an asynchronous one."""
    file = tmp_path_factory.mktemp("plan") / "plan.json"
    made = plan(EXAMPLES / "complete", region="us-east-1", image=IMAGE[-1].partition("=")[2])
    file.write_text(json.dumps(made.raw))
    return file
