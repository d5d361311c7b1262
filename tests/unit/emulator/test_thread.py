"""The thread that looks at accounts: it ends and comes back, and one account does not hold up another."""

import time
from unittest.mock import Mock

from scaleproof.emulator.engine import clock as loop
from scaleproof.emulator.engine.state import Store

from .conftest import new_store
from .wall_clock import clock, running

__all__ = ["clock", "running"]


def waits(what):
    end = time.monotonic() + 20
    while not what() and time.monotonic() < end:
        time.sleep(0.01)
    return what()


def test_the_thread_ends_with_the_last_target_and_comes_back(running):
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


def test_one_account_does_not_stop_another(running, caplog):
    def broken():
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


def test_the_thread_looks_only_at_accounts_that_are_due(clock, monkeypatch):
    stores = {name: new_store() for name in ("often", "fails", "seldom")}
    start = clock.seconds
    looks = {name: [] for name in stores}
    for name, store in stores.items():
        store.account = name
        store.targets = {"it": Mock()}

    def tick(store, now):
        looks[store.account].append(now - start)
        if store.account == "fails":
            raise ValueError
        return now + (0.25 if store.account == "often" else 60.0)

    def sleep(seconds):
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
