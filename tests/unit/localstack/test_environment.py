"""LocalStack's own environment: its Python, its release, and the index of operations."""

import sys
from pathlib import Path

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.localstack import environment, interpreter
from scaleproof.localstack.interpreter import Interpreter, find_interpreter

HERE = Interpreter(Path(sys.executable), sys.version_info[:2])


@pytest.mark.parametrize(
    ("version", "release"),
    [((3, 11), "4.13.1"), ((3, 12), "4.13.1"), ((3, 13), "2026.3.0"), ((3, 14), "2026.3.0")],
)
def test_each_python_gets_a_release_that_runs_on_it(version, release, monkeypatch):
    monkeypatch.setattr(environment, "find_interpreter", lambda: Interpreter(Path("python"), version))
    found = environment.describe()
    assert found.version == release
    assert found.releases["boto3"] == "1.44.8"
    assert len(found.releases) > 100
    assert "#" not in found.pins


def fake_python(directory, name, script):
    directory.mkdir(parents=True, exist_ok=True)
    (directory / name).write_text(f"#!/bin/sh\n{script}\n")
    (directory / name).chmod(0o755)


@pytest.fixture
def places(tmp_path, monkeypatch):
    """A home without version managers and an empty PATH; Python 3.99 is preferred to 3.98."""
    monkeypatch.setattr(interpreter, "PREFERENCE", ((3, 99), (3, 98)))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    for name in ("PYENV_ROOT", "UV_PYTHON_INSTALL_DIR", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def python(version, implementation="cpython", wide=True):
    """What a Python prints when it is asked what it is."""
    return f"echo {implementation} {version.replace('.', ' ')} {wide}; echo /opt/python{version}"


FOUND = Interpreter(Path("/opt/python3.98"), (3, 98))


@pytest.mark.parametrize(
    "broken",
    [
        "echo command not found >&2; exit 127",  # a shim for a Python that is not active
        "echo command not found",
        python("3.99", "pypy"),
        python("3.99", "cpythont"),
        python("3.99", wide=False),
        python("3.97"),
    ],
)
def test_what_is_not_the_python_that_it_is_called_is_passed_over(places, broken):
    fake_python(places / "bin", "python3.99", broken)
    fake_python(places / "bin", "python3.98", f"echo 'shim: a notice'; {python('3.98')}")
    assert find_interpreter() == FOUND
    assert find_interpreter("Checkov", ((3, 97), (3, 98))) == FOUND


@pytest.mark.parametrize(
    ("variable", "value", "directory"),
    [
        (None, "", ".pyenv/versions/3.98.1/bin"),
        ("PYENV_ROOT", "pyenv", "pyenv/versions/3.98.1/bin"),
        (None, "", ".local/share/uv/python/cpython-3.98.2-linux-x86_64-gnu/bin"),
        ("XDG_DATA_HOME", "data", "data/uv/python/cpython-3.98.2-linux-x86_64-gnu/bin"),
        ("UV_PYTHON_INSTALL_DIR", "uv", "uv/cpython-3.98.2-linux-x86_64-gnu/bin"),
    ],
)
def test_the_pythons_of_version_managers_are_found(places, monkeypatch, variable, value, directory):
    """Be they active or not: the shim of one that is not only says so."""
    fake_python(places / "bin", "python3.98", "echo pyenv: python3.98: command not found >&2; exit 127")
    if variable:
        monkeypatch.setenv(variable, str(places / value))
    fake_python(places / directory, "python3.98", python("3.98"))
    # Of several the newest.
    older = directory.replace("3.98.1", "3.98.0").replace("3.98.2", "3.98.0")
    fake_python(places / older, "python3.98", "echo cpython 3 98 True; echo /older")
    assert find_interpreter() == FOUND


@pytest.mark.parametrize("home", ["~nobody-has-this-name/pyenv", "/somebody's"])
def test_a_version_manager_of_somebody_else_is_passed_over(places, monkeypatch, home):
    """Where its directory may not be read, `glob` raises until Python 3.13."""
    as_usual = Path.glob

    def glob(path, pattern):
        if str(path) == "/somebody's":
            raise PermissionError(13, "Permission denied", str(path))
        return as_usual(path, pattern)

    monkeypatch.setattr(Path, "glob", glob)
    monkeypatch.setenv("PYENV_ROOT", home)
    fake_python(places / "uv" / "cpython-3.98.2-linux-x86_64-gnu" / "bin", "python3.98", python("3.98"))
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(places / "uv"))
    assert find_interpreter() == FOUND


def test_the_python_on_path_goes_first(places):
    fake_python(places / ".pyenv/versions/3.98.1/bin", "python3.98", "echo cpython 3 98 True; echo /pyenv")
    fake_python(places / "bin", "python3.98", python("3.98"))
    assert find_interpreter() == FOUND


def test_the_python_that_runs_this_goes_first(places, monkeypatch):
    name = f"python{HERE.name}"
    fake_python(places / "bin", name, python(HERE.name))
    assert find_interpreter("It", [HERE.version]).path != Path(f"/opt/{name}")


def test_without_a_python_the_message_names_the_versions(monkeypatch):
    monkeypatch.setattr(interpreter, "PREFERENCE", ((3, 99),))
    with pytest.raises(ScaleproofError, match=r"LocalStack needs Python 3\.99\."):
        find_interpreter()
