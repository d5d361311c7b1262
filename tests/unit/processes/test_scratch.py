"""Directories do not outlive the process. Files are replaced completely or not at all."""

import os
import subprocess
import sys
import tempfile

import pytest

from scaleproof.processes import scratch

_HOLDER = """
import sys, time
from pathlib import Path
from scaleproof.processes import scratch
base = Path(sys.argv[1])
directory = scratch.make("root", base=base)
(directory / "deep").mkdir()
with scratch.replacing(base / "report.html") as file:
    file.write("half")
    file.flush()
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def base(tmp_path):
    (tmp_path / "report.html").write_text("whole")
    return tmp_path


def test_a_directory_exists_until_it_is_removed(base):
    made = scratch.make("root", base=base)
    assert made.parent == base
    assert made.name.startswith("scaleproof-root-")
    assert made.stat().st_mode & 0o777 == 0o700
    lock = scratch.lock_of(made)
    assert os.fstat(lock)
    assert scratch.is_in_use(made)
    scratch.remove(made)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(lock)
    scratch.remove(made)
    assert not scratch.is_in_use(made)
    assert [path.name for path in base.iterdir()] == ["report.html"]


def test_the_systems_directory_is_the_default(base, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(base))
    made = scratch.make()
    assert made.parent == base
    scratch.remove(made)


def test_what_a_killed_process_leaves_the_next_run_removes(base):
    command = [sys.executable, "-c", _HOLDER, str(base)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline()
        assert len(list(base.iterdir())) == 3
        scratch._remove_unused(next(base.glob("scaleproof-root-*/.in-use")))
        assert len(list(base.iterdir())) == 3, "in use"
        (held,) = base.glob("scaleproof-root-*")
        assert scratch.is_in_use(held)
        (base / "scaleproof-link").symlink_to(held)
        assert not scratch.is_in_use(base / "scaleproof-link")
        (base / "scaleproof-link").unlink()
        holder.kill()
    assert not scratch.is_in_use(held)
    assert len(list(base.iterdir())) == 3
    scratch.remove(scratch.make(base=base))
    with scratch.replacing(base / "report.html") as file:
        file.write("whole")
    assert [path.name for path in base.iterdir()] == ["report.html"]
    assert (base / "report.html").read_text() == "whole"


def test_a_failure_replaces_nothing(base):
    report = base / "report.html"
    report.chmod(0o640)
    with pytest.raises(ValueError, match="I/O"), scratch.replacing(report) as file:
        file.close()
    assert (report.read_text(), list(base.iterdir())) == ("whole", [report])
    with scratch.replacing(report) as file:
        file.write("new")
    assert (report.read_text(), report.stat().st_mode & 0o777) == ("new", 0o640)


@pytest.mark.parametrize("name", ["*", "**", "[a-z]", "x" * 255])
def test_any_name_works_and_other_files_stay(base, name):
    others = [base / ".x.1.partial", base / ".report.html.1.partial"]
    for other in others:
        other.write_text("another program's")
        os.utime(other, (0, 0))
    with scratch.replacing(base / name) as file:
        file.write("new")
    assert (base / name).read_text() == "new"
    assert (base / name).stat().st_mode & 0o777 == 0o600
    assert all(other.exists() for other in others)


_SWEEP = """
import sys
from pathlib import Path
from scaleproof.processes import scratch

scratch._sweep(Path(sys.argv[1]))
"""


def test_files_of_others_in_the_temporary_directory_do_no_harm(base):
    """A pipe as the lock, a link as the directory, a link as the lock, a copy of a directory, names like ours."""
    left = scratch.make(base=base)
    precious = base / "precious"
    precious.mkdir()
    (precious / ".in-use").touch()
    for name in ("pipe", "link", "clone"):
        (base / f"scaleproof-{name}").mkdir()
    os.mkfifo(base / "scaleproof-pipe" / ".in-use")
    (base / "scaleproof-link" / ".in-use").symlink_to(precious / ".in-use")
    (base / "scaleproof-away").symlink_to(precious)
    (base / "scaleproof-clone" / ".in-use").write_bytes((left / ".in-use").read_bytes())
    scratch.release(left)
    (base / "scaleproof-plain").mkdir()
    (base / "scaleproof-plain" / ".in-use").touch()
    (base / "scaleproof-notes.partial").touch()
    subprocess.run([sys.executable, "-c", _SWEEP, base], check=True, timeout=30)
    with scratch.replacing(base / "report.html") as file:
        file.write("new")
    theirs = {"pipe", "link", "away", "clone", "plain"}
    assert {path.name for path in base.iterdir()} == {
        "precious",
        "report.html",
        "scaleproof-notes.partial",
        *(f"scaleproof-{name}" for name in theirs),
    }
    assert (precious / ".in-use").exists()


_FORK = """
import os, sys
from pathlib import Path
from scaleproof.processes import scratch

base = Path(sys.argv[1])
made = scratch.make(base=base)
if (child := os.fork()) == 0:
    scratch.remove(scratch.make(base=base))
    sys.exit(0 if made.exists() else 1)
assert os.waitpid(child, 0)[1] == 0
assert made.exists()
scratch.remove(made)
"""


def test_a_fork_does_not_touch_what_its_parent_has(base):
    # In another process: a fork of one in which gRPC runs may crash.
    subprocess.run([sys.executable, "-c", _FORK, base], check=True)
    assert [path.name for path in base.iterdir()] == ["report.html"]


def test_what_an_interrupt_leaves_goes_with_the_process(base):
    """As where ctrl-C comes while the directory is being removed."""
    text = "import sys\nfrom pathlib import Path\nfrom scaleproof.processes import scratch\n"
    text += "(scratch.make('root', base=Path(sys.argv[1])) / 'deep').mkdir()\nraise KeyboardInterrupt\n"
    ended = subprocess.run([sys.executable, "-c", text, str(base)], capture_output=True, text=True)
    assert "KeyboardInterrupt" in ended.stderr
    assert [path.name for path in base.iterdir()] == ["report.html"]


def test_an_interrupt_while_a_directory_is_made_leaves_none(base, monkeypatch):
    def interrupted(_path):
        raise KeyboardInterrupt

    monkeypatch.setattr(scratch, "_locked", interrupted)
    with pytest.raises(KeyboardInterrupt):
        scratch.make("root", base=base)
    assert [path.name for path in base.iterdir()] == ["report.html"]
