"""Commands that are killed or interrupted at any moment leave nothing, and the next command works.

A seed draws one moment for each test. SCALEPROOF_CRASHES=50 interrupts each command fifty times, and another
SCALEPROOF_CRASHES_SEED gives other moments. With more than one, as in `make crashes`, every command gets
every signal, and pytest runs with and without workers. `make test` kills a simulation and interrupts an
apply.
"""

import contextlib
import os
import shutil
import signal
import time
from itertools import product

import pytest

from scaleproof.emulator import ENDPOINT_SECONDS
from scaleproof.localstack.start import free_port

from .conftest import REPOSITORY, repetitions

IMAGE = "image=123456789012.dkr.ecr.us-east-1.amazonaws.com/speech:1.0"
ROOT = REPOSITORY / "tests" / "unit" / "roots" / "endpoint"
VARIABLES = ("--var", "region=us-east-1", "--var", IMAGE)
DEMO = ("-m", "scaleproof", "demo", "--report", "day.html")
APPLY = ("-m", "scaleproof", "apply", ROOT, *VARIABLES)
LIMITS = ("--max-concurrency", "ml.g6.2xlarge=10", "--max-concurrency", "ml.g6e.2xlarge=10")
SIMULATE = ("-m", "scaleproof", "simulate", ROOT, *VARIABLES, *LIMITS)
CODES = {signal.SIGKILL: -9, signal.SIGINT: 130, signal.SIGTERM: 143}
LATEST = {DEMO: 25.0, APPLY: 3.5}
"""Seconds that a command takes on an idle machine. It is interrupted before that."""


def interrupted(names, default, every):
    """Runs a test for some combinations, or for all if commands are interrupted more than once."""
    return pytest.mark.parametrize(names, [*(every if repetitions() > 1 else default)], ids=identifier)


def identifier(value):
    if isinstance(value, signal.Signals):
        return value.name
    return str(value[2]) if isinstance(value, tuple) else str(value)


@pytest.mark.nightly
@interrupted("command, end", [(APPLY, signal.SIGINT)], product(LATEST, CODES))
def test_a_command_with_a_localstack_of_its_own(surroundings, command, end):
    for seconds in surroundings.moments(LATEST[command]):
        started = surroundings.start(*command)
        time.sleep(seconds)
        code = started.end(end)
        text = started.printed.read_text()
        assert surroundings.left_in_the_end(end) == [], f"after {seconds:.2f} s: {text}"
        # Before the interpreter has started, a signal has its default effect.
        assert code in (CODES[end], -end, 0), text
        assert "Traceback" not in text or "scaleproof" not in text, text


@pytest.mark.nightly
def test_a_demo_beside_one_that_is_killed(surroundings):
    survivor, victim = surroundings.start(*DEMO), surroundings.start(*DEMO)
    time.sleep(next(surroundings.moments(LATEST[DEMO])))
    assert victim.end(signal.SIGKILL) in (CODES[signal.SIGKILL], 0), victim.printed.read_text()
    assert survivor.process.wait(300) == 0, survivor.printed.read_text()
    assert "Destroyed: no endpoint and no resource is left." in survivor.printed.read_text()
    assert surroundings.left_in_the_end(signal.SIGKILL) == []


@pytest.mark.nightly
def test_all_processes_are_killed(surroundings):
    """The next run removes what is left, and works."""
    started = surroundings.start(*APPLY, **{ENDPOINT_SECONDS: "5"})
    started.wait_for("Applying")
    pids = dict(surroundings.processes())
    for pid in [started.process.pid, *pids]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    started.process.wait()
    assert any(path.name.startswith("scaleproof-") for path in surroundings.temporary.iterdir())
    last = surroundings.start(*APPLY)
    assert last.process.wait(300) == 0, last.printed.read_text()
    assert surroundings.left_in_the_end() == []


