"""What holds for every command: help, exit codes, and failures as one line."""

import inspect
import re
import signal
import subprocess
import sys

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


@pytest.mark.parametrize(
    "end", [pytest.param(signal.SIGINT, marks=pytest.mark.nightly), signal.SIGTERM], ids=lambda end: end.name
)
def test_a_signal_stops_what_was_started(end, monkeypatch):
    """In the middle of an apply, when Terraform and LocalStack run: the endpoint takes its time.

    Terraform waits for that endpoint before it ends.
    """
    monkeypatch.setenv(ENDPOINT_SECONDS, "2")
    # A shell starts what it puts into the background with SIGINT ignored, which is handed on. Not mended after a
    # fork: gRPC runs in this process, and what is forked from it may end before its program begins.
    ours = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        applying = subprocess.Popen(
            [sys.executable, "-m", "scaleproof", "apply", ENDPOINT, *IMAGE],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, ours)
    with applying:
        said = list(iter_until(applying.stderr, "Applying"))
        found = children(applying.pid)
        assert len(found) >= 2, "".join(said)
        applying.send_signal(end)
        rest = applying.stderr.read()
        assert applying.wait(60) == 130
    assert "Interrupted" in rest
    assert "Traceback" not in rest
    until(lambda: not any(map(psutil.pid_exists, found)))  # what it has ended is taken off the list a moment later


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
