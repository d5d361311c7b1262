"""Tasks on a Dask cluster of two worker processes: the results of one, whatever happens to a worker."""

import json
import logging
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import warnings
from concurrent import futures
from functools import partial
from pathlib import Path
from unittest.mock import Mock

import pytest
from distributed import Client, KilledWorker

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.endpoint import Endpoint, Kind, Pool, ScalableTarget
from scaleproof.scaling.target_tracking import CONCURRENCY, TargetTracking
from scaleproof.simulation import Work
from scaleproof.studies.run import Setting, simulate_each
from scaleproof.studies.shape import Shape
from scaleproof.studies.traffic import parse
from scaleproof.studies.trials import Judge
from scaleproof.workers import GoneError, task_map, workers
from scaleproof.workers import cluster as module
from scaleproof.workers.task_map import DesertedError, ExecutorMap

from . import tasks

ROOT = Path(__file__).resolve().parents[3]
TRAFFIC = parse("diurnal:peak=60,days=0.4", seed=1)
ENDPOINT = Endpoint(
    "speech",
    "AllTraffic",
    Kind.REALTIME,
    (Pool("ml.g6.2xlarge", 1, 12),),
    2,
    ScalableTarget(1, 10, (TargetTracking("concurrency", CONCURRENCY, 9.0, 60, 300),)),
)


class Dask:
    """A scheduler on 127.0.0.1 and workers of one thread, each a process that ends with the test."""

    def __init__(self, place):
        self.place, self.processes = place, list[subprocess.Popen[bytes]]()
        self._file = place / "scheduler.json"
        self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show")
        while not self._file.exists() or not self._file.read_text().endswith("}"):
            assert self.processes[0].poll() is None, (place / "printed").read_text()
            time.sleep(0.02)
        self.address = json.loads(self._file.read_text())["address"]

    def worker(self, package=ROOT):
        """Starts a worker with the package in a directory; `ready` waits for it."""
        options = ["--no-nanny", "--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1"]
        where = ["--local-directory", str(self.place)]
        return self._start("worker", *options, *where, PYTHONPATH=f"{package}:{ROOT}")

    def ready(self, number):
        """Waits until there are so many workers, no more and no fewer."""
        deadline = time.monotonic() + 120
        with Client(self.address, set_as_default=False) as client:
            while len(there := client.nthreads()) != number:
                assert self.processes[0].poll() is None, (self.place / "printed").read_text()
                assert time.monotonic() < deadline, f"{number} workers should be there, not {there}"
                time.sleep(0.02)

    def _start(self, kind, *options, **variables):
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}"]
        with (self.place / "printed").open("ab") as printed:
            started = subprocess.Popen(
                [*command, "--scheduler-file", str(self._file), *options],
                env=os.environ | variables,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=printed,
                cwd=self.place,
            )
        self.processes.append(started)
        return started

    def end(self):
        for process in reversed(self.processes):
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def dask(tmp_path_factory):
    """A scheduler and two workers for tests that leave them as they are."""
    yield from two_workers(tmp_path_factory.mktemp("dask"))


@pytest.fixture
def own_dask(tmp_path_factory):
    """A scheduler and three workers that the test may kill."""
    for dask in two_workers(tmp_path_factory.mktemp("dask")):
        dask.worker()
        dask.ready(3)
        yield dask


def two_workers(place):
    made = Dask(place)
    try:
        made.worker()
        made.worker()
        made.ready(2)
        yield made
    finally:
        made.end()


def test_simulations_give_the_same_to_the_digit(dask):
    pairs = [(ENDPOINT, TRAFFIC), (ENDPOINT, parse("spike:top=50,days=0.3", seed=2))]
    here = simulate_each(pairs, Setting(), uncertainty=True)
    with workers(cluster=dask.address) as task_map:
        assert simulate_each(pairs, Setting(), uncertainty=True, tasks=task_map) == here
    assert len({outcome.result.totals.arrivals for outcome in here}) == 2


def test_an_object_that_is_called_runs_there_too(dask):
    """As the judge of `choose`, which has no name as functions have."""
    judge = Judge(Shape(Work.STREAM, 1_800.0), Setting(), (TRAFFIC,))
    with workers(cluster=dask.address) as task_map:
        assert list(task_map(judge, [(ENDPOINT, 0, None)])) == [judge((ENDPOINT, 0, None))]


