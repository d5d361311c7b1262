"""Tasks on all cores: the results of one process, whatever happens to the others."""

import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from scaleproof.errors import FailedError
from scaleproof.workers import GoneError, cores, with_progress, workers
from scaleproof.workers import processes as module
from tests.unit.waiting import alive

from . import tasks

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def task_map(monkeypatch):
    """Two processes, which start for the second task of the first call."""
    monkeypatch.setattr(module, "WORTH", 0.0)
    with workers(jobs=2) as found:
        yield found


def test_results_come_in_the_order_of_their_items(task_map):
    numbers = random.Random(1).sample(range(200), 50)
    assert list(task_map(partial(tasks.raised, 3), numbers)) == [3**number for number in numbers]


def test_several_processes_share_the_work_and_stay_for_the_next(task_map, tmp_path):
    list(task_map(tasks.process, range(4)))  # from now on the processes work
    for call in ("first", "second"):
        list(task_map(partial(tasks.meeting, tmp_path, f"{call}{{}}", 2), range(2)))
    first, second = ({path.read_text() for path in tmp_path.glob(f"{call}*")} for call in ("first", "second"))
    assert len(first) == 2
    assert second == first


def test_a_pool_that_is_killed_leaves_no_thread():
    """Python writes to the pipe of such a thread when the command ends, and says so if it is closed meanwhile."""
    before = set(threading.enumerate())
    pool = module.ProcessPool(2)
    assert pool.submit(os.getpid).result() != os.getpid()
    pool.submit(time.sleep, 60)
    pool.kill()
    assert set(threading.enumerate()) == before
    module.ProcessPool(2).kill()  # nothing has begun


def test_a_pool_that_is_killed_says_nothing_of_tasks_that_were_taken_back(monkeypatch):
    """Python 3.11 tells them as well that the pool is broken, which they cannot take."""
    failures = []
    monkeypatch.setattr(threading, "excepthook", failures.append)
    pool = module.ProcessPool(1)
    futures = [pool.submit(time.sleep, 60) for _ in range(9)]
    futures[-1].cancel()
    pool.kill()
    assert failures == []


def test_one_job_is_this_process():
    with workers(jobs=1) as task_map:
        assert set(task_map(tasks.process, range(5))) == {os.getpid()}


def test_work_that_adds_up_over_calls_is_shared(monkeypatch):
    """A search asks for one task or two at a time, and for hundreds in the end."""
    monkeypatch.setattr(module, "WORTH", 0.1)
    with workers(jobs=2) as task_map:
        used = {pid for _ in range(10) for pid in task_map(tasks.process_after, [0.02])}
    assert used > {os.getpid()}


def test_the_first_task_tells_whether_the_others_are_worth_processes(monkeypatch):
    monkeypatch.setattr(module, "WORTH", 0.1)
    with workers(jobs=2) as task_map:
        used = list(task_map(tasks.process_after, [0.02] * 20))
    assert used.count(os.getpid()) == 1


def test_work_of_a_thread_is_for_processes_at_once():
    """Threads that simulate would share one core."""
    with workers(jobs=2) as task_map, ThreadPoolExecutor(1) as threads:
        used = threads.submit(lambda: list(task_map(tasks.process, range(2)))).result()
    assert os.getpid() not in used


def test_little_work_stays_in_this_process():
    with workers(jobs=2) as task_map:
        assert set(task_map(tasks.process, range(50))) == {os.getpid()}


def test_a_process_that_is_killed_ends_the_command_with_a_sentence(task_map):
    with pytest.raises(GoneError, match="A process ended in the middle of a task") as caught:
        list(task_map(partial(tasks.killed, 5), range(8)))
    assert caught.value.exit_code == 3
    assert "--workers 1" in caught.value.advice


def test_an_error_comes_in_its_place_and_with_its_advice(task_map):
    found = task_map(tasks.refusing, range(9))
    assert [next(found) for _ in range(4)] == [0, 1, 2, 3]
    with pytest.raises(FailedError, match="Four is too many") as caught:
        next(found)
    assert caught.value.advice == "Take three."


