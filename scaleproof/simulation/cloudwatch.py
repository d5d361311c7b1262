"""Simulates CloudWatch for one endpoint: samples become data points, and alarms evaluate these."""

from __future__ import annotations

import random
from collections.abc import Mapping
from math import gcd

from scaleproof.scaling.alarms import Alarm, AlarmSettings
from scaleproof.scaling.assumptions import Assumptions
from scaleproof.scaling.autoscaling.rules import PolicyRule
from scaleproof.scaling.driver import DrivenAlarm, WindowedAlarm
from scaleproof.scaling.endpoint import Endpoint, Policy
from scaleproof.scaling.metric_math import QuerySet
from scaleproof.scaling.metrics import MetricStat, Window
from scaleproof.scaling.target_tracking import TargetTracking
from scaleproof.simulation.metrics import PASSING, Metric, find, probes
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
        self._metrics: dict[MetricStat, Metric] = {}
        self._sampled: set[MetricStat] = set()
        self._readings: dict[object, Reading] = {}
        self._signals: dict[str, Reading | WindowedAlarm] = {}
        for name, rule in rules.items():
            self._add(name, rule, assumptions, chance)
        readings = self._readings.values()
        self._fast = [reading for reading in readings if reading.period == INTERVAL]
        self._slow = [reading for reading in readings if reading.period > INTERVAL]
        sampled = [metric for stat, metric in self._metrics.items() if stat in self._sampled or stat.period > INTERVAL]
        self._to_sample = sampled
        # Where periods may end.
        self._step = gcd(*(metric.piece for metric in sampled))
        self._passing = not {stat.name for stat in self._metrics}.isdisjoint(PASSING)

    def sample(self, end: int, number: int = 1) -> int:
        """Takes the samples of intervals in which nothing changes, the first of which ends at `end` (epoch
        seconds). Returns of how many: at most `number`, and none after one that may change something.
        """
        workload = self._workload
        if number > 1:
            passing = self._passing and (workload.arrived > workload.sampled or workload.waiting)
            if passing or len(self._fast) > 1:
                number = 1
            if self._step:
                number = min(number, -end % self._step // INTERVAL + 1)
        for reading in self._fast:
            number = reading.close(end, number)
        if self._step:
            end += (number - 1) * INTERVAL
            for metric in self._to_sample:
                metric.sample(end, number)
            if end % self._step == 0:
                for reading in self._slow:
                    if end % reading.period == 0:
                        reading.close(end)
        workload.sampled = workload.arrived
        return number

    def signal(self, policy: str) -> float | None:
        """The last value that a policy's alarms could read, None if there is none."""
        reading = self._signals.get(policy)
        return reading.latest if reading is not None else None

    def _add(self, name: str, rule: PolicyRule, assumptions: Assumptions, chance: random.Random) -> None:
        """Adds an alarm: one whose data points change with time alone reads its whole range every time."""
        settings = rule.settings
        interval = Alarm(settings, assumptions=assumptions.alarms).interval
        alarm = Alarm(settings, chance.random() * interval, assumptions=assumptions.alarms)
        metrics = {stat: self._metric(stat) for stat in settings.metrics}
        if alarm.slide == settings.period and not (
            isinstance(settings.source, QuerySet) and not settings.source.pointwise
        ):
            reading = self._reading(settings, rule.policy, metrics)
            self.alarms[name] = PointwiseAlarm(alarm, reading)
            self._signals.setdefault(rule.policy, reading)
            return
        self._sampled |= metrics.keys()
        for metric in metrics.values():
            metric.length = max(metric.length, alarm.length + 2 * max(alarm.slide, MINUTE) + INTERVAL)
        windowed = WindowedAlarm(alarm, self._read, assumptions.math)
        self.alarms[name] = windowed
        self._signals.setdefault(rule.policy, windowed)

    def _metric(self, stat: MetricStat) -> Metric:
        if stat not in self._metrics:
            self._metrics[stat] = Metric(stat, find(stat, self._available))
        return self._metrics[stat]

    def _reading(self, settings: AlarmSettings, policy: str, metrics: Mapping[MetricStat, Metric]) -> Reading:
        source = settings.source
        # The two alarms of a tracking policy have equal queries.
        key = source if isinstance(source, MetricStat) else (policy, tuple(source.metrics.values()), source.period)
        if key not in self._readings:
            self._readings[key] = Reading(source, metrics, self._delay, self._math)
        return self._readings[key]

    def _read(self, stat: MetricStat, window: Window, at: float) -> dict[int, float]:
        """The values of a statistic in a window that are readable at a time."""
        return self._metrics[stat].within(window, at, self._delay)


def _aim(policy: Policy) -> float | None:
    if isinstance(policy, TargetTracking):
        return policy.target
    return next((alarm.threshold for alarm in policy.alarms.values()), None)