def test_nothing_is_begun_after_the_end(dask):
    with workers(cluster=dask.address) as task_map:
        task_map.stop()
        with pytest.raises(Exception, match="closed"):
            list(task_map(partial(tasks.raised, 2), range(2)))


def test_tasks_are_named_after_their_function():
    """Dask expects those of one name to take as long as each other."""
    names = []

    class Scheduler:
        def submit(self, _function, *_arguments, key=None, **_options):
            names.append(key)

    for function in (tasks.process, partial(partial(tasks.raised, 2)), Judge(Shape(Work.STREAM, 1.0), Setting(), ())):
        submit = module._submitter(Scheduler(), function)
        submit(1)
        submit(2)
    assert [name.partition("-")[0] for name in names if name] == [*["process"] * 2, *["raised"] * 2, *["Judge"] * 2]
    assert len(set(filter(None, names))) == 6


@pytest.mark.nightly
def test_a_worker_works_on_as_many_tasks_as_it_has_threads(dask, monkeypatch):
    with workers(cluster=dask.address) as task_map:
        monkeypatch.setattr(Client, "nthreads", lambda _: {"one": 4, "other": 2})
        assert task_map.width() == 6


@pytest.mark.nightly
def test_a_task_whose_workers_die_ends_the_command_with_a_sentence(dask, monkeypatch):
    def died(*_, **__):
        future = futures.Future[int]()
        future.set_exception(KilledWorker("task", None, 3))
        return future

    with workers(cluster=dask.address) as task_map:
        monkeypatch.setattr(Client, "submit", died)
        with pytest.raises(GoneError, match=r"each worker .* died"):
            list(task_map(tasks.process, range(2)))


@pytest.mark.nightly
def test_a_worker_that_is_killed_costs_nothing_but_time(own_dask, tmp_path):
    note = tmp_path / "killed"
    with workers(cluster=own_dask.address) as task_map:
        assert list(task_map(partial(tasks.killed_once, 20, note), range(40))) == list(range(40))
    assert note.exists()
    own_dask.ready(2)


@pytest.mark.nightly
def test_long_tasks_spread_over_workers_after_quick_ones(dask, tmp_path):
    """Dask would take them for quick ones if all tasks had one name."""
    with workers(cluster=dask.address) as task_map:
        list(task_map(partial(tasks.raised, 2), range(200)))
        assert sorted(task_map(partial(tasks.meeting, tmp_path, "{}", 2), range(2))) == [0, 1]


@pytest.mark.nightly
def test_a_task_runs_as_often_as_it_is_asked_for(dask, tmp_path):
    with workers(cluster=dask.address) as task_map:
        for _ in range(2):
            assert list(task_map(partial(tasks.slowly, tmp_path), range(1))) == [0]
            (tmp_path / "0").unlink()


