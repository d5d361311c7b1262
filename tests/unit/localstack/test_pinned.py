"""Environments of pinned releases are built once, completely or not at all."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from scaleproof.errors import ScaleproofError
from scaleproof.localstack import pinned
from scaleproof.localstack.interpreter import Interpreter, find_interpreter
from scaleproof.localstack.pinned import Environment


@pytest.fixture
def small(tmp_path: Path) -> Environment:
    """An environment that pins nothing and loads nothing, in a directory whose name has a space."""
    directory = tmp_path / "my cache" / "checkov-py3.x"
    directory.parent.mkdir()
    return Environment("Checkov", "checkov", directory, find_interpreter(), "", "import pip")


def test_parallel_builds_are_one_build_that_is_used_again(
    small: Environment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    builds = []
    build = pinned._build
    monkeypatch.setattr(pinned, "_build", lambda wanted: (builds.append(wanted), build(wanted)))
    assert not small.built
    with ThreadPoolExecutor(3) as pool:
        assert all(found.built for found in pool.map(lambda _: pinned.ensure(small), range(3)))
    assert len(builds) == 1
    stamp = small.python.lstat().st_mtime_ns
    capsys.readouterr()
    assert pinned.ensure(small) == small
    assert small.python.lstat().st_mtime_ns == stamp
    assert capsys.readouterr().err == ""
    output = subprocess.run([small.python, "-I", "-m", "pip", "--version"], capture_output=True, text=True)
    assert output.returncode == 0
    # An environment without a working interpreter is built again.
    small.python.unlink()
    small.python.symlink_to("/nonexistent/python")
    assert not small.built
    assert pinned.ensure(small).built


def test_a_build_that_fails_leaves_nothing_that_looks_finished(
    small: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    pinned_to_nothing = replace(small, pins="checkov==0.0.1\n")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PIP_RETRIES", "1")
    for wanted, variable, value, reason in (
        # Nothing listens on port 9.
        (
            pinned_to_nothing,
            "PIP_INDEX_URL",
            "http://127.0.0.1:9/simple",
            "pip cannot reach its package index",
        ),
        (
            pinned_to_nothing,
            "PIP_NO_INDEX",
            "1",
            "find a version that satisfies the requirement checkov==0.0.1",
        ),
        (replace(small, check="import checkov"), "PIP_NO_INDEX", "1", "No module named 'checkov'"),
    ):
        with monkeypatch.context() as changed:
            changed.setenv(variable, value)
            with pytest.raises(ScaleproofError, match=reason) as raised:
                pinned.ensure(wanted)
        assert str(raised.value).startswith("Checkov's environment could not be built")
        assert "\n" not in str(raised.value)
        assert f"{wanted.directory}.log" in raised.value.advice
        assert not wanted.directory.exists()
    assert pinned.ensure(small).built  # the next attempt starts again


def wheel(directory: Path, version: str) -> None:
    """Makes a distribution `tiny` with one module."""
    information = f"tiny-{version}.dist-info"
    files = {
        "tiny.py": f'VERSION = "{version}"\n',
        f"{information}/METADATA": f"Metadata-Version: 2.1\nName: tiny\nVersion: {version}\n",
        f"{information}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},,{len(text)}\n" for name, text in files.items()) + f"{information}/RECORD,,\n"
    with zipfile.ZipFile(directory / f"tiny-{version}-py3-none-any.whl", "w") as made:
        for name, text in {**files, f"{information}/RECORD": record}.items():
            made.writestr(name, text)


def test_a_damaged_environment_is_found_and_built_again(
    small: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every use checks the packages. `check_files` also checks each file."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    wheel(tmp_path, "1.0")
    wanted = replace(small, pins='tiny==1.0\nnot-here==1.0; python_version < "3"\n', check="import tiny")
    pinned.ensure(wanted)
    assert pinned.damage(wanted) is None

    (site,) = wanted.directory.glob("lib/python*/site-packages")
    package, module = site / "tiny-1.0.dist-info", site / "tiny.py"
    changed = "tiny.py is missing or changed"
    with moved(package, site / "tiny-1.1.dist-info"):
        assert pinned.damage(wanted, files=False) == "tiny is 1.1 and not 1.0"
    with moved(package / "RECORD", package / "RECORD.partial"):
        assert pinned.damage(wanted, files=False) == "tiny is incomplete"
    with moved(module, site / "other.py"):
        assert (pinned.damage(wanted), pinned.damage(wanted, files=False)) == (changed, None)

    record = (package / "RECORD").read_text()
    for text, found in (("", "tiny is incomplete"), ("tiny.py", f"{package.name}/RECORD is missing or")):
        (package / "RECORD").write_text(text)
        assert str(pinned.damage(wanted)).startswith(found)
    (package / "RECORD").write_text(record)

    for destroy, check_files, found in (
        (lambda: shutil.rmtree(package), False, "tiny is missing"),
        (lambda: module.write_text("VERSION"), True, changed),
    ):
        destroy()
        capsys.readouterr()
        pinned.ensure(wanted, check_files=check_files)
        assert f"The environment of Checkov is damaged: {found}." in capsys.readouterr().err
        assert pinned.damage(wanted) is None


@contextmanager
def moved(path: Path, elsewhere: Path) -> Iterator[None]:
    path.rename(elsewhere)
    yield
    elsewhere.rename(path)


def test_the_directory_depends_on_its_contents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCALEPROOF_CACHE", str(tmp_path))

    def cached(text: str = "checkov==1.0\n", python: str = "/usr/bin/python3.13") -> Environment:
        return pinned.cached("Checkov", "checkov", Interpreter(Path(python), (3, 13)), text, check="")

    assert cached().directory.parent == tmp_path
    assert cached().directory.name.startswith("checkov-py3.13-")
    assert cached() == cached("# why\ncheckov==1.0\n\n")
    different = [cached(), cached("checkov==1.1\n"), cached(python="/elsewhere/python")]
    assert len({found.directory for found in different}) == 3
    assert [found.version for found in different] == ["1.0", "1.1", "1.0"]
