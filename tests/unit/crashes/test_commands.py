"""Commands that are killed or interrupted at any moment: nothing of them is left, and the next one works.

The moments are drawn from a seed, one for each test. SCALEPROOF_CRASHES=50 cuts each of the commands short
fifty times, another SCALEPROOF_CRASHES_SEED at other moments. With more than one, as in `make crashes`, every
signal meets every command, and pytest both with workers and without; else each of them appears, but not in
every combination.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import time
from collections.abc import Iterable
from itertools import product
from pathlib import Path

import pytest

from scaleproof.emulator import ENDPOINT_SECONDS
from scaleproof.localstack.start import free_port

from .conftest import REPOSITORY, Surroundings, repetitions

IMAGE = "image=123456789012.dkr.ecr.us-east-1.amazonaws.com/speech:1.0"
ROOT = REPOSITORY / "tests" / "unit" / "roots" / "endpoint"
VARIABLES = ("--var", "region=us-east-1", "--var", IMAGE)
DEMO = ("-m", "scaleproof", "demo", ROOT)
APPLY = ("-m", "scaleproof", "apply", ROOT, *VARIABLES)
LIMITS = ("--max-concurrency", "ml.g6.2xlarge=10", "--max-concurrency", "ml.g6e.2xlarge=10")
SIMULATE = ("-m", "scaleproof", "simulate", ROOT, *VARIABLES, *LIMITS)
CODES = {signal.SIGKILL: -9, signal.SIGINT: 130, signal.SIGTERM: 143}
LATEST = {DEMO: 5.0, APPLY: 3.5}
"""Seconds that a command takes on an idle machine: up to there it is cut short."""


def cut_short(names: str, default: Iterable[object], every: Iterable[object]) -> pytest.MarkDecorator:
    """Runs a test for some of all combinations, or for all where commands are cut short again and again."""
    return pytest.mark.parametrize(names, [*(every if repetitions() > 1 else default)], ids=identifier)


def identifier(value: object) -> str:
    if isinstance(value, signal.Signals):
        return value.name
    return str(value[2]) if isinstance(value, tuple) else str(value)


@cut_short("command, end", [(APPLY, signal.SIGINT), (DEMO, signal.SIGTERM)], product(LATEST, CODES))
def test_a_command_with_a_localstack_of_its_own(
    surroundings: Surroundings, command: tuple[str | Path, ...], end: signal.Signals
) -> None:
    """One that was killed is in the next test; the apply that follows on one, in the one after that."""
    for seconds in surroundings.moments(LATEST[command]):
        started = surroundings.start(*command)
        time.sleep(seconds)
        code = started.end(end)
        text = started.printed.read_text()
        assert surroundings.settle() == [], f"after {seconds:.2f} s: {text}"
        # Before there is an interpreter to take it, a signal does what it always does.
        assert code in (CODES[end], -end, 0), text
        assert "Traceback" not in text or "scaleproof" not in text, text


def test_a_demonstration_beside_one_that_is_killed(surroundings: Surroundings) -> None:
    """It does not mind, and nothing is left of either."""
    survivor, victim = surroundings.start(*DEMO), surroundings.start(*DEMO)
    time.sleep(next(surroundings.moments(LATEST[DEMO])))
    assert victim.end(signal.SIGKILL) in (CODES[signal.SIGKILL], 0), victim.printed.read_text()
    assert survivor.process.wait(300) == 0, survivor.printed.read_text()
    assert "Destroyed: no endpoint and no resource is left." in survivor.printed.read_text()
    assert surroundings.settle() == []


def test_the_keeper_is_killed_as_well(surroundings: Surroundings) -> None:
    """Nobody is left to clear up: the next run does, and works."""
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
    assert surroundings.settle() == []


def test_an_apply_to_a_localstack_that_stays(surroundings: Surroundings, tmp_path: Path) -> None:
    """What stands, stands; the next apply goes on from the state, or says what it cannot know of.

    With a process that is killed go the providers in it, as with a Terraform that is killed: of what they
    were just creating nobody learns. What AWS then answers to the next apply names it.
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
                assert at_rest(surroundings), f"{end.name} after {seconds:.2f} s"
        last = surroundings.start(*apply)
        code, text = last.process.wait(120), last.printed.read_text()
        assert code == 0 or "already exist" in text, text
        assert at_rest(surroundings)
        assert list(root.glob(".*.lock.info")) == []
    finally:
        down = surroundings.start("-m", "scaleproof", "down")
        assert down.process.wait(60) == 0, down.printed.read_text()
    assert surroundings.settle() == []


def at_rest(surroundings: Surroundings) -> bool:
    """Whether nothing but the LocalStack that stays is there, once everything else had time to go."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = surroundings.left()
        if len([one for one in found if one.startswith("file")]) == 2 and len(found) == 3:
            return True
        time.sleep(0.1)
    raise AssertionError(found)


@cut_short("end", [signal.SIGKILL], [signal.SIGKILL, signal.SIGINT])
def test_a_start_that_is_cut_short(surroundings: Surroundings, end: signal.Signals) -> None:
    """Either nothing stands, or what stands can be found and ended."""
    for seconds in surroundings.moments(3):
        started = surroundings.start("-m", "scaleproof", "up", "--port", str(free_port()))
        time.sleep(seconds)
        started.end(end)
        down = surroundings.start("-m", "scaleproof", "down")
        assert down.process.wait(60) == 0, down.printed.read_text()
        assert surroundings.settle() == [], f"after {seconds:.2f} s"


@cut_short("end", [signal.SIGKILL], [signal.SIGKILL, signal.SIGINT])
def test_a_simulation_with_a_report(surroundings: Surroundings, tmp_path: Path, end: signal.Signals) -> None:
    """A report is the old one or the new one."""
    place = tmp_path / "reports"
    place.mkdir()
    report = place / "report.html"
    report.write_text("old")
    command = (*SIMULATE, "--traffic", "diurnal:peak=4,days=1", "--report", report)
    for seconds in surroundings.moments(2):
        started = surroundings.start(*command)
        time.sleep(seconds)
        started.end(end)
        assert surroundings.settle() == [], f"after {seconds:.2f} s"
        assert list(place.iterdir()) == [report]
        assert report.read_text() == "old" or report.read_text().rstrip().endswith("</html>")
    if end == signal.SIGKILL:
        last = surroundings.start(*command)
        assert last.process.wait(300) == 0, last.printed.read_text()
        assert report.read_text().rstrip().endswith("</html>")


SUITE = """
from pathlib import Path

def test_planned(plan):
    assert plan(Path({root!r}), **{variables!r}).changes

def test_applied(apply):
    with apply(Path({root!r}), **{variables!r}) as applied:
        assert applied.plan().empty
"""


@cut_short(
    "end, workers",
    [(signal.SIGKILL, "2"), (signal.SIGINT, "0")],
    product([signal.SIGKILL, signal.SIGINT], ["0", "2"]),
)
def test_a_run_of_pytest(
    surroundings: Surroundings, tmp_path: Path, end: signal.Signals, workers: str
) -> None:
    """The next run works: tried with workers, which do all that a run without them does."""
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
        assert surroundings.settle() == [], f"after {seconds:.2f} s: {started.printed.read_text()}"
    if end == signal.SIGKILL and workers == "2":
        last = surroundings.start(*command, f"--basetemp={tmp_path / 'base'}", suite)
        assert last.process.wait(300) == 0, last.printed.read_text()
        assert surroundings.settle() == []
