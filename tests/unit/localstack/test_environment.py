"""LocalStack's own environment: which Python, and which release for it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.localstack import environment, interpreter
from scaleproof.localstack.interpreter import Interpreter, find_interpreter

HERE = Interpreter(Path(sys.executable), sys.version_info[:2])


@pytest.mark.parametrize(
    ("version", "release"), [((3, 11), "4.13.1"), ((3, 12), "4.13.1"), ((3, 13), "4.14.0")]
)
def test_each_python_gets_a_release_that_runs_on_it(
    version: tuple[int, int], release: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "find_interpreter", lambda: Interpreter(Path("python"), version))
    found = environment.describe()
    assert found.version == release
    assert "boto3==1.44.8\n" in found.pins
    assert "#" not in found.pins


def fake_python(directory: Path, name: str, script: str) -> None:
    directory.mkdir(exist_ok=True)
    (directory / name).write_text(f"#!/bin/sh\n{script}\n")
    (directory / name).chmod(0o755)


def test_a_python_that_does_not_run_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a version manager's shim for a Python that is not active."""
    monkeypatch.setattr(interpreter, "PREFERENCE", ((3, 99), HERE.version))
    monkeypatch.setenv("PATH", str(tmp_path / "shims"))
    fake_python(tmp_path / "shims", "python3.99", "echo command not found >&2; exit 127")
    assert find_interpreter().version == HERE.version


def test_the_best_python_wins_and_another_implementation_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interpreter, "PREFERENCE", ((3, 99), (3, 98)))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    fake_python(tmp_path / "bin", "python3.99", "echo pypy 3 99 1; echo /opt/pypy")
    fake_python(tmp_path / "bin", "python3.98", "echo cpython 3 98 1; echo /opt/python3.98")
    assert find_interpreter() == Interpreter(Path("/opt/python3.98"), (3, 98))


def test_without_any_the_message_names_the_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreter, "PREFERENCE", ((3, 99),))
    with pytest.raises(ScaleproofError, match=r"versions 3\.99; none was found"):
        find_interpreter()