@pytest.mark.parametrize(
    ("kind", "message"), [("own", "TwoError: one and other"), ("lock", "ValueError: It has a lock")]
)
def test_an_error_of_any_kind_comes(kind, message, task_map):
    list(task_map(tasks.process, range(4)))  # from now on the processes work
    with pytest.raises(RuntimeError, match=message):
        list(task_map(partial(tasks.failing, kind), range(4)))


def test_progress_is_told_as_results_come():
    told = []
    assert list(with_progress(map(str, range(4)), 4, told.append)) == ["0", "1", "2", "3"]
    assert told == [0.25, 0.5, 0.75, 1.0]


def deaf(pid):
    """Whether ctrl-C does not reach a process."""
    (blocked,) = re.findall(r"^SigBlk:\t(\w+)$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return bool(int(blocked, 16) & 1 << signal.SIGINT - 1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_no_process_outlives_a_command(tmp_path, number):
    program = (
        "import sys, pathlib\n"
        "from functools import partial\n"
        "from scaleproof.workers import processes, workers\n"
        "from tests.unit.workers import tasks\n"
        "if __name__ == '__main__':\n"
        "    processes.WORTH = -1\n"
        "    task = partial(tasks.waiting, pathlib.Path(sys.argv[1]))\n"
        "    with workers(jobs=2) as task_map:\n"
        "        list(task_map(task, range(2)))\n"
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
    pids = []
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
        while (left := [pid for pid in pids if alive(pid)]) and time.monotonic() < deadline:
            time.sleep(0.01)
    finally:
        started.kill()
        for pid in pids:
            if alive(pid):
                os.kill(pid, signal.SIGKILL)
    assert not left
    assert said.count("Traceback") == (1 if number == signal.SIGINT else 0), said


@pytest.mark.parametrize(("number", "used"), [(3, 3), (None, 1)])
def test_a_system_that_does_not_say_which_cores_a_process_may_use(monkeypatch, number, used):
    """macOS does not."""
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: number)
    assert cores() == used


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="macOS has none")
def test_a_process_has_the_cores_that_it_may_use():
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        assert cores() == 1
    finally:
        os.sched_setaffinity(0, before)


@pytest.fixture
def busy(monkeypatch):
    """Two processes, which start at once."""
    monkeypatch.setattr(module, "WORTH", -1.0)
    with workers(jobs=2) as found:
        yield found


def test_what_nobody_waits_for_is_taken_back(busy, tmp_path):
    results = busy(partial(tasks.slowly, tmp_path), range(40))
    assert next(results) == 0
    results.close()
    assert list(busy(abs, [-1])) == [1]
    assert len(list(tmp_path.iterdir())) < 20


def test_whoever_has_ended_takes_no_more(busy):
    assert list(busy(abs, [-1])) == [1]
    busy.stop()
    with pytest.raises(RuntimeError, match="after shutdown"):
        list(busy(abs, [-1]))


_POOL = """
from scaleproof.workers.processes import ProcessPool, barrier

if __name__ == "__main__":
    {first}
    print(ProcessPool(1).submit(abs, -3).result())
"""


@pytest.mark.parametrize("first", ["pass", "barrier(2)"])
def test_a_process_runs_no_module_of_the_current_directory(first, tmp_path):
    """As the console script starts it: the parent looks for modules where the script is."""
    script, here = tmp_path / "script.py", tmp_path / "somebody's"
    script.write_text(_POOL.format(first=first))
    here.mkdir()
    (here / "multiprocessing.py").write_text("open('ran', 'w')")
    variables = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]}
    ran = subprocess.run([sys.executable, script], cwd=here, env=variables, capture_output=True, text=True, timeout=60)
    assert (ran.stdout, ran.stderr) == ("3\n", "")
    assert not (here / "ran").exists()
