"""Several studies side by side: their tasks share the workers, and the results are those of one alone."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from scaleproof.errors import FailedError
from scaleproof.workers import Workers, together, workers
from scaleproof.workers import processes as module
from scaleproof.workers.task import StoppedError

from . import tasks
from .test_processes import gone, stopped_late


@pytest.fixture
def each(monkeypatch: pytest.MonkeyPatch) -> Iterator[Workers]:
    """Two processes, which start at once."""
    monkeypatch.setattr(module, "WORTH", -1.0)
    with workers(jobs=2) as found, stopped_late(found):
        yield found


def test_studies_with_one_task_at_a_time_fill_two_processes(each: Workers, tmp_path: Path) -> None:
    """Each task waits for one of the other study."""

    def study(number: int) -> list[int]:
        return [
            one
            for step in range(3)
            for one in each(partial(tasks.meeting, tmp_path, f"step{step}-{{}}", 2), [number])
        ]

    assert dict(together(each, study, range(2))) == {0: [0, 0, 0], 1: [1, 1, 1]}


def test_each_study_gets_its_own_results_from_shared_processes(each: Workers) -> None:
    def study(base: int) -> tuple[list[int], set[int]]:
        found = list(each(partial(tasks.raised, base), range(20)))
        return found, set(each(tasks.process, range(10)))

    found = dict(together(each, study, range(6)))
    assert {base: powers for base, (powers, _) in found.items()} == {
        base: [base**number for number in range(20)] for base in range(6)
    }
    assert len(set.union(*(used for _, used in found.values())) - {os.getpid()}) == 2


def test_a_process_that_is_killed_costs_its_task_only(each: Workers, tmp_path: Path) -> None:
    def study(number: int) -> list[int]:
        return list(each(partial(tasks.killed_once, 7, tmp_path / str(number)), range(12)))

    assert dict(together(each, study, range(3))) == {number: list(range(12)) for number in range(3)}
    assert all(gone(int((tmp_path / str(number)).read_text())) for number in range(3))


def test_a_task_that_kills_each_process_costs_its_study_only(each: Workers) -> None:
    def study(number: int) -> str:
        try:
            done = list(each(partial(tasks.killed, 3), [tasks.Named(one) for one in (number, number + 2)]))
        except FailedError as error:
            return error.message
        return str(done)

    found = dict(together(each, study, range(3)))
    assert (found[0], found[2]) == ("[0, 2]", "[2, 4]")
    assert found[1].startswith("Endpoint 3 is given up")


def test_whoever_takes_no_more_results_ends_all(each: Workers, tmp_path: Path) -> None:
    def study(number: int) -> int:
        return next(each(partial(tasks.waiting, tmp_path), [number])) if number else number

    began = time.monotonic()
    found = together(each, study, range(9))
    assert next(found) == (0, 0)
    while not (pid := (tmp_path / "1").exists() and (tmp_path / "1").read_text()):
        time.sleep(0.01)
    found.close()
    assert gone(int(pid))
    assert time.monotonic() - began < 30
    with pytest.raises(StoppedError):
        list(each(tasks.process, range(2)))


def test_an_error_of_a_study_is_raised(each: Workers) -> None:
    with pytest.raises(FailedError, match="Four is too many"):
        list(together(each, lambda number: list(each(tasks.refusing, [number])), range(9)))


def test_one_job_takes_one_study_after_the_other() -> None:
    with workers(jobs=1) as each:
        assert list(together(each, tasks.process, range(3))) == [(n, os.getpid()) for n in range(3)]
    assert list(together(map, str, range(2))) == [(0, "0"), (1, "1")]
