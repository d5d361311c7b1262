"""Tasks on all cores: the results of one process, whatever happens to the others."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from scaleproof.errors import FailedError
from scaleproof.workers import Each, Workers, cores, counted, workers
from scaleproof.workers import processes as module
from scaleproof.workers.task import given_up

from . import tasks

ROOT = Path(__file__).resolve().parents[3]


@contextmanager
def stopped_late(each: Workers) -> Iterator[None]:
    """A call that waits for nothing fails after a minute, instead of holding up all tests."""
    late = threading.Timer(60, each.stop)
    late.start()
    try:
        yield
    finally:
        late.cancel()


@pytest.fixture
def each(monkeypatch: pytest.MonkeyPatch) -> Iterator[Each]:
    """Two processes, which start for the second task of the first call."""
    monkeypatch.setattr(module, "WORTH", 0.0)
    with workers(jobs=2) as found, stopped_late(found):
        yield found


def gone(pid: int) -> bool:
    """Whether a process has ended; a zombie has."""
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True


def test_results_come_in_the_order_of_their_items(each: Each) -> None:
    numbers = random.Random(1).sample(range(200), 50)
    assert list(each(partial(tasks.raised, 3), numbers)) == [3**number for number in numbers]


def test_several_processes_share_the_work_and_stay_for_the_next(each: Each) -> None:
    first = set(each(tasks.process, range(40))) - {os.getpid()}
    assert 1 <= len(first) <= 2
    assert set(each(tasks.process, range(40))) <= first


def test_one_job_is_this_process() -> None:
    with workers(jobs=1) as each:
        assert set(each(tasks.process, range(5))) == {os.getpid()}


def test_little_work_stays_in_this_process() -> None:
    with workers(jobs=2) as each:
        assert set(each(tasks.process, range(50))) == {os.getpid()}


def test_a_process_that_is_killed_costs_nothing_but_time(each: Each, tmp_path: Path) -> None:
    note = tmp_path / "killed"
    assert list(each(partial(tasks.killed_once, 7, note), range(20))) == list(range(20))
    assert gone(int(note.read_text()))
    assert len(set(each(tasks.process, range(40)))) <= 2


def test_a_task_that_kills_each_process_is_named(each: Each) -> None:
    found = each(partial(tasks.killed, 5), [tasks.Named(number) for number in range(8)])
    with pytest.raises(FailedError, match=r"Endpoint 5 is given up: 3 processes ended") as caught:
        list(found)
    assert "fewer processes" in caught.value.advice
    assert given_up("ab", 0, 3).message.startswith("Task 1 of 2 is given up")
    assert list(each(partial(tasks.raised, 2), range(4))) == [1, 2, 4, 8]


def test_an_error_comes_in_its_place_and_with_its_advice(each: Each) -> None:
    found = each(tasks.refusing, range(9))
    assert [next(found) for _ in range(4)] == [0, 1, 2, 3]
    with pytest.raises(FailedError, match="Four is too many") as caught:
        next(found)
    assert caught.value.advice == "Take three."
    assert "in refusing" in caught.value.__notes__[0]


@pytest.mark.parametrize(
    ("kind", "error", "message"), [("own", tasks.TwoError, "one and other"), ("lock", RuntimeError, "a lock")]
)
def test_an_error_of_any_kind_comes(kind: str, error: type[Exception], message: str, each: Each) -> None:
    list(each(tasks.process, range(4)))  # from now on the processes work
    with pytest.raises(error, match=message):
        list(each(partial(tasks.failing, kind), range(4)))


def test_progress_is_told_as_results_come() -> None:
    told: list[float] = []
    assert list(counted(map(str, range(4)), 4, told.append)) == ["0", "1", "2", "3"]
    assert told == [0.25, 0.5, 0.75, 1.0]


def deaf(pid: int) -> bool:
    """Whether ctrl-C does not reach a process."""
    (blocked,) = re.findall(r"^SigBlk:\t(\w+)$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return bool(int(blocked, 16) & 1 << signal.SIGINT - 1)


ALONE = "list(each(task, range(2)))"
TOGETHER = "list(together(each, lambda number: list(each(task, [number])), range(2)))"


@pytest.mark.parametrize("call", [ALONE, TOGETHER])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_no_process_outlives_a_command(tmp_path: Path, number: signal.Signals, call: str) -> None:
    program = (
        "import sys, pathlib\n"
        "from functools import partial\n"
        "from scaleproof.workers import processes, together, workers\n"
        "from tests.unit.workers import tasks\n"
        "if __name__ == '__main__':\n"
        "    processes.WORTH = -1\n"
        "    task = partial(tasks.waiting, pathlib.Path(sys.argv[1]))\n"
        "    with workers(jobs=2) as each:\n"
        f"        {call}\n"
    )
    file = tmp_path / "program.py"
    file.write_text(program)
    (place := tmp_path / "pids").mkdir()
    started = subprocess.Popen(
        [sys.executable, str(file), str(place)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        start_new_session=True,
        stderr=subprocess.PIPE,
        text=True,
    )
    pids: list[int] = []
    try:
        while sum(1 for one in place.iterdir() if one.read_text()) < 2:
            assert started.poll() is None
            time.sleep(0.01)
        pids = [int(one.read_text()) for one in place.iterdir()]
        assert all(map(deaf, pids))
        # As a terminal does: to all of the group.
        os.killpg(started.pid, number) if number == signal.SIGINT else started.send_signal(number)
        _, said = started.communicate(timeout=30)  # until all have closed stderr
        deadline = time.monotonic() + 30
        while (left := [pid for pid in pids if not gone(pid)]) and time.monotonic() < deadline:
            time.sleep(0.01)
    finally:
        started.kill()
        for pid in pids:
            if not gone(pid):
                os.kill(pid, signal.SIGKILL)
    assert not left
    assert said.count("Traceback") == (1 if number == signal.SIGINT else 0), said


def test_a_system_that_does_not_say_which_cores_a_process_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """macOS does not."""
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    assert cores() == 3
