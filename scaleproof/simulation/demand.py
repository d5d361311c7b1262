"""Computes how many requests are in flight at a time if no fleet limits them."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from heapq import heappop, heappush
from itertools import chain

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
    number = math.ceil(traffic.duration / STEP)
    most = array("q", bytes(8 * number))
    ends: list[float] = []
    step = 0

    def left_at(time: float) -> int:
        while ends and ends[0] <= time:
            heappop(ends)
        return len(ends)

    for time, seconds in chain(traffic.arrivals(), [(STEP * (number - 1), 0.0)]):
        while step < int(time / STEP):
            step += 1
            most[step] = left_at(step * STEP)
        level = left_at(time)
        if seconds:
            heappush(ends, time + seconds)
            level += 1
        if level > most[step]:
            most[step] = level
    return most


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
        return max((seconds for _, seconds in traffic.arrivals()), default=0.0)
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
