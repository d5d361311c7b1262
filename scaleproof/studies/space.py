"""The settings of the module that a search may choose from, for one kind of endpoint and order of types."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from itertools import product

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.endpoint import Endpoint, Kind, ScheduledAction
from scaleproof.studies.inputs import configured
from scaleproof.studies.proposal import Proposal
from scaleproof.studies.scheduled_minimums import Week
from scaleproof.studies.trials import Point

SPARE = 1.3
"""The largest maximum is for this much more than the highest demand."""
UTILIZATION = 0.75
"""The module's default."""
TARGETS = (0.15, 0.2, 0.25, *(percent / 100 for percent in range(30, 100, 5)))
"""Utilizations of a real-time endpoint. Low ones keep the maximum up all day, so that nothing is cut off."""
BACKLOGS = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)
"""Of an asynchronous endpoint, as multiples of what one instance works on at a time."""
OUT, IN = (0, 60, 120, 300), (0, 60, 120, 300, 600, 1_800, 3_600, 7_200, 10_800, 14_400)
"""Cooldowns in seconds. Long ones to scale in pay where the load falls slowly and cut requests count."""
FILLS = (0.9, 0.75, 0.6)
"""How full schedules make instances, as shares of what one sustains."""
PERIODS = (1, 2, 3, 5)
"""Minutes of waiting before an endpoint at zero wakes."""

Planner = Callable[[Proposal], Endpoint]
"""Gives the endpoint that the module plans for a proposal."""


class Space:
    """Attributes: `values` of each input, in order, and `usual`, the point of the module's defaults."""

    def __init__(
        self, kind: Kind, pools: tuple[tuple[str, float], ...], peak: int, planner: Planner, most: int | None
    ) -> None:
        """`pools`: in priority order with what an instance sustains. `peak`: the most requests at a time.
        `planner` is called at most twice: a plan holds settings as they were given, so one plan is changed
        for all; only a minimum of 0 changes which policies there are. `most`: the most instances.
        """
        self.kind, self.pools, self._planner = kind, pools, planner
        self._planned: dict[bool, Endpoint] = {}
        self._week: Week | None = None
        self._minimums: Mapping[float, Sequence[int]] = {}
        self._begins = 0.0
        sustained, smallest = pools[0][1], min(number for _, number in pools)
        self._slots = max(int(smallest), 1)
        share = UTILIZATION if kind is Kind.REALTIME else 1.0
        high = max(math.ceil(SPARE * peak / (smallest * share)), 2 if kind is Kind.REALTIME else 1)
        high = min(high, most or high)
        counts = range(1, high + 1)
        self.values: dict[str, Sequence[float]] = {"min": counts, "max": counts}
        self.values |= {"scale_out_cooldown": OUT, "scale_in_cooldown": IN}
        if kind is Kind.REALTIME:
            self.values["target"] = TARGETS
            self.usual: Point = self.point(1, high, UTILIZATION, 60, 300)
            return
        at_once = max(int(sustained), 1)
        backlogs = {max(at_once * backlog, 0.5) for backlog in BACKLOGS}
        self.values |= {"min": range(high + 1), "target": sorted(backlogs)}
        self.values |= {"wake_instances": counts, "wake_periods": PERIODS}
        self.usual = self.point(0, high, float(at_once), 300, 300)

    def point(self, low: int, high: int, target: float, out: int, inward: int) -> Point:
        """The point with these settings, the others as usual."""
        scaling = {"min": low, "max": high, "scale_out_cooldown": out, "scale_in_cooldown": inward}
        waking = {"wake_instances": 1, "wake_periods": 2} if self.kind is Kind.ASYNC else {}
        return {**scaling, "target": target, **waking}

    def constant(self, size: int) -> Point:
        """A fleet of constant size."""
        return {**self.usual, "min": size, "max": size}

    def starts(self, size: int) -> list[Point]:
        """Where descents start, of the `size` of the smallest fleet of constant size that holds: that fleet, the
        usual settings, and points all over the space."""
        low, half = self.values["min"][0], max(size // 2, 1)
        waking = {"wake_instances": sorted({1, half})} if self.kind is Kind.ASYNC else {}
        spread: dict[str, Sequence[float]] = {
            "min": sorted({low, half}),
            "target": self.values["target"][::3],
            "scale_in_cooldown": IN[2::3],
            **waking,
        }
        base = {**self.usual, "max": size, "scale_out_cooldown": OUT[2]}
        points = [{**base, **dict(zip(spread, values, strict=True))} for values in product(*spread.values())]
        # Where half of it is too little, most of it may do with the lowest target.
        most = {**points[0], "min": max(3 * size // 4, low), "target": self.values["target"][0]}
        return [self.constant(size), self.usual, *points, most]

    def scheduled(self, week: Week, ahead: int, begins: float) -> Space:
        """This space with one more input, `fill`: how full the minimums of a week make instances.
        `ahead`: minutes by which they come before the demand; `begins`: when a simulation does
        (epoch seconds)."""
        space = copy(self)
        space.values = {**self.values, "fill": FILLS}
        space._week, space._begins = week, begins
        space._minimums = {fill: week.minimums(fill * self.pools[0][1], ahead) for fill in FILLS}
        return space

    def proposal(self, point: Point) -> Proposal:
        """The proposal of a point. Raises ScaleproofError for schedules that change nothing."""
        proposal = self._steady(point)
        if self._week is None:
            return proposal
        proposal = self._week.applied(proposal, self._minimums[point["fill"]], self._begins)
        if not proposal.schedules:
            raise ScaleproofError("The same minimum is best for all hours of the week.")
        return proposal

    def _steady(self, point: Point) -> Proposal:
        return Proposal(
            self.kind,
            self.pools,
            min=int(point["min"]),
            max=int(point["max"]),
            target=point["target"],
            scale_out_cooldown=int(point["scale_out_cooldown"]),
            scale_in_cooldown=int(point["scale_in_cooldown"]),
            invocations=self._slots if self.kind is Kind.ASYNC else 1,
            wake_instances=int(point.get("wake_instances", 1)),
            wake_periods=int(point.get("wake_periods", 2)),
        )

    def endpoint(self, point: Point) -> Endpoint:
        """The endpoint that the module would plan for a point; raises ScaleproofError if there is none."""
        asleep = point["min"] == 0
        if asleep not in self._planned:
            self._planned[asleep] = self._planner(self._steady(point))
        proposal = self.proposal(point)
        endpoint = configured(self._planned[asleep], {**point, "min": proposal.min})
        assert endpoint.target
        actions = tuple(
            ScheduledAction(f"{endpoint.name}-{floor.name}", floor.schedule, floor.timezone, floor.min, proposal.max)
            for floor in proposal.schedules
        )
        target = replace(endpoint.target, schedules=actions) if actions else endpoint.target
        return replace(endpoint, target=target, initial=max(proposal.min, 1))
