"""Environments of pinned releases are built once, completely or not at all."""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from scaleproof.errors import ScaleproofError
from scaleproof.localstack import pinned
from scaleproof.localstack.interpreter import Interpreter, find_interpreter
from scaleproof.localstack.pinned import Environment
from tests.unit.waiting import alive, until


def wheel(directory, version="1.0"):
    """Makes a distribution `tiny` with one module. Returns its pin."""
    information = f"tiny-{version}.dist-info"
    files = {
        "tiny.py": f'VERSION = "{version}"\n',
        f"{information}/METADATA": f"Metadata-Version: 2.1\nName: tiny\nVersion: {version}\n",
        f"{information}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},,{len(text)}\n" for name, text in files.items()) + f"{information}/RECORD,,\n"
    path = directory / f"tiny-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as made:
        for name, text in {**files, f"{information}/RECORD": record}.items():
            made.writestr(name, text)
    return pin(path, version)


def pin(path, version="1.0"):
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return f"tiny=={version} \\\n    --hash=sha256:{digest}\n"


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """An environment with one package, in a directory whose name has a space."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    directory = tmp_path / "my cache" / "tiny-py3.x"
    directory.parent.mkdir()
    return Environment("Tiny", "tiny", directory, find_interpreter(), wheel(tmp_path), "import tiny")


def test_parallel_builds_are_one_build_that_is_used_again(tiny, monkeypatch, capsys):
    builds = []
    build = pinned._build
    monkeypatch.setattr(pinned, "_build", lambda wanted: (builds.append(wanted), build(wanted)))
    assert not tiny.built
    with ThreadPoolExecutor(3) as pool:
        assert all(found.built for found in pool.map(lambda _: pinned.ensure(tiny), range(3)))
    assert len(builds) == 1
    shown = capsys.readouterr().err
    assert "Building the environment of Tiny 1.0 for Python" in shown
    assert "once (1 packages)" in shown
    stamp = tiny.python.lstat().st_mtime_ns
    assert pinned.ensure(tiny) == tiny
    assert tiny.python.lstat().st_mtime_ns == stamp
    assert capsys.readouterr().err == ""
    output = subprocess.run([tiny.python, "-I", "-c", "import tiny"], capture_output=True, text=True)
    assert output.returncode == 0
    assert {path.name for path in tiny.directory.parent.iterdir()} == {
        tiny.directory.name,
        f"{tiny.directory.name}.lock",
        f"{tiny.directory.name}.log",
    }
    # An environment without a working interpreter is built again.
    tiny.python.unlink()
    tiny.python.symlink_to("/nonexistent/python")
    assert not tiny.built
    assert pinned.ensure(tiny).built


def test_a_user_s_own_settings_of_pip_decide_only_where_packages_come_from(tiny, monkeypatch, tmp_path):
    (tmp_path / "constraints").write_text("tiny==2.0\n")
    for name, value in {
        "PIP_CONSTRAINT": str(tmp_path / "constraints"),
        "PIP_REQUIRE_VIRTUALENV": "1",
        "PIP_USER": "1",
        "PIP_NO_BINARY": ":all:",
        "PYTHONPATH": str(tmp_path / "nowhere"),
        "PYTHONHOME": str(tmp_path / "nowhere"),
    }.items():
        monkeypatch.setenv(name, value)
    assert pinned.ensure(tiny).built


# Nothing listens on port 9.
UNREACHABLE = {
    "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
    "PIP_NO_INDEX": "0",
    "PIP_FIND_LINKS": "",
    "PIP_RETRIES": "1",
}


@pytest.mark.parametrize(
    ("changes", "variables", "reason", "advice"),
    [
        ({}, UNREACHABLE, "pip cannot reach its package index.", "Check the network or the index"),
        (
            {"pins": "tiny==0.1 --hash=sha256:00\n"},
            {},
            "Could not find a version that satisfies the requirement tiny==0.1 (from",
            "",
        ),
        ({"pins": f"tiny==1.0 --hash=sha256:{'0' * 64}\n"}, {}, "THESE PACKAGES DO NOT MATCH THE HASHES", ""),
        ({"pins": "tiny==1.0\n"}, {}, "Hashes are required in --require-hashes mode", ""),
        ({"check": "import other"}, {}, "ModuleNotFoundError: No module named 'other'.", ""),
        ({"check": "exit('Errno 28')"}, {}, "the disk is full.", "Free 1 GB, or set SCALEPROOF_CACHE"),
        ({"check": "exit(1)"}, {}, "no output.", ""),
        ({"check": "exit('ERROR: Exception:\\nValueError: x')"}, {}, "ValueError: x.", ""),
    ],
)
def test_a_build_that_fails_leaves_nothing_that_looks_finished(
    tiny,
    monkeypatch,
    changes,
    variables,
    reason,
    advice,
):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ScaleproofError) as raised:
        pinned.ensure(replace(tiny, **changes))
    assert raised.value.message.startswith(f"Tiny's environment could not be built: {reason}")
    assert raised.value.message.endswith(".")
    assert "\n" not in str(raised.value)
    assert raised.value.advice.startswith(advice or f"The log is {tiny.directory}.log.")
    assert not tiny.directory.exists()
    with FileLock(f"{tiny.directory}.lock", timeout=0):
        pass  # whoever still has the error keeps nobody from building


def test_the_attempt_after_a_failure_starts_again(tiny, monkeypatch):
    shown = []

    @contextmanager
    def step(text):
        shown.append(text)
        yield shown.append

    monkeypatch.setattr(pinned, "step", step)
    with pytest.raises(ScaleproofError, match="could not be built: it does not load"):
        pinned.ensure(replace(tiny, check="exit('it does not load')"))
    log = Path(f"{tiny.directory}.log")
    assert "Successfully installed tiny-1.0" in log.read_text()
    assert log.read_text().endswith("it does not load\n")
    steps = ["Creating the environment", "Fetching Tiny", "Fetching Tiny: 1 of 1 packages", "Installing 1 packages"]
    assert shown == [*steps, "Checking that Tiny loads"]
    assert pinned.ensure(tiny).built
    assert "it does not load" not in log.read_text()
    assert shown[5:] == shown[:5]


def test_temporary_files_of_a_build_go_with_the_next(tiny, monkeypatch):
    """A pip that is killed leaves a hundred megabytes."""
    script = "import tempfile; print('ERROR:', tempfile.mkdtemp()); raise SystemExit(1)"
    with monkeypatch.context() as leaves:
        leaves.setattr(pinned, "_PIP", (sys.executable, "-c", script))
        with pytest.raises(ScaleproofError, match="could not be built: ") as raised:
            pinned.ensure(tiny)
    left = Path(raised.value.message.partition("built: ")[2].rstrip("."))
    assert left.is_dir()
    assert pinned.ensure(tiny).built
    assert not left.exists()
    assert sorted(path.name for path in tiny.directory.iterdir())[-1] == "pyvenv.cfg"


def test_ctrl_c_ends_what_is_run_for_a_build_at_once(tiny, tmp_path):
    """The next build may begin: two would write to one directory."""
    deaf = "import os, signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN)"
    pids = []

    def interrupted(line):
        pids.append(int(line))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pinned._run(
            tiny,
            [sys.executable, "-c", f"{deaf}; print(os.getpid(), flush=True); time.sleep(60)"],
            tmp_path / "log",
            interrupted,
        )
    until(lambda: not alive(*pids), 10)


def test_a_package_that_would_have_to_be_built_is_refused(tiny, tmp_path):
    """Its set-up would run code, with tools that no pin names."""
    (tmp_path / "setup.py").write_text("raise SystemExit('it ran')\n")
    with tarfile.open(tmp_path / "tiny-3.0.tar.gz", "w:gz") as made:
        made.add(tmp_path / "setup.py", "tiny-3.0/setup.py")
    with pytest.raises(ScaleproofError, match=r"satisfies the requirement tiny==3\.0"):
        pinned.ensure(replace(tiny, pins=pin(tmp_path / "tiny-3.0.tar.gz", "3.0")))
    assert "it ran" not in Path(f"{tiny.directory}.log").read_text()


def test_a_build_removes_what_nothing_has_used_for_a_month(tiny, capsys):
    """As the environments of former releases: 0.5 GB for each of LocalStack's."""
    cache, month = tiny.directory.parent, 30 * 86_400.0
    for name, age in (("old", month + 60), ("recent", month - 60), ("running", month + 60)):
        (cache / name).mkdir()
        (cache / f"{name}.log").touch()
        (cache / name / "pins.txt").touch()
        os.utime(cache / name / "pins.txt", (0, time.time() - age))
    (cache / "logs").mkdir()
    with replace(tiny, directory=cache / "running").used() as use:
        holding = subprocess.Popen(["sleep", "60"], pass_fds=[use])
    try:
        pinned.ensure(tiny)
        assert f"Removing {cache / 'old'}, which nothing has used for 30 days" in capsys.readouterr().err
        left = {"recent", "recent.log", "running", "running.log", "logs", "tiny-py3.x"}
        assert {path.name for path in cache.iterdir()} - left == {"tiny-py3.x.lock", "tiny-py3.x.log"}
        assert left <= {path.name for path in cache.iterdir()}
    finally:
        holding.kill()
        holding.wait()
    os.utime(tiny.directory / "pins.txt", (0, 0))
    pinned.ensure(tiny)  # a use
    shutil.rmtree(cache / "recent")
    pinned.ensure(replace(tiny, directory=cache / "other"))
    assert tiny.built
    assert not (cache / "running").exists()


def test_the_directory_depends_on_its_contents(tmp_path, monkeypatch):
    monkeypatch.setenv("SCALEPROOF_CACHE", str(tmp_path))

    def cached(text="checkov==1.0\n", python="/usr/bin/python3.13"):
        return pinned.cached("Checkov", "checkov", Interpreter(Path(python), (3, 13)), text, check="")

    assert cached().directory.parent == tmp_path
    assert cached().directory.name.startswith("checkov-py3.13-")
    assert cached() == cached("# why\ncheckov==1.0\n\n")
    hashed = "checkov==1.0 --hash=sha256:00\n"
    different = [cached(), cached("checkov==1.1\n"), cached(python="/elsewhere/python"), cached(hashed)]
    assert len({found.directory for found in different}) == 4
    assert [found.version for found in different] == ["1.0", "1.1", "1.0", "1.0"]
