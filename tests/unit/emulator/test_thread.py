"""The thread that looks at accounts: it ends and comes back, and one account does not hold up another."""

from unittest.mock import Mock

from scaleproof.emulator.engine import clock as loop
from scaleproof.emulator.engine import state

from .conftest import Clock, new_store


def test_the_thread_ends_with_the_last_target_and_comes_back(monkeypatch):
    monkeypatch.setattr(loop, "tick", lambda _store, now: now + loop.LONGEST)
    store = new_store()
    made = loop.Loop(lambda: [store])
    for _ in range(2):
        store.targets = {"it": Mock()}
        made.ensure()
        thread = made._thread
        assert thread.is_alive()
        made.ensure()
        assert made._thread is thread
        store.targets.clear()
        thread.join(20)
        assert made._thread is None


def test_the_thread_looks_only_at_accounts_that_are_due(monkeypatch, caplog):
    """One that fails stops no other, and one whose clock is being moved is left alone."""
    clock = Clock()
    stores = {name: new_store() for name in ("often", "fails", "seldom", "moved")}
    start = clock.seconds
    looks = {name: [] for name in stores}
    for name, store in stores.items():
        store.account = name
        store.targets = {"it": Mock()}
    stores["moved"].looking.acquire()

    def tick(store, now):
        looks[store.account].append(now - start)
        if store.account == "fails":
            raise ValueError
        return now + (0.25 if store.account == "often" else 60.0)

    def sleep(seconds):
        clock.seconds += seconds if seconds > 0.02 else 0.25
        if clock.seconds >= start + 2:
            for store in stores.values():
                store.targets.clear()

    monkeypatch.setattr(loop, "tick", tick)
    monkeypatch.setattr(state, "time", clock)
    monkeypatch.setattr(loop, "time", Mock(time=clock.time, sleep=sleep))
    loop.Loop(stores.values)._run()
    assert looks == {
        "often": [0.25 * place for place in range(8)],
        "fails": [0.0, loop.LONGEST],
        "seldom": [0.0, loop.LONGEST],
        "moved": [],
    }
    assert caplog.text.count("auto scaling of account fails in us-east-1") == 2


def test_moving_a_clock_does_what_is_due_at_its_time(monkeypatch):
    looks = []
    clock, store = Clock(), new_store()
    began = clock.seconds

    def tick(_store, now):
        looks.append(now - began)
        return now + 0.25 if now - began == 2 else now + 60.0

    monkeypatch.setattr(loop, "tick", tick)
    monkeypatch.setattr(state, "time", clock)
    loop.advance(store, 4.0)
    assert looks == [0.0, 1.0, 2.0, 2.25, 3.25, 4.0]
    assert (store.moved, clock.seconds) == (4.0, began)