@pytest.mark.nightly
def test_an_apply_to_a_localstack_in_the_background(surroundings, tmp_path):
    """LocalStack keeps running. The next apply continues from the state, or names what already exists.

    The providers are killed with the process. As with a killed Terraform, a resource that they were just
    creating is not in the state.
    """
    root = tmp_path / "root"
    shutil.copytree(ROOT, root)
    assert surroundings.start("-m", "scaleproof", "up", "--port", str(free_port())).process.wait(120) == 0
    try:
        apply = ("-m", "scaleproof", "apply", root, *VARIABLES)
        for end in (signal.SIGKILL, signal.SIGINT):
            for seconds in surroundings.moments(2.5):
                started = surroundings.start(*apply)
                time.sleep(seconds)
                started.end(end)
                assert only_localstack_is_left(surroundings, end), f"{end.name} after {seconds:.2f} s"
        last = surroundings.start(*apply)
        code, text = last.process.wait(120), last.printed.read_text()
        assert code == 0 or "already exist" in text, text
        assert only_localstack_is_left(surroundings, end)
        assert list(root.glob(".*.lock.info")) == []
    finally:
        down = surroundings.start("-m", "scaleproof", "down")
        assert down.process.wait(60) == 0, down.printed.read_text()
    assert surroundings.left_in_the_end() == []


def only_localstack_is_left(surroundings, end):
    """Whether only the LocalStack in the background is left, after everything else had time to end."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = surroundings.left(end)
        if len([one for one in found if one.startswith("file")]) == 2 and len(found) == 3:
            return True
        time.sleep(0.1)
    raise AssertionError(found)


@pytest.mark.nightly
@interrupted("end", [signal.SIGKILL], [signal.SIGKILL, signal.SIGINT])
def test_an_interrupted_start(surroundings, end):
    """Either nothing runs, or `scaleproof down` finds and stops it."""
    for seconds in surroundings.moments(3):
        started = surroundings.start("-m", "scaleproof", "up", "--port", str(free_port()))
        time.sleep(seconds)
        started.end(end)
        down = surroundings.start("-m", "scaleproof", "down")
        assert down.process.wait(60) == 0, down.printed.read_text()
        assert surroundings.left_in_the_end(end) == [], f"after {seconds:.2f} s"


@interrupted("end", [signal.SIGKILL], [signal.SIGKILL, signal.SIGINT])
def test_a_simulation_with_a_report(surroundings, tmp_path, end):
    """The report is the old one or the new one."""
    place = tmp_path / "reports"
    place.mkdir()
    report = place / "report.html"
    old = "<!doctype html><!-- Made by scaleproof. -->"
    report.write_text(old)
    command = (*SIMULATE, "--traffic", "diurnal:peak=4,days=1", "--report", report)
    for seconds in surroundings.moments(2):
        started = surroundings.start(*command)
        time.sleep(seconds)
        started.end(end)
        assert surroundings.left_in_the_end(end) == [], f"after {seconds:.2f} s"
        assert end == signal.SIGKILL or list(place.iterdir()) == [report]
        assert report.read_text() == old or report.read_text().rstrip().endswith("</html>")
    if end == signal.SIGKILL:
        last = surroundings.start(*command)
        assert last.process.wait(300) == 0, last.printed.read_text()
        assert list(place.iterdir()) == [report]
        assert report.read_text().rstrip().endswith("</html>")


SUITE = """
from pathlib import Path

def test_planned(plan):
    assert plan(Path({root!r}), **{variables!r}).changes

def test_applied(apply):
    with apply(Path({root!r}), **{variables!r}) as applied:
        assert applied.plan().empty
"""


@pytest.mark.nightly
@interrupted(
    "end, workers",
    [(signal.SIGKILL, "2"), (signal.SIGINT, "0")],
    product([signal.SIGKILL, signal.SIGINT], ["0", "2"]),
)
def test_a_run_of_pytest(surroundings, tmp_path, end, workers):
    """The next run, with workers, works."""
    suite = tmp_path / "suite"
    suite.mkdir()
    variables = {"region": "us-east-1", "image": IMAGE.removeprefix("image=")}
    text = SUITE.format(root=str(ROOT), variables=variables)
    (suite / "test_speech.py").write_text(text)
    command = ("-m", "pytest", "-p", "scaleproof.pytest_plugin", "-p", "no:cacheprovider", "-n", workers)
    for seconds in surroundings.moments(6):
        started = surroundings.start(*command, f"--basetemp={tmp_path / 'base'}", suite)
        time.sleep(seconds)
        started.end(end)
        assert surroundings.left_in_the_end(end) == [], f"after {seconds:.2f} s: {started.printed.read_text()}"
    if end == signal.SIGKILL and workers == "2":
        last = surroundings.start(*command, f"--basetemp={tmp_path / 'base'}", suite)
        assert last.process.wait(300) == 0, last.printed.read_text()
        assert surroundings.left_in_the_end() == []
