"""What is kept of a simulation: a bounded timeline and sums, taken at the end of every interval."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from operator import gt
from typing import Any

from scaleproof.simulation.fleet import Fleet
from scaleproof.simulation.result import Elasticity, Timeline, Totals
from scaleproof.simulation.workload import INTERVAL, Workload

ROWS = 2_000
"""The most rows of a timeline: more than a screen has columns for."""


class Recorder:
    """Follows a workload and its fleet from interval to interval."""

    def __init__(
        self,
        workload: Workload,
        fleet: Fleet,
        sustained: Mapping[str, float],
        intervals: int,
        objective: float,
        state: Callable[[], tuple[int, int, tuple[float | None, ...]]],
    ) -> None:
        """`sustained`: requests that one instance of a type sustains. `intervals`: how many there will be.
        `state`: what only the policies know, which is the bounds and the signals.
        """
        self._workload = workload
        self._fleet = fleet
        self._sustained = sustained
        self._objective = objective
        self._state = state
        self._every = max(1, -(-intervals // ROWS))
        self._left = self._every
        self._rows: list[tuple[Any, ...]] = []
        self._limits: list[float] = []
        self._capacity = self._tightest = 0.0
        self._demand = self._in_flight = self._waiting = self._refused = 0
        self._least = math.inf
        self._sum = self._under = self._over = self._under_share = self._over_share = 0.0
        self._intervals = self._busy = self._short = self._ample = self._overloaded = self._hot = 0
        self._peak_demand = self._peak_instances = 0
        self.fleet_changed()

    def fleet_changed(self) -> None:
        """Instances came or went, so another number of requests is sustained."""
        self._limits = [self._sustained[one.instance_type] for one in self._workload.instances]
        self._capacity = sum(self._limits)
        self._tightest = min(self._limits, default=0.0)
        self._peak_instances = max(self._peak_instances, len(self._limits))

    def intervals(self, number: int = 1) -> None:
        """As many intervals ended as now, each like the other."""
        while number:
            alike = min(number, self._left)
            self._count(alike)
            number -= alike
            self._left -= alike
            if not self._left:
                self._end_row()
                self._left = self._every

    def timeline(self, types: Sequence[str], policies: Sequence[str]) -> Timeline:
        """All rows; the last one may be a short one."""
        if self._left < self._every:
            self._end_row()
            self._left = self._every
        step = float(self._every * INTERVAL)
        columns = [tuple(column) for column in zip(*self._rows, strict=True)] or [()] * 12
        by_type, signals = columns[1], columns[-1]
        return Timeline(
            step=step,
            time=tuple(step * row for row in range(len(self._rows))),
            desired=columns[0],
            in_service={name: tuple(counts[i] for counts in by_type) for i, name in enumerate(types)},
            starting=columns[2],
            draining=columns[3],
            demand=columns[4],
            in_flight=columns[5],
            waiting=columns[6],
            capacity=columns[7],
            refused=columns[8],
            minimum=columns[9],
            maximum=columns[10],
            signals={name: tuple(values[i] for values in signals) for i, name in enumerate(policies)},
        )

    def totals(self, now: float, scaled: Sequence[int]) -> Totals:
        """All sums. `scaled`: the changes of the count in their order, in instances."""
        workload, fleet = self._workload, self._fleet
        number = self._intervals or 1
        outs = [change > 0 for change in scaled]
        return Totals(
            arrivals=workload.arrived,
            served=workload.served,
            refused=workload.refused,
            expired=workload.expired,
            cut=workload.cut,
            unfinished=workload.demand,
            waiting=workload.waits.summary(workload.started),
            overload_seconds=float(self._overloaded * INTERVAL),
            hot_seconds=float(self._hot * INTERVAL),
            instance_seconds=fleet.instance_seconds(now),
            starting_seconds=fleet.starting_seconds(now),
            demand_seconds=self._sum * INTERVAL,
            peak_demand=self._peak_demand,
            peak_instances=self._peak_instances,
            scale_outs=sum(outs),
            scale_ins=len(outs) - sum(outs),
            elasticity=Elasticity(
                under=self._under / number,
                over=self._over / number,
                under_percent=100 * self._under_share / (self._busy or 1),
                over_percent=100 * self._over_share / (self._busy or 1),
                under_time=100 * self._short / number,
                over_time=100 * self._ample / number,
                reversals=sum(one != other for one, other in pairwise(outs)),
            ),
        )

    def _count(self, number: int) -> None:
        workload, capacity = self._workload, self._capacity
        demand, waiting = workload.demand, workload.waiting
        if workload.draining:
            # What is drained has its slots where it is, and takes none of those in service.
            capacity += sum(workload.drained_loads.values())
        self._intervals += number
        if demand:
            self._busy += number
            self._sum += demand * number
            if demand > capacity:
                self._short += number
                self._under += (demand - capacity) * number
                self._under_share += (demand - capacity) / demand * number
            else:
                self._over_share += (capacity - demand) / demand * number
            if demand > capacity * self._objective:
                self._overloaded += number
            if demand > self._tightest and any(map(gt, workload.loads, self._limits)):
                self._hot += number
            if demand > self._demand:
                self._demand = demand
            if waiting > self._waiting:
                self._waiting = waiting
            if demand - waiting > self._in_flight:
                self._in_flight = demand - waiting
        if demand < capacity:
            self._ample += number
            self._over += (capacity - demand) * number
        if capacity < self._least:
            self._least = capacity

    def _end_row(self) -> None:
        fleet, workload = self._fleet, self._workload
        minimum, maximum, signals = self._state()
        self._rows.append(
            (
                fleet.desired,
                tuple(fleet.counts.values()),
                sum(fleet.starting.values()),
                fleet.draining,
                self._demand,
                self._in_flight,
                self._waiting,
                self._least,
                workload.refused - self._refused,
                minimum,
                maximum,
                signals,
            )
        )
        self._peak_demand = max(self._peak_demand, self._demand)
        self._demand = self._in_flight = self._waiting = 0
        self._least = math.inf
        self._refused = workload.refused
