"""Computes how many requests are in flight at a time if no fleet limits them."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence

from scaleproof.scaling.endpoint import Kind
from scaleproof.simulation.behaviour import DEFAULT, Behaviour, Routing, WhenFull
from scaleproof.simulation.traffic import Traffic
from scaleproof.simulation.workload import Instance

STEP = 10.0
"""Seconds of one number of `offered`."""


def offered(traffic: Traffic) -> Sequence[int]:
    """The most requests in flight in each STEP if every request started at its arrival."""
    if dense(traffic):
        return _offered_in_groups(traffic)
    import numpy as np  # takes a while to load

    bounds = STEP * np.arange(math.ceil(traffic.duration / STEP))
    most, times, levels = np.zeros(len(bounds), np.int64), np.zeros(1), np.zeros(1, np.int64)
    for events in traffic.events():
        times = np.append(times[-1], np.frombuffer(events.times))
        changes = np.where(np.frombuffer(events.places, np.int64) < 0, -1, 1)
        levels = levels[-1] + np.append(0, np.cumsum(changes))
        first, last = np.searchsorted(bounds, times[[0, -1]])
        most[first:last] = levels[np.searchsorted(times, bounds[first:last], side="right") - 1]
        lasting = (times[:-1] < times[1:]) & (times[:-1] < bounds[-1] + STEP)
        np.maximum.at(most, (times[:-1][lasting] / STEP).astype(int), levels[:-1][lasting])
    return array("q", most.tobytes())


ONE_BY_ONE = 2_000_000
"""Requests that are simulated one by one however dense they are: some seconds."""
DENSE = 10.0
"""Requests in a second from which on groups take less time than single ones."""


def dense(traffic: Traffic, behaviour: Behaviour = DEFAULT) -> bool:
    """Whether requests are simulated in groups. Where routing is random, or full instances refuse, they are
    not: what happens then depends on each request."""
    plain = behaviour.routing is not Routing.RANDOM and behaviour.when_full is not WhenFull.REFUSE
    return plain and traffic.expected > max(ONE_BY_ONE, DENSE * traffic.duration)


def longest(traffic: Traffic) -> float:
    """Seconds that the longest request takes; of dense traffic those that one in three million exceeds."""
    if traffic.rates is None or not dense(traffic):
        return max((max(events.lengths, default=0.0) for events in traffic.events()), default=0.0)
    lengths = {rate.length for rate in traffic.rates()}
    return max(min(length.median * math.exp(5 * length.spread), length.longest) for length in lengths)


def _offered_in_groups(traffic: Traffic) -> Sequence[int]:
    from scaleproof.simulation.groups import Groups

    workload = Groups(traffic, Behaviour(when_full=WhenFull.ACCEPT), Kind.REALTIME, seed=0)
    workload.open(Instance(0, "", rank=0, slots=1, since=0.0))
    most = array("q")
    for step in range(1, math.ceil(traffic.duration / STEP) + 1):
        workload.advance(step * STEP)
        most.append(workload.look(step * STEP).demand)
    return most
