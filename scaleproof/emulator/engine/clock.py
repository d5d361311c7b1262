"""Runs the engine by the clock: a thread, while there are scalable targets or endpoints that serve.

A test can move the clock of an account forward, so that it waits for nothing.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable

from scaleproof.emulator import Json
from scaleproof.emulator.cloudwatch import Samples, invoking
from scaleproof.emulator.engine import deployments, targets
from scaleproof.emulator.engine.alarms import WatchedAlarm
from scaleproof.emulator.engine.state import Store
from scaleproof.scaling.metrics import queue_metrics

LOG = logging.getLogger(__name__)
LONGEST = 1.0
"""Seconds at most between two looks for new alarms, policies and schedules."""
PUBLISHED = 10.0
"""Seconds between two data points of an endpoint. AWS does not say it for those of a queue."""
_SHORTEST = 0.02


class Loop:
    """`stores` gives all stores."""

    def __init__(self, stores: Callable[[], Iterable[Store]]) -> None:
        """`ensure` starts it."""
        self._stores = stores
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def ensure(self) -> None:
        """Starts the thread, unless it runs. It ends when no store has anything for it to do."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="auto-scaling", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            with self._lock:
                busy = [store for store in self._stores() if store.targets or store.serving.busy]
                if not busy:
                    self._thread = None
                    return
            for store in busy:
                # While a test moves its clock, `advance` looks at a store.
                if store.next_look <= store.time() and store.looking.acquire(blocking=False):
                    try:
                        _look(store)
                    except Exception:  # one account must not stop the others
                        LOG.exception("auto scaling of account %s in %s", store.account, store.region)
                    finally:
                        store.looking.release()
            time.sleep(max(min(store.next_look - store.time() for store in busy), _SHORTEST))


def advance(store: Store, seconds: float) -> None:
    """Moves the clock of a store forward. What is due on the way happens at its time.

    What takes time for the machine's clock is not moved: the answers of containers, and LocalStack's own alarms.
    """
    with store.looking:
        end = store.time() + seconds
        while True:
            _look(store)
            left = end - store.time()
            if left <= 0:
                return
            store.moved += min(max(store.next_look - store.time(), _SHORTEST), left)


def _look(store: Store) -> None:
    """Does what is due in a store, and notes when to look again."""
    now = store.time()
    store.next_look = now + LONGEST
    store.next_look = min(store.next_look, tick(store, now))


def tick(store: Store, now: float) -> float:
    """Does what is due at `now` in one account and region. Returns when to call it next (epoch seconds)."""
    with store.lock:
        deployments.complete_due(store)
        targets.finish_activities(store)
        store.serve()
        _watch(store)
        for target in store.targets.values():
            targets.configure(store, target)
            due = target.scaler.next_event()
            if due is not None and due <= now:
                decisions = target.scaler.due(now, targets.capacity(store, target))
                targets.apply_decisions(store, target, decisions)
        transitions = [
            transition
            for watched in store.watched.values()
            if watched and watched.due <= now and (transition := _evaluate(store, watched, now))
        ]
        new_samples = samples(store, now)
        times = [watched.due for watched in store.watched.values() if watched]
        times += store.serving.kills
        times += [due for target in store.targets.values() if (due := target.scaler.next_event()) is not None]
    # CloudWatch is called without the lock: it may call other services, which may call this one.
    for transition in transitions:
        store.cloudwatch.set_state(transition)
    store.cloudwatch.put(new_samples, now)
    return min(times, default=now + LONGEST)


def _watch(store: Store) -> None:
    """Brings `watched` up to date. An alarm that is put again is another alarm."""
    alarms = {}
    assumed = store.injected.assumptions
    for alarm in store.cloudwatch.alarms():
        if invoking(alarm) or alarm.get("Metrics"):  # LocalStack evaluates no metric math
            key = alarm["AlarmArn"], alarm["AlarmConfigurationUpdatedTimestamp"]
            alarms[key] = store.watched[key] if key in store.watched else WatchedAlarm.from_description(alarm, assumed)
            if watched := alarms[key]:
                watched.described = alarm
    store.watched = alarms


def _evaluate(store: Store, watched: WatchedAlarm, now: float) -> Json | None:
    """Evaluates one alarm and lets the scalable targets act on it. Returns a new state.

    A look that comes a little late is one at the alarm's own time: where a cooldown is as long as the
    interval, milliseconds would decide.
    """
    now = watched.due if now - watched.due < LONGEST else now
    result, transition = watched.evaluate(now, store.cloudwatch)
    for target in store.targets.values():
        if watched.name not in target.scaler.alarms:
            continue
        if result.changed:
            target.scaler.changed(watched.name, result.status.state)
        if result.signal and watched.described["ActionsEnabled"]:
            instances = targets.capacity(store, target)
            decision = target.scaler.signalled(watched.name, result.signal, now, instances)
            targets.apply_decisions(store, target, [decision])
    return transition


def samples(store: Store, now: float) -> list[Samples]:
    """The metrics of variants and queues, once in each period: one that has none is missing for alarms."""
    if now // PUBLISHED == store.published // PUBLISHED:
        return []
    store.published = now
    assumed = store.injected.assumptions.autoscaling
    queued = [sample for place, usage in store.finished.items() for sample in usage.taken(place)]
    store.queued &= store.endpoints.keys()
    for name in store.queued:
        waiting = sum(job.endpoint == name for job in store.backlog)
        instances = sum(variant.count for variant in store.endpoints[name].fleet.variants.values())
        metrics = queue_metrics(waiting, instances, assumed)
        queued += [Samples(metric, {"EndpointName": name}, "None", [value]) for metric, value in metrics.items()]
    return store.serving.samples(by_type=assumed.concurrency_by_type == "published") + queued
