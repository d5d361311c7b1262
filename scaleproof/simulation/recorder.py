"""Records a simulation: a bounded timeline and totals."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from scaleproof.simulation.fleet import Fleet
from scaleproof.simulation.result import Cause, Elasticity, Tally, Timeline, Totals
from scaleproof.simulation.workload import INTERVAL, Workload

ROWS = 2_000
"""The most rows of a timeline: more than the columns of a screen."""


Samples = list[tuple[int, int]]
"""At the end of each interval, as metrics see it: requests in flight or waiting, instances in service."""


class Recorder:
    """Follows a workload and its fleet. `due`: when the next row ends (seconds from the start)."""

    def __init__(
        self,
        workload: Workload,
        fleet: Fleet,
        sustained: Mapping[str, float],
        intervals: int,
        objective: float,
        state: Callable[[], tuple[int, int, tuple[float | None, ...]]],
        samples: Samples | None = None,
    ) -> None:
        """`sustained`: requests that one instance of a type sustains. `intervals`: how many the traffic lasts.
        `state`: gives minimum, maximum and signals. `samples` gets those of all intervals.
        """
        self._workload = workload
        self._fleet = fleet
        self._sustained = sustained
        self._objective = objective
        self._state = state
        self._samples = samples
        self._step = self.due = -(-intervals // ROWS) * INTERVAL
        self._rows: list[tuple[Any, ...]] = []
        self._refused = 0
        self._peak_instances = self._peak_demand = 0
        self.fleet_changed(0.0)

    def fleet_changed(self, now: float) -> None:
        """Updates capacity and cause after instances or bounds changed (seconds from the start)."""
        fleet, workload = self._fleet, self._workload
        workload.capacity = sum(self._sustained[name] * number for name, number in fleet.counts.items())
        workload.cause = Cause.from_counts(
            desired=fleet.desired,
            present=fleet.running,
            starting=sum(fleet.starting.values()),
            maximum=self._state()[1],
        )
        workload.settle(now)
        self._peak_instances = max(self._peak_instances, fleet.running)

    def intervals(self, now: int, number: int) -> None:
        """Records `number` equal intervals, the last of which ends now, at `due` at the latest."""
        if self._samples is not None:
            self._samples += [(self._workload.present(), self._fleet.running)] * number
        if now == self.due:
            self._end_row(now)

    def end(self, now: float) -> None:
        """Ends the last row, which may be shorter."""
        if now > self.due - self._step:
            self._end_row(round(now))

    def timeline(self, types: Sequence[str], policies: Sequence[str]) -> Timeline:
        """All rows."""
        step = float(self._step)
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

    def tally(self, now: float) -> Tally:
        """What there is so far (seconds from the start)."""
        workload, over = self._workload, sum(map(self._overloaded, Cause))
        return Tally(workload.refused + workload.expired, workload.cut, over, self._fleet.instance_seconds(now))

    def totals(self, now: float, scaled: Sequence[int], waiting: int, oldest: float) -> Totals:
        """All totals. `scaled`: the changes of the count in order, in instances. `waiting`, `oldest`: requests that
        waited when the traffic ended, and for how long the oldest had."""
        workload, fleet = self._workload, self._fleet
        outs = [change > 0 for change in scaled]
        seen = sorted(
            (demand, supply, seconds)
            for (_, supply), demands in workload.spent.items()
            for demand, seconds in demands.items()
        )
        overload = {cause: self._overloaded(cause) for cause in Cause}
        return Totals(
            arrivals=workload.arrived,
            served=workload.served,
            refused=workload.refused,
            expired=workload.expired,
            cut=workload.cut,
            unfinished=workload.present(),
            still_waiting=waiting,
            oldest_waiting=oldest,
            waiting=workload.waited(now),
            overload_seconds=math.fsum(overload.values()),
            overload=overload,
            instance_seconds=fleet.instance_seconds(now),
            demand_seconds=math.fsum(demand * seconds for demand, _, seconds in seen),
            peak_demand=self._peak_demand,
            peak_instances=self._peak_instances,
            scale_outs=sum(outs),
            scale_ins=len(outs) - sum(outs),
            elasticity=elasticity(seen, sum(before != after for before, after in pairwise(outs))),
        )

    def _overloaded(self, cause: Cause) -> float:
        """The seconds with a demand above the objective, a share of the capacity, for this cause."""
        return math.fsum(
            seconds
            for (why, supply), demands in self._workload.spent.items()
            for demand, seconds in demands.items()
            if why is cause and demand > supply * self._objective
        )

    def _end_row(self, now: int) -> None:
        fleet, workload = self._fleet, self._workload
        minimum, maximum, signals = self._state()
        extremes = workload.look(now)
        self._peak_demand = max(self._peak_demand, extremes.demand)
        self._rows.append(
            (
                fleet.desired,
                tuple(fleet.counts.values()),
                sum(fleet.starting.values()),
                fleet.draining,
                extremes.demand,
                extremes.in_flight,
                extremes.waiting,
                extremes.supply,
                workload.refused - self._refused,
                minimum,
                maximum,
                signals,
            )
        )
        self._refused, self.due = workload.refused, now + self._step


def elasticity(seen: Sequence[tuple[float, float, float]], reversals: int = 0) -> Elasticity:
    """The measures of (demand, supply, how long)."""
    number = sum(often for _, _, often in seen) or 1
    busy = sum(often for demand, _, often in seen if demand) or 1
    short = [(demand, demand - supply, often) for demand, supply, often in seen if demand > supply]
    ample = [(demand, supply - demand, often) for demand, supply, often in seen if supply > demand]
    return Elasticity(
        under_percent=100 * math.fsum(by / demand * often for demand, by, often in short) / busy,
        over_percent=100 * math.fsum(by / demand * often for demand, by, often in ample if demand) / busy,
        under_time=100 * sum(often for _, _, often in short) / number,
        over_time=100 * sum(often for _, _, often in ample) / number,
        reversals=reversals,
    )
