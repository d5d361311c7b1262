"""LocalStack's own environment: its Python, its release, and the index of operations."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.localstack import environment, interpreter
from scaleproof.localstack.interpreter import Interpreter, find_interpreter
from scaleproof.localstack.pinned import Environment

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


@pytest.mark.parametrize("script", ["echo command not found >&2; exit 127", "echo command not found"])
def test_a_python_that_does_not_run_is_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    """Such as a version manager's shim for a Python that is not active."""
    monkeypatch.setattr(interpreter, "PREFERENCE", ((3, 99), HERE.version))
    monkeypatch.setenv("PATH", str(tmp_path / "shims"))
    fake_python(tmp_path / "shims", "python3.99", script)
    assert find_interpreter().version == HERE.version


def test_the_best_python_wins_and_other_implementations_are_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interpreter, "PREFERENCE", ((3, 99), (3, 98)))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    fake_python(tmp_path / "bin", "python3.99", "echo pypy 3 99 1; echo /opt/pypy")
    fake_python(
        tmp_path / "bin", "python3.98", "echo 'shim: a notice'; echo cpython 3 98 1; echo /opt/python3.98"
    )
    assert find_interpreter() == Interpreter(Path("/opt/python3.98"), (3, 98))


def test_without_a_python_the_message_names_the_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreter, "PREFERENCE", ((3, 99),))
    with pytest.raises(ScaleproofError, match=r"LocalStack needs Python 3\.99\."):
        find_interpreter()


@pytest.fixture
def unindexed(tmp_path: Path) -> Environment:
    """A copy of LocalStack's environment without the index."""
    built = environment.ensure()
    directory = tmp_path / "cache" / built.directory.name
    directory.mkdir(parents=True)
    for part in built.directory.iterdir():
        if part.name != "catalog":
            (directory / part.name).symlink_to(part)
    return replace(built, directory=directory)


def test_the_index_is_made_once_and_nothing_else_is_left(unindexed: Environment) -> None:
    before = {path.name for path in unindexed.directory.iterdir()}
    environment.ensure_index(unindexed)
    assert {path.name for path in unindexed.directory.iterdir()} == before | {"catalog"}
    (made,) = (unindexed.directory / "catalog").iterdir()
    stamp = made.stat().st_mtime_ns
    environment.ensure_index(unindexed)
    assert made.stat().st_mtime_ns == stamp


def test_an_index_that_cannot_be_made_is_left_out(unindexed: Environment, tmp_path: Path) -> None:
    (unindexed.directory / "bin").unlink()
    environment.ensure_index(unindexed)
    environment.link_index(unindexed, tmp_path / "filesystem")
    assert not (unindexed.directory / "catalog").exists()
    assert not (tmp_path / "filesystem").exists()
    assert list(unindexed.directory.glob("scaleproof-*")) == []
