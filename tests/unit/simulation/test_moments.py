"""Requests on instances, beside a slow simulation that looks at every request at every moment.

Times are halves of seconds, so much happens at once. Of one moment these come in this order: what is too old goes,
requests end and others start in their place, new ones arrive. What is done to the fleet comes before all of it.
"""

import math
import random
from collections import defaultdict
from dataclasses import dataclass, replace

import pytest

from scaleproof.simulation import Behaviour, Cause, Routing, Traffic, WhenFull
from scaleproof.simulation.queue import Queue
from scaleproof.simulation.realtime import RealTime
from scaleproof.simulation.workload import Instance

TICK = 0.5


@dataclass(eq=False)
class Request:
    arrived: float
    length: float
    number: int | None = None
    """Of its instance."""
    end: float = math.inf


class Slow:
    """The rules of both kinds of endpoints, with `instances` in their order."""

    def __init__(self, arrivals, behaviour, queued):
        self.coming = [Request(*arrival) for arrival in arrivals]
        self.behaviour, self.queued = behaviour, queued
        self.chance = random.Random(0)
        self.patience = behaviour.request_ttl if queued else behaviour.patience
        self.instances, self.leaving = [], {}
        self.working, self.waiting, self.unmet, self.waits = [], [], [], []
        self.arrived = self.refused = self.turned_away = self.expired = self.cut = 0
        self.now, self.capacity, self.cause = 0.0, 0, Cause.UNASKED
        self.spent = defaultdict(float)
        self.most, self.least = [0, 0, 0], math.inf

    @property
    def demand(self):
        return len(self.working) + len(self.waiting) + len(self.unmet)

    def load(self, number):
        return sum(request.number == number for request in self.working + self.waiting)

    def supply(self):
        """Also looks at it."""
        supply = self.capacity + sum(map(self.load, self.leaving))
        self.least = min(self.least, supply)
        return supply

    def advance(self, until):
        while self.now < until:
            self.old_ones()
            self.ends()
            while self.coming and self.coming[0].arrived == self.now:
                self.arrival(self.coming.pop(0))
                self.old_ones()
                self.ends()
            self.spent[self.cause, self.supply(), self.demand] += TICK
            counts = self.demand, len(self.working), len(self.waiting)
            self.most = list(map(max, self.most, counts))
            self.now += TICK
        if self.queued:
            self.old_ones()

    def old_ones(self):
        for request in [one for one in self.waiting if one.arrived + self.patience <= self.now]:
            self.waiting.remove(request)
            self.waits.append(self.patience)
            self.expired += self.queued
            self.refused += not self.queued
            request.end = request.arrived + request.length
            if not self.queued and request.end > self.now:
                self.unmet.append(request)
            if request.number in self.leaving:
                self.supply()

    def ends(self):
        self.unmet = [request for request in self.unmet if request.end > self.now]
        while ending := [request for request in self.working if request.end == self.now]:
            request = min(ending, key=lambda one: one.number)
            self.working.remove(request)
            if request.number in self.leaving:
                self.supply()
                if not self.load(request.number):
                    self.leaving.pop(request.number).gone = self.now
            self.next_one(request.number)

    def next_one(self, number):
        """Starts what waited longest for an instance. Whether any did."""
        if self.queued and number not in [instance.number for instance in self.instances]:
            return False
        for request in self.waiting:
            if self.queued or request.number == number:
                self.waiting.remove(request)
                self.waits.append(self.now - request.arrived)
                self.start(request, number)
                return True
        return False

    def start(self, request, number):
        request.number, request.end = number, self.now + request.length
        self.working.append(request)

    def arrival(self, request):
        self.arrived += 1
        loads = [self.load(instance.number) for instance in self.instances]
        if self.behaviour.routing is Routing.RANDOM and not self.queued:
            place = int(self.chance.random() * max(len(loads), 1))
        elif self.queued:
            free = [place for place, load in enumerate(loads) if load < self.instances[place].slots]
            place = min(free, key=loads.__getitem__, default=None)
        else:
            place = loads.index(min(loads)) if loads else None
        if self.queued and place is None:
            self.waiting.append(request)
            return
        full = not loads or loads[place] >= self.instances[place].slots
        if full and (not loads or self.behaviour.when_full is WhenFull.REFUSE):
            self.refused += 1
            self.turned_away += 1
            request.end = self.now + request.length
            self.unmet.append(request)
            return
        request.number = self.instances[place].number
        if full and self.behaviour.when_full is WhenFull.WAIT:
            self.waiting.append(request)
        else:
            self.start(request, request.number)

    def open(self, instance):
        self.instances = sorted([*self.instances, instance], key=lambda one: one.rank)
        while self.queued and self.load(instance.number) < instance.slots and self.next_one(instance.number):
            pass

    def close(self, instance):
        self.instances.remove(instance)
        if self.load(instance.number):
            self.leaving[instance.number] = instance
        else:
            instance.gone = self.now

    def cut_off(self, instance):
        self.cut += self.load(instance.number)
        self.waits += [self.now - one.arrived for one in self.waiting if one.number == instance.number]
        for requests in (self.working, self.waiting):
            requests[:] = [one for one in requests if one.number != instance.number]
        self.leaving.pop(instance.number).gone = self.now

    def next_event(self):
        times = [request.end for request in self.working + self.unmet]
        times += [request.arrived + self.patience for request in self.waiting]
        return min(times + [request.arrived for request in self.coming], default=math.inf)


