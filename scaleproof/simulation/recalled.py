"""Alarms that read their whole range at every evaluation, and the samples that are kept for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scaleproof.scaling.alarms import NEW, Alarm, Evaluation, State
from scaleproof.scaling.assumptions import MetricMathAssumptions
from scaleproof.scaling.metrics import MetricStat, Window
from scaleproof.simulation.metrics import STATISTICS, Probe
from scaleproof.simulation.readings import Resting
from scaleproof.simulation.workload import INTERVAL


class History:
    """What a statistic of a metric is made of over the last `length` seconds, by pieces of time."""

    def __init__(self, metric: MetricStat, probe: Probe, piece: int, length: int) -> None:
        """Nothing was sampled. `piece`: seconds, which periods are made of."""
        self.metric = metric
        self._probe = probe
        self._piece = piece
        self._length = length
        self._statistic = STATISTICS[metric.statistic]
        self._pieces: dict[int, list[Any]] = {}

    def sample(self, end: int) -> None:
        """Takes what is emitted at the end of an interval (epoch seconds)."""
        samples, pieces = self._probe(), self._pieces
        if samples:
            start = (end - INTERVAL) // self._piece * self._piece
            pieces.setdefault(start, []).append(self._statistic.part(samples))
        while pieces and (oldest := next(iter(pieces))) < end - self._length:
            del pieces[oldest]

    def value(self, start: int) -> float | None:
        """The statistic of the period that starts at `start`, None if nothing was emitted in it."""
        times = range(start, start + self.metric.period, self._piece)
        parts = [part for time in times for part in self._pieces.get(time, ())]
        return self._statistic.whole(parts) if parts else None


class Recalled:
    """An alarm that reads its whole range at every evaluation: its periods slide, or its expression looks at
    more than one of them."""

    def __init__(
        self,
        alarm: Alarm,
        histories: Mapping[MetricStat, History],
        delay: float,
        math: MetricMathAssumptions,
    ) -> None:
        """A new alarm; `delay` is how long after its end a period can be read (s)."""
        self.alarm = alarm
        self.latest: float | None = None
        self.resting: Resting = None
        self._standing = NEW
        self._histories = histories
        self._delay = delay
        self._math = math

    @property
    def state(self) -> State:
        """The state it is in."""
        return self._standing.state

    def evaluate(self, at: float) -> Evaluation:
        """See Fed."""

        def read(metric: MetricStat, window: Window) -> dict[int, float]:
            history = self._histories[metric]
            return {
                time: value
                for time in window.times
                if time + metric.period + self._delay <= at and (value := history.value(time)) is not None
            }

        points = self.alarm.points(self.alarm.window(at), read, self._math)
        evaluation = self.alarm.evaluate(self._standing, at, points)
        self._standing = evaluation.standing
        self.latest = points[max(points)] if points else None
        return evaluation

    def rest(self, _low: float = 0.0, _high: float = 0.0) -> bool:
        """Never does: what it sees changes with time alone."""
        return False

    @property
    def steady(self) -> bool:
        """It does not rest."""
        return False

    def rouse(self, now: float) -> None:
        """Nothing to do: it does not rest."""