@pytest.mark.nightly
def test_what_tasks_share_may_be_large(dask):
    """As a month of traffic is; Dask warns of what it takes for a mistake."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        with workers(cluster=dask.address) as task_map:
            assert list(task_map(partial(bytes.count, bytes(11_000_000)), range(2))) == [11_000_000, 0]


def test_the_version_is_that_of_the_code_and_of_python():
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert re.fullmatch(rf"scaleproof \S+ \([0-9a-f]{{8}}\) on Python {python}", module.version())


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("line", "said"),
    [("# changed", "has scaleproof "), ("raise ImportError('Gone.')", "raises Exception(\"ImportError('Gone.')\")")],
)
def test_workers_with_other_code_are_refused_before_any_work(dask, tmp_path, line, said):
    shutil.copytree(ROOT / "scaleproof", tmp_path / "scaleproof", ignore=shutil.ignore_patterns("*.pyc"))
    with (tmp_path / "scaleproof" / "errors.py").open("a") as file:
        file.write(f"{line}\n")
    other = dask.worker(tmp_path)
    dask.ready(3)
    try:
        with pytest.raises(ScaleproofError) as caught, workers(cluster=dask.address):
            pytest.fail("a worker with other code got work")
    finally:
        other.kill()
        other.wait()
        dask.ready(2)
    assert re.match(rf"The worker tcp://\S+ {re.escape(said)}", caught.value.message)
    assert caught.value.message.endswith(f", not {module.version()}.")
    assert "Install the same on each worker" in caught.value.advice


def test_the_address_of_a_worker_to_start_is_quoted():
    with pytest.raises(ScaleproofError) as refused:
        module._check("tcp://[::1]:8786", {})
    assert "dask worker 'tcp://[::1]:8786' --nworkers" in refused.value.advice


@pytest.mark.nightly
def test_a_cluster_without_workers_is_refused(tmp_path):
    alone = Dask(tmp_path)
    try:
        with pytest.raises(ScaleproofError, match="has no workers") as caught:
            workers(cluster=alone.address).__enter__()
        assert f"dask worker {alone.address}" in caught.value.advice
    finally:
        alone.end()


@pytest.mark.nightly
def test_a_scheduler_that_ends_is_named(tmp_path):
    """What Dask logs of it is no answer of the command."""
    logged = []
    handler = logging.Handler()
    handler.emit = logged.append
    logging.getLogger("distributed.client").addHandler(handler)
    alone = Dask(tmp_path)
    try:
        alone.worker()
        alone.ready(1)
        with workers(cluster=alone.address) as mapped:
            found = mapped(partial(tasks.slowly, tmp_path), range(99))
            next(found)
            alone.end()
            with pytest.raises(GoneError, match=rf"The Dask scheduler at {alone.address} is gone"):
                list(found)
    finally:
        alone.end()
        logging.getLogger("distributed.client").removeHandler(handler)
    assert logged == []


@pytest.mark.parametrize("there", [[0, 0], [0, 2, 0, 0]])
def test_nobody_waits_for_ever_where_nobody_works(there, monkeypatch):
    """A worker that died may be starting again."""
    monkeypatch.setattr(task_map, "PATIENCE", 0.01)
    left = GoneError("Nobody is left.")
    deserted = ExecutorMap(lambda _: lambda _: futures.Future(), lambda: there.pop(0), Mock(), {DesertedError: left})
    with pytest.raises(GoneError, match="Nobody is left"):
        list(deserted(abs, [1]))
    assert there == []


def test_an_error_of_a_task_is_no_wait():
    failed = futures.Future()
    failed.set_exception(TimeoutError("of the task"))
    with pytest.raises(TimeoutError, match="of the task"):
        list(ExecutorMap(lambda _: lambda _: failed, lambda: 0, Mock(), {})(abs, [1]))


@pytest.mark.nightly
def test_workers_that_all_die_are_missed(tmp_path, monkeypatch):
    monkeypatch.setattr(task_map, "PATIENCE", 1.0)
    alone = Dask(tmp_path)
    try:
        worker = alone.worker()
        alone.ready(1)
        with workers(cluster=alone.address) as mapped:
            results = mapped(partial(tasks.slowly, tmp_path), range(99))
            next(results)
            worker.kill()
            with pytest.raises(GoneError, match=rf"The Dask cluster at {alone.address} has no workers any more"):
                list(results)
    finally:
        alone.end()


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("tcp://127.0.0.1:1", "Timed out trying to connect"),
        ("somewhere", "missing port number"),
        ("carrier://pigeon:1", "unknown address scheme"),
        ("tcp://nowhere.invalid:1", r"\[Errno"),
    ],
)
def test_where_no_scheduler_is_no_work_begins(monkeypatch, address, why):
    monkeypatch.setattr(module, "TIMEOUT", 0.5)
    with pytest.raises(ScaleproofError, match=f"There is no Dask scheduler at {address}: .*{why}"):
        workers(cluster=address).__enter__()


_WAITING = """
import sys
from scaleproof.workers import cluster, workers

cluster.TIMEOUT = 0.5
workers(cluster=sys.argv[1]).__enter__()
"""


def test_a_server_that_says_nothing_is_no_scheduler():
    """Nor does the command wait for it at its end."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        command, variables = [sys.executable, "-c", _WAITING, address], {**os.environ, "PYTHONPATH": str(ROOT)}
        ran = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=60, check=False)
    assert f"There is no Dask scheduler at {address}: no answer in 1 s" in ran.stderr


def test_workers_that_do_not_answer_are_named(dask, monkeypatch):
    monkeypatch.setattr(module, "TIMEOUT_OF_WORKERS", 0.5)
    worker = dask.processes[1]
    worker.send_signal(signal.SIGSTOP)
    try:
        with pytest.raises(ScaleproofError, match=rf"workers .* at {dask.address} do not all answer: no answer in"):
            workers(cluster=dask.address).__enter__()
    finally:
        worker.send_signal(signal.SIGCONT)
        dask.ready(2)


def test_without_dask_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ScaleproofError, match=r"pip install '\S+\[cluster\]'"):
        workers(cluster="tcp://127.0.0.1:1").__enter__()
