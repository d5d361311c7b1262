"""The instances of a variant: requested, starting, in service, released.

Sources of the rules: [pools] https://docs.aws.amazon.com/sagemaker/latest/dg/realtime-endpoints-heterogeneous.html
[update] https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpointWeightsAndCapacities.html
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count

from scaleproof.scaling.autoscaling import Capacity
from scaleproof.scaling.endpoint import Pool, place
from scaleproof.simulation.behaviour import Behaviour, Release
from scaleproof.simulation.workload import NEVER, Instance, Workload


@dataclass(frozen=True)
class Outcome:
    """A change of the count that ends at `time`. `reached`: whether all instances are in service."""

    time: float
    reached: bool
    message: str = ""


class Fleet:
    """The instances behind a workload, in seconds from the start.

    Attributes: `desired` (DesiredInstanceCount), `updating` (the endpoint's status; it then accepts no other
    change [update]), `counts` (in service, by type), `starting` (requested and not in service, by type).
    """

    def __init__(
        self,
        pools: Sequence[Pool],
        slots: dict[str, int],
        initial: int,
        workload: Workload,
        behaviour: Behaviour,
        chance: random.Random,
        timeout: float,
    ) -> None:
        """A fleet of `initial` instances in service. `slots`: requests that one instance of a type takes.
        `timeout`: seconds after which missing instances are given up.
        """
        self.desired = initial
        self.updating = False
        self.counts = dict.fromkeys(slots, 0)
        self.starting = dict.fromkeys(slots, 0)
        self._pools = sorted(pools, key=lambda pool: pool.priority)
        self._ranks = {pool.instance_type: rank for rank, pool in enumerate(self._pools)}
        self.slots = slots
        self._workload = workload
        self._behaviour = behaviour
        self._chance = chance
        self._timeout = timeout
        self._numbers = count()
        self._ready: list[tuple[float, int, str]] = []
        self._retry = self._deadline = self._settled = NEVER
        self._drained: list[tuple[float, Instance]] = []
        """Draining instances and their latest end, in the order of the end."""
        self._used = dict.fromkeys(slots, 0.0)
        for instance_type, number in self._placed(0.0).items():
            for _ in range(number):
                self._open(next(self._numbers), instance_type, 0.0)
        self.desired = sum(self.counts.values())

    @property
    def running(self) -> int:
        """Instances in service."""
        return len(self._workload.instances)

    @property
    def capacity(self) -> Capacity:
        """The instances as scaling sees them."""
        return Capacity(self.desired, self.running, self.updating)

    @property
    def draining(self) -> int:
        """Instances that take no more requests and still finish some."""
        return len(self._workload.draining)

    def set_desired(self, desired: int, now: float) -> bool:
        """Requests another count; False if the endpoint refuses because it is Updating."""
        if self.updating:
            return False
        self.desired = desired
        self.updating = True
        if desired < self.running:
            self._release(self.running - desired, now)
            self._settled = now + self._behaviour.scale_in_time
        else:
            self._deadline = now + self._timeout
            self._ask(now)
        return True

    def next_event(self) -> float:
        """When to call `happen` next, NEVER if nothing is due."""
        ready = self._ready[0][0] if self._ready else NEVER
        drained = self._drained[0][0] if self._drained else NEVER
        return min(ready, self._retry, self._settled, drained)

    def happen(self, now: float) -> Outcome | None:
        """Does what is due until `now`; gives the outcome of the change if it ends."""
        while self._drained and self._drained[0][0] <= now:
            instance = self._drained.pop(0)[1]
            if instance.gone is None:
                self._workload.cut_off(instance, now)
            self._forget(instance)
        while self._ready and self._ready[0][0] <= now:
            _, number, instance_type = heappop(self._ready)
            self.starting[instance_type] -= 1
            self._open(number, instance_type, now)
        if self._retry <= now:
            self._ask(now)
        return self._outcome(now)

    def instance_seconds(self, now: float) -> dict[str, float]:
        """Seconds in service so far, draining included, by type."""
        used = dict(self._used)
        for instance in self._workload.instances:
            used[instance.instance_type] += now - instance.since
        for _, instance in self._drained:
            end = now if instance.gone is None else instance.gone
            used[instance.instance_type] += end - instance.since
        return used

    def _placed(self, now: float) -> dict[str, int]:
        """The desired instances by type, as far as they are available [pools]."""
        short = {
            shortage.instance_type for shortage in self._behaviour.shortages if shortage.start <= now < shortage.end
        }
        held = {name: number + self.starting[name] for name, number in self.counts.items()}
        return place(self._pools, held, self.desired, lambda name: 0 if name in short else None)

    def _ask(self, now: float) -> None:
        """Requests missing instances, and plans a retry for those that are not available."""
        behaviour, chance = self._behaviour, self._chance
        placed = self._placed(now)
        for instance_type, number in placed.items():
            for _ in range(number - self.counts[instance_type] - self.starting[instance_type]):
                delay = behaviour.provisioning.draw(chance) + behaviour.start_up.draw(chance)
                self.starting[instance_type] += 1
                heappush(self._ready, (now + delay, next(self._numbers), instance_type))
        complete = sum(placed.values()) == self.desired
        self._retry = NEVER if complete else min(now + behaviour.retry, self._deadline)
        if not complete and now >= self._deadline:
            self._retry = NEVER

    def _outcome(self, now: float) -> Outcome | None:
        if not self.updating or self._ready or self._retry < NEVER:
            return None
        if self._settled < NEVER and now < self._settled:
            return None
        self.updating = False
        self._settled = self._deadline = NEVER
        missing = self.desired - self.running
        if not missing:
            return Outcome(now, reached=True)
        # The endpoint stops waiting for instances that are not available.
        self.desired = self.running
        return Outcome(now, reached=False, message=f"Instances that were not available in time: {missing}.")

    def _open(self, number: int, instance_type: str, now: float) -> None:
        rank, slots = self._ranks[instance_type], self.slots[instance_type]
        self._workload.open(Instance(number, instance_type, rank, slots, now))
        self.counts[instance_type] += 1

    def _release(self, number: int, now: float) -> None:
        """Releases instances, from the pool with the lowest priority first [pools]."""
        for _ in range(number):
            instance = self._leaving()
            self._workload.close(instance, now)
            self.counts[instance.instance_type] -= 1
            self._drained.append((now + self._workload.grace, instance))

    def _leaving(self) -> Instance:
        instances, loads = self._workload.instances, self._workload.loads
        lowest = range(len(instances))[self._workload.places[instances[-1].instance_type]]
        match self._behaviour.release:
            case Release.NEWEST:
                chosen = lowest[-1]
            case Release.OLDEST:
                chosen = lowest[0]
            case Release.IDLEST:
                chosen = min(lowest, key=lambda place: (loads[place], -place))
        return instances[chosen]

    def _forget(self, instance: Instance) -> None:
        assert instance.gone is not None
        self._used[instance.instance_type] += instance.gone - instance.since
