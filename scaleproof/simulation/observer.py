"""CloudWatch of one endpoint: samples come in, data points come of them, alarms are evaluated on these."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping

from scaleproof.scaling.alarms import Alarm, AlarmSettings, Clock
from scaleproof.scaling.assumptions import Assumptions
from scaleproof.scaling.endpoint import Endpoint
from scaleproof.scaling.metric_math import QuerySet
from scaleproof.scaling.metrics import MetricStat
from scaleproof.simulation.metrics import find, probes
from scaleproof.simulation.readings import Fed, Meter, Reading
from scaleproof.simulation.recalled import History, Recalled
from scaleproof.simulation.workload import INTERVAL, Workload

MINUTE = 60


class Observer:
    """The alarms of an endpoint's policies and the data that they look at.

    Attributes: `alarms` by name, each with a phase of its own; `longest`: seconds in which a whole number of
    periods of any metric starts anew, `reach`: how far back any alarm looks at most (s).
    """

    def __init__(
        self,
        endpoint: Endpoint,
        settings: Mapping[str, AlarmSettings],
        policies: Mapping[str, str],
        workload: Workload,
        *,
        delay: float,
        assumptions: Assumptions,
        chance: random.Random,
        wake: Callable[[Alarm, float], None],
    ) -> None:
        """`settings` are those of the alarms by name and `policies` whose they are; `delay` is how long after
        its end a period can be read (s), `wake` what Fed is given. Raises ScaleproofError for a metric
        that is not simulated.
        """
        self.alarms: dict[str, Fed | Recalled] = {}
        self._available = probes(endpoint, workload, assumptions.autoscaling)
        self._delay = delay
        self._math = assumptions.math
        self._meters: dict[MetricStat, Meter] = {}
        self._readings: dict[object, Reading] = {}
        self._histories: dict[tuple[MetricStat, int], History] = {}
        self._signals: dict[str, Reading | Recalled] = {}
        for name, one in settings.items():
            interval = Clock.of(one, assumptions.alarms).interval
            alarm = Alarm(one, chance.random() * interval, assumptions=assumptions.alarms)
            slides = alarm.clock.slide != alarm.clock.period
            if slides or (isinstance(one.source, QuerySet) and not one.source.pointwise):
                recalled = Recalled(alarm, self._recorded(alarm), delay, assumptions.math)
                self.alarms[name] = recalled
                self._signals.setdefault(policies[name], recalled)
            else:
                reading = self._reading(one, policies[name])
                self.alarms[name] = Fed(alarm, reading, wake)
                self._signals.setdefault(policies[name], reading)
        meters, readings = self._meters.values(), self._readings.values()
        self._fast_meters = [meter for meter in meters if meter.metric.period == INTERVAL]
        self._slow_meters = [meter for meter in meters if meter.metric.period > INTERVAL]
        self._fast_readings = [reading for reading in readings if reading.period == INTERVAL]
        self._slow_readings = [reading for reading in readings if reading.period > INTERVAL]
        self.longest = math.lcm(INTERVAL, *(reading.period for reading in readings))
        furthest = max((one.alarm.clock.length for one in self.alarms.values()), default=0)
        self.reach = furthest + 4 * self.longest + math.ceil(delay)

    def sample(self, end: int) -> None:
        """Takes what is emitted at the end of an interval (epoch seconds)."""
        for meter in self._fast_meters:
            meter.read()
        for reading in self._fast_readings:
            reading.close(end - INTERVAL)
        for meter in self._slow_meters:
            meter.sample(end % meter.metric.period == 0)
        for reading in self._slow_readings:
            if end % reading.period == 0:
                reading.close(end - reading.period)
        for history in self._histories.values():
            history.sample(end)

    @property
    def steady(self) -> bool:
        """Whether every alarm rests for as long as the samples stay what they are."""
        return all(alarm.steady for alarm in self.alarms.values())

    def signal(self, policy: str) -> float | None:
        """What a policy's alarms could read last, None if nothing."""
        found = self._signals.get(policy)
        return found.latest if found is not None else None

    def _reading(self, settings: AlarmSettings, policy: str) -> Reading:
        source = settings.source
        # Both alarms of a tracking policy have the same queries, each for itself.
        key = (
            source
            if isinstance(source, MetricStat)
            else (policy, tuple(source.metrics.values()), source.period)
        )
        if key not in self._readings:
            meters = {metric: self._meter(metric) for metric in settings.metrics}
            self._readings[key] = Reading(source, meters, self._delay, self._math)
        return self._readings[key]

    def _meter(self, metric: MetricStat) -> Meter:
        if metric not in self._meters:
            self._meters[metric] = Meter(metric, find(metric, self._available))
        return self._meters[metric]

    def _recorded(self, alarm: Alarm) -> dict[MetricStat, History]:
        piece = MINUTE if alarm.clock.period % MINUTE == 0 else alarm.clock.period
        length = alarm.clock.length + 2 * max(alarm.clock.slide, MINUTE) + INTERVAL
        found = {}
        for metric in alarm.settings.metrics:
            history = History(metric, find(metric, self._available), piece, length)
            found[metric] = self._histories[metric, len(self._histories)] = history
        return found
