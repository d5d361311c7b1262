"""What holds for every command: help, exit codes, and failures as one line."""

import inspect
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import click
import psutil
import pytest
from botocore.exceptions import SSLError

import scaleproof
from scaleproof.cli import app
from scaleproof.emulator import ENDPOINT_SECONDS
from scaleproof.errors import FailedError, ScaleproofError
from scaleproof.studies.shape import NoEndpointError
from scaleproof.terraform.diagnostics import ApplyFailed, PlanFailed
from tests.unit.waiting import until

from .conftest import ENDPOINT, IMAGE

API = "scaleproof: The API refused or did not answer: "
COMMANDS = sorted(app.COMMANDS)


def test_the_commands(run):
    shown = run("--help")
    listed = shown.out.partition("Commands:")[2].partition("Exit codes:")[0]
    assert re.findall(r"^  (\w+)  ", listed, re.MULTILINE) == COMMANDS
    assert run("--version").out == f"scaleproof, version {scaleproof.__version__}\n"


def test_a_signal_waits_until_a_command_is_loaded(monkeypatch):
    """C code that imports swallows exceptions, and then it ended nothing."""
    events = []
    real = app.import_module
    before = signal.signal(signal.SIGTERM, lambda *_: events.append("signal"))

    def loads(name):
        signal.raise_signal(signal.SIGTERM)  # to this thread: others of the process block nothing
        events.append("loaded")
        return real(name)

    monkeypatch.setattr(app, "import_module", loads)
    try:
        app.command("plan")
    finally:
        signal.signal(signal.SIGTERM, before)
    assert events == ["loaded", "signal"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command, run):
    shown = run(command, "-h")
    found = app.command(command)
    assert app.COMMANDS[command] == found.get_short_help_str(200)
    options = [option for option in found.params if isinstance(option, click.Option)]
    assert len(options) < 27  # and --help
    for option in options:
        assert option.help, f"{command} {option.name}"
        assert option.opts[0] in shown.out


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_takes_few_parameters_and_gathers_the_rest(command):
    assert len(inspect.signature(inspect.unwrap(app.command(command).callback)).parameters) <= 8


def test_many_options_are_shown_under_headings_and_each_once(run):
    for name in ("choose", "compare", "measure", "simulate"):
        command = app.command(name)
        sections = re.split(r"^(\w[\w ,]*):$", run(name, "--help").out, flags=re.MULTILINE)
        last = "Module, workers and output" if name == "choose" else "Output"
        assert (sections[1], sections[-2]) == ("Options", last)
        listed = re.findall(r"^  (?:-\w, )?(--[\w-]+)", "".join(sections[2::2]), re.MULTILINE)
        own = [option.opts[0] for option in command.params if isinstance(option, click.Option)]
        assert sorted(listed) == sorted([*own, "--help"])
    assert "\nRoot configuration:\n  --var " in run("simulate", "--help").out
    assert "\nOptions:\n  -h, --help  Show this message and exit.\n\nTraffic and" in run("choose", "--help").out


@pytest.mark.parametrize(
    ("arguments", "unneeded"),
    [
        ("--version", ("boto3", "scaleproof.localstack", "scaleproof.terraform.root", "scaleproof.studies")),
        ("--help", ("boto3", "scaleproof.localstack", "scaleproof.terraform.root", "scaleproof.studies")),
        ("down --help", ("numpy", "jinja2", "grpc", "scaleproof.terraform.root", "scaleproof.studies")),
    ],
)
def test_a_command_that_only_talks_loads_little(arguments, unneeded):
    code = "import sys; from scaleproof.cli import main; sys.argv[1:] = sys.argv[1].split()\n"
    code += "try: main()\nfinally: print(*sys.modules, file=sys.stderr)"
    loaded = subprocess.run([sys.executable, "-c", code, arguments], capture_output=True, text=True).stderr.split()
    assert "scaleproof.cli.app" in loaded
    assert [name for name in unneeded if name in loaded] == []


