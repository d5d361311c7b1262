"""A program that ends with the process that started it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scaleproof.processes import parent_watch

_TIMEOUT = 20.0
_PROGRAM = """
import signal, sys
from pathlib import Path
# Blocked: a handler's signal that comes just before a sleep would only be noticed after it.
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
print("ready", flush=True)
Path(sys.argv[1]).write_text(signal.Signals(signal.sigwait({signal.SIGINT, signal.SIGTERM})).name)
sys.exit(3)
"""
# As a program in Go: a pipe that nobody reads ends it.
_WRITER = """
import signal, sys
from pathlib import Path
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
print("ready", flush=True)
signal.sigwait({signal.SIGINT})
for output in (sys.stdout, sys.stderr):
    print("x" * 100_000, file=output, flush=True)
Path(sys.argv[1]).write_text("all written")
"""
_STARTER = """
import subprocess, sys, time
from scaleproof.processes import parent_watch
process = subprocess.Popen(
    parent_watch.tied([sys.executable, "-c", *sys.argv[1:]]), stdin=subprocess.PIPE, start_new_session=True
)
time.sleep(60)
"""


def heard(path):
    deadline = time.monotonic() + _TIMEOUT
    while not path.exists() or not path.read_text():
        assert time.monotonic() < deadline, "nothing was heard"
        time.sleep(0.02)
    return path.read_text()


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_it_is_interrupted_when_its_parent_is_gone(tmp_path, end):
    command = [sys.executable, "-c", _STARTER, _PROGRAM, str(tmp_path / "heard")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout
        assert starter.stdout.readline() == "ready\n"
        starter.send_signal(end)
        assert heard(tmp_path / "heard") == "SIGINT"


def test_its_pipes_outlive_its_parent(tmp_path):
    """Terraform, a program in Go, writes its state after it has written lines that nobody reads."""
    command = [sys.executable, "-c", _STARTER, _WRITER, str(tmp_path / "heard")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as starter:
        assert starter.stdout
        assert starter.stderr
        assert starter.stdout.readline() == "ready\n"
        starter.stdout.close()
        starter.stderr.close()
        starter.kill()
        assert heard(tmp_path / "heard") == "all written"


def test_all_that_it_writes_is_passed_on(tmp_path):
    words = "import sys; print('o' * 300_000); print('e' * 300_000, file=sys.stderr)"
    with (
        (tmp_path / "errors").open("wb") as errors,
        subprocess.Popen(
            parent_watch.tied([sys.executable, "-c", words]),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        ) as process,
    ):
        assert process.stdout
        assert process.stdout.read() == b"o" * 300_000 + b"\n"
        assert process.wait(_TIMEOUT) == 0
    assert (tmp_path / "errors").read_bytes() == b"e" * 300_000 + b"\n"


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_signals_and_the_exit_code_are_forwarded(tmp_path, sent):
    command = parent_watch.tied([sys.executable, "-c", _PROGRAM, str(tmp_path / "heard")])
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as tied:
        assert tied.stdout
        assert tied.stdout.readline() == "ready\n"
        tied.send_signal(sent)
        assert tied.wait(_TIMEOUT) == 3
    assert (tmp_path / "heard").read_text() == sent.name


def test_an_early_signal_is_forwarded(monkeypatch, tmp_path):
    """It must not end the watching process before the program starts."""
    started = subprocess.Popen

    def interrupted(*words, **options):
        os.kill(os.getpid(), signal.SIGTERM)
        return started(*words, **options)

    monkeypatch.setattr(subprocess, "Popen", interrupted)
    monkeypatch.setattr(parent_watch, "watch", lambda _interrupt: None)
    monkeypatch.setattr(sys, "argv", ["parent", sys.executable, "-c", "import time; time.sleep(60)"])
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with pytest.raises(SystemExit) as ended:
            parent_watch.main()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert ended.value.code == 128 + signal.SIGTERM


def test_a_program_that_is_killed_ends_as_in_a_shell():
    killed = parent_watch.tied([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"])
    process = subprocess.Popen(killed, stdin=subprocess.PIPE, start_new_session=True)
    assert process.wait(_TIMEOUT) == 128 + signal.SIGKILL
    assert process.stdin
    process.stdin.close()


def test_a_program_that_does_not_end_is_killed(tmp_path):
    """After the grace, with its child processes."""
    deaf = tmp_path / "deaf.py"
    deaf.write_text(
        "import sys\n"
        f"sys.path.insert(0, {str(Path(parent_watch.__file__).parents[2])!r})\n"
        "from scaleproof.processes import parent_watch\n"
        "parent_watch.GRACE = 0.2\n"
        "ignoring = 'import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN);"
        ' print("ready", flush=True); time.sleep(60)\'\n'
        "sys.argv = ['parent', sys.executable, '-c', ignoring]\n"
        "parent_watch.main()\n"
    )
    with subprocess.Popen(
        [sys.executable, str(deaf)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        process.stdin.close()
        assert process.wait(_TIMEOUT) == -signal.SIGKILL
