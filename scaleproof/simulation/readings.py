"""Data points that alarms read: statistics by period, and results of metric math."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias

from scaleproof.scaling.alarms import Alarm, Evaluation, IncrementalEvaluator, State
from scaleproof.scaling.assumptions import MetricMathAssumptions
from scaleproof.scaling.metric_math import QuerySet
from scaleproof.scaling.metrics import MetricStat, Window
from scaleproof.simulation.metrics import STATISTICS, Probe

ANYTHING = (-math.inf, math.inf)
NOTHING = (math.inf, -math.inf)
"""Ranges of values."""

Paused: TypeAlias = bool | Literal["missing"] | None


class Meter:
    """The statistic of one metric. `value`: of the period that ended last."""

    def __init__(self, metric: MetricStat, probe: Probe) -> None:
        """Nothing was sampled."""
        self.metric = metric
        self.value: float | None = None
        self._probe = probe
        self._statistic = STATISTICS[metric.statistic]
        self._parts: list[Any] = []

    def read(self) -> None:
        """Takes the samples at the end of an interval that is a whole period."""
        samples = self._probe()
        self.value = self._statistic.of(samples) if samples else None

    def sample(self, ends: bool, number: int = 1) -> None:
        """Takes the samples at the ends of `number` equal intervals. `ends`: a period ends with the last."""
        samples = self._probe()
        parts = self._parts
        if samples:
            parts += [self._statistic.part(samples)] * number
        if ends:
            self.value = self._statistic.whole(parts) if parts else None
            parts.clear()


class Reading:
    """A metric or an expression, and the incremental alarms that watch it.

    Attributes: `period` in seconds, `latest` (the value of the last period, None without), `lag` (seconds
    from the end of a period until it can be read).
    """

    def __init__(
        self,
        source: MetricStat | QuerySet,
        meters: Mapping[MetricStat, Meter],
        delay: float,
        math: MetricMathAssumptions,
    ) -> None:
        """`meters`: of all metrics of the source; `delay`: the lag."""
        self.period = source.period
        self.latest: float | None = None
        self._source = source
        self.lag = delay
        self._math = math
        self._meters = (
            {name: meters[metric] for name, metric in source.metrics.items()}
            if isinstance(source, QuerySet)
            else {"": meters[source]}
        )
        self._single = None if isinstance(source, QuerySet) else meters[source]
        self._values: deque[float | None] = deque(maxlen=1)
        """Of the newest periods: as many as an alarm needs after a long pause."""
        self._count = 0
        self._closed = 0
        self._alarms: list[IncrementalAlarm] = []
        self._low, self._high = ANYTHING

    def add(self, alarm: IncrementalAlarm, reach: int) -> None:
        """Adds an alarm that looks at the newest `reach` periods."""
        self._alarms.append(alarm)
        self._values = deque(maxlen=max(reach, self._values.maxlen or 0))

    def close(self, end: int, number: int = 1) -> int:
        """Periods have ended, the first at `end` (epoch seconds), so their data points exist.

        Returns how many: all of `number` equal ones, but only one if its value matters to a paused alarm.
        """
        start = end - self.period
        value = self._single.value if self._single is not None else self._computed(start)
        self.latest = value
        if value is None or not self._low <= value <= self._high:
            number = 1
            for alarm in self._alarms:
                alarm.reconsider(value, end)
        self._closed = start + (number - 1) * self.period
        self._values += [value] * number
        self._count += number
        return number

    def rearrange(self) -> None:
        """Updates the values that all paused alarms allow, after one of them paused or was rearmed."""
        lows, highs = zip(*(alarm.band for alarm in self._alarms), strict=True)
        self._low, self._high = max(lows), min(highs)

    def feed(self, watch: IncrementalEvaluator, fed: int, reach: int, now: float) -> int:
        """Feeds an evaluator that has had `fed` periods with the next ones that can be read at `now` (epoch
        s).

        Gives at most the newest `reach`. Returns how many periods the evaluator has had then.
        """
        values = self._values
        for number in range(-min(self._count - fed, reach), 0):
            end = self._closed + (number + 2) * self.period
            if end + self.lag > now:
                return self._count + number
            value = values[number]
            if value is not None:
                watch.feed(end - self.period, value)
        return self._count

    def unread(self, fed: int) -> list[float | None]:
        """The values that come after the first `fed` periods."""
        return [self._values[number] for number in range(fed - self._count, 0)]

    def before(self, fed: int) -> int:
        """The start of the last of the first `fed` periods (epoch seconds)."""
        return self._closed - (self._count - fed) * self.period

    def _computed(self, start: int) -> float | None:
        assert isinstance(self._source, QuerySet)
        points = {
            name: {} if meter.value is None else {start: meter.value} for name, meter in self._meters.items()
        }
        window = Window(start, start + self.period, self.period)
        return self._source.points(points, window, self._math).get(start)


class IncrementalAlarm:
    """An alarm whose data points never change once they can be read: it is fed as they come.

    It pauses while similar data cannot change its state. A pause saves evaluations and changes no result.
    Attributes: `alarm`, `paused` (whether data breaches during the pause, or is missing; None while it is
    evaluated), `band` (the values that keep the pause, from and to).
    """

    def __init__(self, alarm: Alarm, reading: Reading, wake: Callable[[Alarm, float], None]) -> None:
        """`wake` is called with the alarm and the time when a pause ends."""
        self.alarm = alarm
        self.paused: Paused = None
        self.band = ANYTHING
        self._spare = 0
        self._wake = wake
        self._reading = reading
        self._watch = IncrementalEvaluator(alarm)
        self._bands = _bands(self._watch)
        self._fed = 0
        # The evaluation range, and periods that are too new for it.
        self._reach = alarm.clock.length // alarm.clock.period + 4 + int(reading.lag // alarm.clock.period)
        reading.add(self, self._reach)

    @property
    def state(self) -> State:
        """The state of the alarm."""
        return self._watch.status.state

    def evaluate(self, at: float) -> Evaluation:
        """The evaluation at `at` (epoch seconds)."""
        self._fed = self._reading.feed(self._watch, self._fed, self._reach, at)
        return self._watch.evaluate(at)

    def pause(self, low: float = -math.inf, high: float = math.inf) -> bool:
        """Pauses if similar data cannot change the state; says whether it pauses.

        In ALARM, the data must also stay between `low` and `high`.
        """
        watch, unread = self._watch, self._reading.unread(self._fed)
        state = watch.status.state
        if state is State.INSUFFICIENT_DATA:
            if all(value is None for value in unread) and watch.lasts(None) >= 0:
                self._pause("missing", NOTHING)
        elif None not in unread and watch.newest == self._reading.before(self._fed):
            breaching = state is State.ALARM
            band = self._bands[breaching]
            if breaching:
                band = max(band[0], low), min(band[1], high)
                least, most = watch.extremes
                if not band[0] <= least <= most <= band[1]:
                    return False
            unlike = sum(not band[0] <= value <= band[1] for value in unread if value is not None)
            self._spare = watch.lasts(breaching) - unlike
            if self._spare >= 0:
                self._pause(breaching, band)
        return self.paused is not None

    def reconsider(self, value: float | None, now: float) -> None:
        """Ends the pause if the data of the period that ended at `now` does not fit it."""
        if self.paused is None:
            return
        if value is None:
            if self.paused != "missing":
                self.rearm(now)
        elif not self.band[0] <= value <= self.band[1]:
            self._spare -= 1
            if self.paused == "missing" or self._spare < 0:
                self.rearm(now)

    def rearm(self, now: float) -> None:
        """Ends the pause: the alarm is evaluated again from `now` on."""
        if self.paused is not None:
            self._pause(None, ANYTHING)
            self._wake(self.alarm, now)

    def _pause(self, paused: Paused, band: tuple[float, float]) -> None:
        self.paused, self.band = paused, band
        self._reading.rearrange()


def _bands(watch: IncrementalEvaluator) -> dict[bool, tuple[float, float]]:
    """The values that breach, and those that do not."""
    threshold = watch.alarm.settings.threshold
    above = watch.breaches(math.inf)
    # The least value that is on the upper side of the threshold.
    edge = threshold if watch.breaches(threshold) is above else math.nextafter(threshold, math.inf)
    upper, lower = (edge, math.inf), (-math.inf, math.nextafter(edge, -math.inf))
    return {above: upper, not above: lower}
