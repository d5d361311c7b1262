"""The thread that looks at accounts: it ends and comes back, and one account does not hold up another."""

from __future__ import annotations

import time
from collections.abc import Callable
from unittest.mock import Mock

import pytest

from scaleproof.emulator import Json
from scaleproof.emulator.engine import clock as loop
from scaleproof.emulator.engine.state import Store

from .conftest import Clock, new_store
from .wall_clock import Loop, clock, running

__all__ = ["clock", "running"]


def waits(what: Callable[[], bool]) -> bool:
    end = time.monotonic() + 20
    while not what() and time.monotonic() < end:
        time.sleep(0.01)
    return what()


def test_the_thread_ends_with_the_last_target_and_comes_back(running: Loop) -> None:
    made = loop.Loop(lambda: [running.store])
    made.ensure()
    thread = made._thread
    assert thread
    assert thread.is_alive()
    made.ensure()
    assert made._thread is thread
    running.store.targets.clear()
    assert waits(lambda: not thread.is_alive())
    assert made._thread is None


def test_one_account_does_not_stop_another(running: Loop, caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> list[Json]:
        raise ValueError("broken")

    other = Store("444455556666", "us-east-1", "aws", lambda _service: None, running.cloud)
    other.targets = dict(running.store.targets)
    object.__setattr__(running.cloud, "alarms", broken)
    made = loop.Loop(lambda: [running.store, other])
    made.ensure()
    thread = made._thread
    assert waits(lambda: caplog.text.count("auto scaling of account") >= 2)
    assert "111122223333" in caplog.text
    assert "444455556666" in caplog.text
    running.store.targets.clear()
    other.targets.clear()
    assert thread
    assert waits(lambda: not thread.is_alive())


def test_the_thread_looks_only_at_accounts_that_are_due(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores = {name: new_store() for name in ("often", "fails", "seldom")}
    start = clock.seconds
    looks: dict[str, list[float]] = {name: [] for name in stores}
    for name, store in stores.items():
        store.account = name
        store.targets = {"it": Mock()}

    def tick(store: Store, now: float) -> float:
        looks[store.account].append(now - start)
        if store.account == "fails":
            raise ValueError
        return now + (0.25 if store.account == "often" else 60.0)

    def sleep(seconds: float) -> None:
        clock.seconds += seconds
        if clock.seconds >= start + 2:
            for store in stores.values():
                store.targets.clear()

    monkeypatch.setattr(loop, "tick", tick)
    monkeypatch.setattr(loop, "time", Mock(time=clock.time, sleep=sleep))
    loop.Loop(stores.values)._run()
    assert looks == {
        "often": [0.25 * place for place in range(8)],
        "fails": [0.0, loop.LONGEST],
        "seldom": [0.0, loop.LONGEST],
    }