def boom(error):
    def fail():
        raise error

    return click.Command("boom", callback=fail)


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (ScaleproofError("It is so.", advice="Do this."), 2, "scaleproof: It is so. Do this."),
        (FailedError("It failed."), 3, "scaleproof: It failed."),
        (NoEndpointError("None takes it."), 1, "scaleproof: None takes it."),
        (PlanFailed("plan it", []), 2, "Terraform could not plan it."),
        (ApplyFailed("apply it", []), 3, "Terraform could not apply it."),
        (click.FileError("x", "not there"), 2, "Error: Could not open file 'x': not there"),
        (SSLError(endpoint_url="x", error="self-signed"), 3, f"{API}SSL validation failed for x self-signed"),
        (OSError(28, "No space left on device"), 3, "scaleproof: [Errno 28] No space left on device"),
        (KeyboardInterrupt(), 130, "Interrupted."),
        (click.exceptions.Exit(7), 7, ""),
    ],
)
def test_a_failure_is_one_line(error, code, line, run, monkeypatch):
    monkeypatch.setitem(app.group.commands, "boom", boom(error))
    assert run("boom", code=code).err.strip() == line


def test_a_defect_shows_its_traceback_and_has_a_code_of_its_own(monkeypatch, capsys):
    """Not 1, as Python's: that is the answer no."""
    monkeypatch.setitem(app.group.commands, "boom", boom(ValueError("here")))
    with pytest.raises(SystemExit, match=r"^3$"):
        app.main(["boom"])
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "Traceback (most recent call last):"
    assert said[-2:] == ["ValueError: here", "scaleproof: A defect of scaleproof: ValueError: here"]


def test_a_reader_that_leaves_early_is_no_failure_to_report():
    shown = subprocess.run(
        f"'{sys.executable}' -m scaleproof doctor | true", shell=True, capture_output=True, text=True
    )
    assert shown.stderr == ""


_COMMAND = """
import atexit, os, signal, time
import click
from scaleproof.cli import app

@click.command()
def command():
    {}

app.main([], command=command)
"""
_TALKING = _COMMAND.format('app.console.print("of no use"), print("the answer")')


@pytest.mark.parametrize(("words", "code", "printed"), [([], 0, "the answer\n"), (["--nonsense"], 2, "")])
@pytest.mark.parametrize("full", [False, True])
def test_progress_that_nobody_reads_is_dropped(full, words, code, printed):
    reading, writing = os.pipe()
    os.close(reading)
    line = [sys.executable, "-c", _TALKING.replace("main([]", f"main({words}")]
    with os.fdopen(writing, "wb") as unread, Path("/dev/full").open("wb") as disk:
        ended = subprocess.run(line, stdout=subprocess.PIPE, stderr=disk if full else unread, text=True)
    assert (ended.returncode, ended.stdout) == (code, printed)


@pytest.mark.parametrize("full", ["stdout", "stderr", "both"])
@pytest.mark.parametrize("words", [("--version",), ("plan", "nowhere", "--json")])
def test_where_nothing_can_be_written_the_code_says_it(full, words):
    command = [sys.executable, "-m", "scaleproof", *words]
    with Path("/dev/full").open("w") as nowhere:
        streams = {name: nowhere if full in (name, "both") else subprocess.PIPE for name in ("stdout", "stderr")}
        ended = subprocess.run(command, **streams, text=True)
    wrong = 2 if "plan" in words else 3 if full != "stderr" else 0
    assert ended.returncode == wrong
    assert "Traceback" not in f"{ended.stdout}{ended.stderr}"