def bursts(chance):
    """Arrivals of 200 s, several at once, some of no length."""
    times = sorted(chance.choice((0, 200)) * TICK + chance.randrange(200) * TICK for _ in range(150))
    return [(time, chance.choice((0, 1, 2, 3, 5, 20, 60)) * TICK) for time in times]


@pytest.mark.parametrize("queued", [False, True], ids=["real-time", "queue"])
@pytest.mark.parametrize("seed", range(40))
def test_all_counts_are_those_of_a_simulation_moment_by_moment(seed, queued):
    chance = random.Random(seed)
    behaviour = Behaviour(
        routing=chance.choice((Routing.RANDOM, *[Routing.LEAST_OUTSTANDING_REQUESTS] * 3)),
        when_full=chance.choice((WhenFull.REFUSE, WhenFull.ACCEPT, *[WhenFull.WAIT] * 4)),
        patience=chance.choice((0.0, 2.5, 10.0, math.inf)),
        request_ttl=chance.choice((2.5, 10.0, 1e6)),
    )
    arrivals = bursts(chance)
    traffic = Traffic.from_arrivals(arrivals, duration=1e4)
    workload = Queue(traffic, behaviour) if queued else RealTime(traffic, behaviour, random.Random(0))
    slow = Slow(arrivals, behaviour, queued)
    pairs, number = {}, 0
    workload.settle(0.0)
    slow.supply()
    while slow.now < 300.0:
        until = slow.now + chance.choice((0.0, TICK, 2.0, 10.0))
        following = workload.advance(until)
        slow.advance(until)
        assert until <= following <= slow.next_event()
        if not (slow.waits or slow.waiting or slow.refused or slow.cut):
            assert following == slow.next_event()
        action = chance.choice(("open", "open", "close", "cut", "look", "nothing"))
        if action == "open" and len(slow.instances) < 4:
            instance = Instance(number, "abc"[rank := chance.randrange(3)], rank, chance.randint(1, 3), until)
            pairs[number], number = (instance, replace(instance)), number + 1
            workload.open(instance)
            slow.open(pairs[instance.number][1])
        elif action == "close" and slow.instances:
            instance, same = pairs[chance.choice(slow.instances).number]
            workload.close(instance, until)
            slow.close(same)
            assert instance.released == until
        elif action == "cut" and slow.leaving:
            instance, same = pairs[chance.choice(list(slow.leaving))]
            workload.cut_off(instance, until)
            slow.cut_off(same)
        elif action == "look":
            extremes = workload.look(until)
            slow.supply()
            assert [extremes.demand, extremes.in_flight, extremes.waiting] == slow.most
            assert extremes.supply == slow.least
            slow.most, slow.least = [0, 0, 0], math.inf
        workload.capacity = slow.capacity = 2 * len(slow.instances)
        workload.cause = slow.cause = chance.choice(list(Cause)) if action == "nothing" else slow.cause
        workload.settle(until)
        slow.supply()
        for name in ("arrived", "refused", "turned_away", "expired", "cut", "demand"):
            assert getattr(workload, name) == getattr(slow, name), name
        loads = [slow.load(instance.number) for instance in slow.instances]
        if queued:
            assert workload.now == until
        assert (workload.loads, workload.numbers) == (loads, [instance.number for instance in slow.instances])
        assert workload.drained_loads == {number: slow.load(number) for number in slow.leaving}
        assert (workload.waiting, workload.unmet) == (len(slow.waiting), len(slow.unmet))
        assert workload.served == slow.arrived - slow.refused - slow.expired - slow.cut - slow.demand + len(slow.unmet)
        assert workload.present() == len(slow.working) + len(slow.waiting)
        assert list(workload.waiting_since()) == [(request.arrived, 1) for request in slow.waiting]
        assert workload.oldest(until) == max([until - request.arrived for request in slow.waiting], default=0.0)
        assert all(instance.gone == same.gone for instance, same in pairs.values())
    spent = {(*key, demand): time for key, demands in workload.spent.items() for demand, time in demands.items()}
    assert spent == slow.spent
    waits = sorted(slow.waits + [slow.now - request.arrived for request in slow.waiting])
    summary, everyone = workload.waited(slow.now), slow.arrived - slow.turned_away
    assert summary.mean * everyone == pytest.approx(sum(waits))
    assert summary.max == max(waits, default=0.0)
    waits = [0.0] * (everyone - len(waits)) + waits
    for share, found in ((0.5, summary.p50), (0.95, summary.p95), (0.99, summary.p99)):
        assert found == pytest.approx(waits[math.ceil(share * everyone) - 1] if waits else 0.0, rel=0.011)
