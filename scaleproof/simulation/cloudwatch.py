"""Simulates CloudWatch for one endpoint: samples become data points, and alarms evaluate these."""

from __future__ import annotations

import random
from collections.abc import Mapping
from math import gcd
from typing import Any

from scaleproof.scaling.alarms import Alarm, AlarmSettings
from scaleproof.scaling.assumptions import Assumptions
from scaleproof.scaling.autoscaling.rules import PolicyRule
from scaleproof.scaling.driver import DrivenAlarm, ReadAt, WindowedAlarm
from scaleproof.scaling.endpoint import Endpoint, Policy
from scaleproof.scaling.metric_math import QuerySet
from scaleproof.scaling.metrics import MetricStat, Window
from scaleproof.scaling.target_tracking import TargetTracking
from scaleproof.simulation.metrics import PASSING, STATISTICS, Meter, Probe, find, probes
from scaleproof.simulation.readings import PointwiseAlarm, Reading
from scaleproof.simulation.workload import INTERVAL, Workload
from scaleproof.times import MINUTE


class SimulatedCloudWatch:
    """The alarms of an endpoint's policies and the data that they watch.

    Attributes: `alarms` by name, each with its own phase; `aims` by policy, what it steers its signal to: its
    target, or the threshold of its alarm.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        rules: Mapping[str, PolicyRule],
        workload: Workload,
        *,
        delay: float,
        assumptions: Assumptions,
        chance: random.Random,
    ) -> None:
        """`rules` by alarm. `delay`: seconds from the end of a period until it can be read. Raises
        ScaleproofError for a metric that is not simulated.
        """
        self.alarms: dict[str, DrivenAlarm] = {}
        policies = endpoint.target.policies if endpoint.target else ()
        self.aims = {policy.name: _aim(policy) for policy in policies}
        self._available = probes(endpoint, workload, assumptions.autoscaling)
        self._workload = workload
        self._delay = delay
        self._math = assumptions.math
        self._meters: dict[MetricStat, Meter] = {}
        self._readings: dict[object, Reading] = {}
        self._histories: dict[tuple[MetricStat, int], History] = {}
        self._signals: dict[str, Reading | WindowedAlarm] = {}
        for name, rule in rules.items():
            settings = rule.settings
            interval = Alarm(settings, assumptions=assumptions.alarms).interval
            alarm = Alarm(settings, chance.random() * interval, assumptions=assumptions.alarms)
            slides = alarm.slide != settings.period
            if slides or (isinstance(settings.source, QuerySet) and not settings.source.pointwise):
                windowed = WindowedAlarm(alarm, reader(self._recorded(alarm), delay), assumptions.math)
                self.alarms[name] = windowed
                self._signals.setdefault(rule.policy, windowed)
            else:
                reading = self._reading(settings, rule.policy)
                self.alarms[name] = PointwiseAlarm(alarm, reading)
                self._signals.setdefault(rule.policy, reading)
        meters, readings = self._meters.values(), self._readings.values()
        self._slow_meters = [meter for meter in meters if meter.metric.period > INTERVAL]
        self._fast_readings = [reading for reading in readings if reading.period == INTERVAL]
        self._slow_readings = [reading for reading in readings if reading.period > INTERVAL]
        periods = [meter.metric.period for meter in self._slow_meters]
        # Where periods may end.
        self._step = gcd(*periods, *(history.piece for history in self._histories.values()))
        names = {metric.name for rule in rules.values() for metric in rule.settings.metrics}
        self._passing = not names.isdisjoint(PASSING)

    def sample(self, end: int, number: int = 1) -> int:
        """Takes the samples of intervals in which nothing changes, the first of which ends at `end` (epoch
        seconds). Returns of how many: at most `number`, and none after one that may change something.
        """
        workload = self._workload
        if number > 1:
            passing = self._passing and (workload.arrived > workload.sampled or workload.waiting)
            if passing or len(self._fast_readings) > 1:
                number = 1
            if self._step:
                number = min(number, -end % self._step // INTERVAL + 1)
        for reading in self._fast_readings:
            number = reading.close(end, number)
        if self._step:
            end += (number - 1) * INTERVAL
            for meter in self._slow_meters:
                meter.sample(number)
            for history in self._histories.values():
                history.sample(end, number)
            if end % self._step == 0:
                for meter in self._slow_meters:
                    if end % meter.metric.period == 0:
                        meter.close()
                for reading in self._slow_readings:
                    if end % reading.period == 0:
                        reading.close(end)
        workload.sampled = workload.arrived
        return number

    def signal(self, policy: str) -> float | None:
        """The last value that a policy's alarms could read, None if there is none."""
        reading = self._signals.get(policy)
        return reading.latest if reading is not None else None

    def _reading(self, settings: AlarmSettings, policy: str) -> Reading:
        source = settings.source
        # The two alarms of a tracking policy have equal queries.
        key = source if isinstance(source, MetricStat) else (policy, tuple(source.metrics.values()), source.period)
        if key not in self._readings:
            meters = {metric: self._meter(metric) for metric in settings.metrics}
            self._readings[key] = Reading(source, meters, self._delay, self._math)
        return self._readings[key]

    def _meter(self, metric: MetricStat) -> Meter:
        if metric not in self._meters:
            self._meters[metric] = Meter(metric, find(metric, self._available))
        return self._meters[metric]

    def _recorded(self, alarm: Alarm) -> dict[MetricStat, History]:
        piece = min(MINUTE, alarm.settings.period)
        length = alarm.length + 2 * max(alarm.slide, MINUTE) + INTERVAL
        histories = {}
        for metric in alarm.settings.metrics:
            history = History(metric, find(metric, self._available), piece, length)
            histories[metric] = self._histories[metric, len(self._histories)] = history
        return histories


def _aim(policy: Policy) -> float | None:
    if isinstance(policy, TargetTracking):
        return policy.target
    return next((alarm.threshold for alarm in policy.alarms.values()), None)


class History:
    """The parts of a metric's statistic over the last `length` seconds, by pieces of time."""

    def __init__(self, metric: MetricStat, probe: Probe, piece: int, length: int) -> None:
        """Starts without samples. `piece`: seconds; periods consist of pieces."""
        self.metric = metric
        self.piece = piece
        self._probe = probe
        self._length = length
        self._statistic = STATISTICS[metric.statistic]
        self._pieces: dict[int, list[Any]] = {}

    def sample(self, end: int, number: int = 1) -> None:
        """Takes the samples of equal intervals in one piece, the last of which ends at `end` (epoch
        seconds)."""
        (values, times), pieces = self._probe(), self._pieces
        if values:
            start = (end - INTERVAL) // self.piece * self.piece
            pieces.setdefault(start, []).extend([self._statistic.part(values, times)] * number)
        while pieces and (oldest := next(iter(pieces))) < end - self._length:
            del pieces[oldest]

    def value(self, start: int) -> float | None:
        """The statistic of the period that starts at `start`, None without samples."""
        times = range(start, start + self.metric.period, self.piece)
        parts = [part for time in times for part in self._pieces.get(time, ())]
        return self._statistic.whole(parts) if parts else None


def reader(histories: Mapping[MetricStat, History], delay: float) -> ReadAt:
    """Reads histories. `delay`: seconds from the end of a period until it can be read."""

    def read(metric: MetricStat, window: Window, at: float) -> dict[int, float]:
        history = histories[metric]
        return {
            time: value
            for time in window.times
            if time + metric.period + delay <= at and (value := history.value(time)) is not None
        }

    return read