@pytest.mark.parametrize(
    ("end", "code", "word"),
    [
        pytest.param(signal.SIGINT, 130, "Interrupted", marks=pytest.mark.nightly),
        (signal.SIGTERM, 143, "Terminated"),
        pytest.param(signal.SIGHUP, 129, "Terminated", marks=pytest.mark.nightly),
    ],
)
def test_a_signal_stops_what_was_started(end, code, word, monkeypatch):
    """In the middle of an apply, when Terraform and LocalStack run: the endpoint takes its time.

    Terraform waits for that endpoint before it ends.
    """
    monkeypatch.setenv(ENDPOINT_SECONDS, "2")
    # A shell starts what it puts into the background with SIGINT ignored, and nohup with SIGHUP. That is
    # handed on. Not mended after a fork: gRPC runs in this process, and what is forked from it may end before
    # its program begins.
    ours = {number: signal.signal(number, signal.SIG_DFL) for number in (signal.SIGINT, signal.SIGHUP)}
    try:
        applying = subprocess.Popen(
            [sys.executable, "-m", "scaleproof", "apply", ENDPOINT, *IMAGE],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
    finally:
        for number, handler in ours.items():
            signal.signal(number, handler)
    with applying:
        said = list(iter_until(applying.stderr, "Applying"))
        found = children(applying.pid)
        assert len(found) >= 2, "".join(said)
        applying.send_signal(end)
        rest = applying.stderr.read()
        assert applying.wait(60) == code
    assert word in rest
    assert "Traceback" not in rest
    until(lambda: not any(map(psutil.pid_exists, found)))  # what it has ended is taken off the list a moment later


_LATE = _COMMAND.format("atexit.register(lambda: (os.kill(os.getpid(), signal.SIGINT), time.sleep(0.2)))")
_WAITING = _COMMAND.format('print("waiting", flush=True), time.sleep(60)')
_FINISHING = """
import time
import click
from scaleproof.cli import app

@click.command()
def command():
    try:
        print("waiting", flush=True)
        time.sleep(60)
    finally:
        print("finishing", flush=True)
        time.sleep(1)
        print("finished", flush=True)

app.main([], command=command, interruptible=True)
"""


def test_an_interrupt_after_the_work_is_too_late():
    ended = subprocess.run([sys.executable, "-c", _LATE], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_a_terminal_that_closes_ends_a_command_as_a_hang_up_does():
    ours, theirs = os.openpty()
    with subprocess.Popen([sys.executable, "-c", _WAITING], stdout=subprocess.PIPE, stderr=theirs) as waiting:
        os.close(theirs)
        assert waiting.stdout.readline() == b"waiting\n"
        os.close(ours)
        waiting.send_signal(signal.SIGHUP)
        assert waiting.wait(30) == 128 + signal.SIGHUP


@pytest.mark.parametrize(
    ("first", "later", "rest"),
    [
        (signal.SIGHUP, signal.SIGHUP, b"finished\n"),
        (signal.SIGTERM, signal.SIGHUP, b"finished\n"),
        (signal.SIGINT, signal.SIGTERM, b"finished\n"),
        (signal.SIGHUP, signal.SIGINT, b""),
        (signal.SIGINT, signal.SIGINT, b""),
    ],
)
def test_of_two_signals_only_ctrl_c_hurries(first, later, rest):
    """An interactive bash sends SIGHUP to what runs in a terminal that closes, and so does the kernel."""
    with subprocess.Popen([sys.executable, "-c", _FINISHING], stdout=subprocess.PIPE) as ending:
        for number, line in ((first, b"waiting\n"), (later, b"finishing\n")):
            assert ending.stdout.readline() == line
            ending.send_signal(number)
        assert ending.stdout.read() == rest
        assert ending.wait(30) == 128 + (signal.SIGINT if not rest else first)


def test_a_terminal_may_close_after_ctrl_c():
    ours, theirs = os.openpty()
    with subprocess.Popen([sys.executable, "-c", _FINISHING], stdout=subprocess.PIPE, stderr=theirs) as ending:
        os.close(theirs)
        assert ending.stdout.readline() == b"waiting\n"
        ending.send_signal(signal.SIGINT)
        assert ending.stdout.readline() == b"finishing\n"
        os.close(ours)
        ending.send_signal(signal.SIGHUP)
        assert ending.stdout.read() == b"finished\n"
        assert ending.wait(30) == 128 + signal.SIGINT


def iter_until(lines, word):
    """The lines up to the first that begins with a word."""
    for line in lines:
        yield line
        if line.startswith(word):
            return


def children(parent):
    """The LocalStack and the Terraform that a process has started."""
    lines = {child.pid: " ".join(child.cmdline()) for child in psutil.Process(parent).children()}
    return [pid for pid, line in lines.items() if "scaleproof.emulator.launch" in line or "terraform" in line]
