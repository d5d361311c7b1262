"""LocalStack's own environment: which Python, built whole or not at all, once."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from scaleproof.cloud import environment, interpreter
from scaleproof.cloud.environment import Environment
from scaleproof.cloud.interpreter import Interpreter, find_interpreter
from scaleproof.errors import ScaleproofError

HERE = Interpreter(Path(sys.executable), sys.version_info[:2])


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """An environment that pins nothing and loads nothing, in a directory whose name has a space."""
    found = Environment(tmp_path / "my cache" / "localstack-py3.x", find_interpreter(), "")
    found.directory.parent.mkdir()
    use(found, monkeypatch)
    monkeypatch.setattr(environment, "_CHECK", "import pip")
    return found


def use(found: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "describe", lambda: found)


def test_what_is_built_is_used_again(small: Environment, capsys: pytest.CaptureFixture[str]) -> None:
    assert not small.built
    assert environment.ensure().built
    stamp = small.python.lstat().st_mtime_ns
    capsys.readouterr()
    assert environment.ensure() == small
    assert small.python.lstat().st_mtime_ns == stamp
    assert capsys.readouterr().err == ""
    output = subprocess.run([small.python, "-I", "-m", "pip", "--version"], capture_output=True, text=True)
    assert output.returncode == 0


def test_builds_in_parallel_are_one_build(small: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    built = []
    build = environment._build
    monkeypatch.setattr(environment, "_build", lambda wanted: (built.append(wanted), build(wanted)))
    with ThreadPoolExecutor(3) as pool:
        assert all(found.built for found in pool.map(lambda _: environment.ensure(), range(3)))
    assert len(built) == 1


@pytest.mark.parametrize(
    ("index", "reason"),
    [
        # Nothing listens on port 9.
        ({"PIP_INDEX_URL": "http://127.0.0.1:9/simple"}, "pip cannot reach its package index"),
        ({"PIP_NO_INDEX": "1"}, "find a version that satisfies the requirement localstack-core==0.0.1"),
    ],
)
def test_a_build_that_fails_leaves_nothing_that_looks_finished(
    small: Environment, index: dict[str, str], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (index | {"PIP_RETRIES": "1", "PIP_FIND_LINKS": ""}).items():
        monkeypatch.setenv(name, value)
    wanted = replace(small, pins="localstack-core==0.0.1\n")
    use(wanted, monkeypatch)
    with pytest.raises(ScaleproofError, match=reason) as raised:
        environment.ensure()
    assert "\n" not in str(raised.value)
    assert f"{wanted.directory}.log" in raised.value.advice
    assert not wanted.directory.exists()

    use(small, monkeypatch)  # the next attempt starts afresh
    assert environment.ensure().built


def test_one_that_lost_its_python_is_built_again(small: Environment) -> None:
    environment.ensure()
    small.python.unlink()
    small.python.symlink_to("/nonexistent/python")
    assert not small.built
    assert environment.ensure().built


def test_the_directory_is_keyed_by_what_is_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCALEPROOF_CACHE", str(tmp_path))
    first = environment.describe()
    assert first.directory.parent == tmp_path
    assert environment.describe() == first
    other = Interpreter(Path("/elsewhere/python"), first.interpreter.version)
    monkeypatch.setattr(environment, "find_interpreter", lambda: other)
    assert environment.describe().directory != first.directory


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
