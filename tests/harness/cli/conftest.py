"""Runs the command in this process and takes what it printed and its exit code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from scaleproof.cli import main
from scaleproof.cloud import environment

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
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
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither the caller's choices nor a LocalStack that stands already have a part in these tests."""
    for name in ("AWS_ENDPOINT_URL", "LOCALSTACK_HOST", "SCALEPROOF_DEBUG", "TERRAFORM"):
        monkeypatch.delenv(name, raising=False)
    # A cache of its own with LocalStack's environment in it, for commands that run as processes as well.
    built = environment.ensure().directory
    cache = tmp_path / "cache of mine"
    cache.mkdir()
    (cache / built.name).symlink_to(built)
    monkeypatch.setenv("SCALEPROOF_CACHE", str(cache))
