"""Data points that alarms read: statistics by period, and results of metric math."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

from scaleproof.scaling.alarms import COMPARISONS, NEW, Alarm, Evaluation, State, evaluate_state
from scaleproof.scaling.assumptions import MetricMathAssumptions
from scaleproof.scaling.autoscaling import Idle
from scaleproof.scaling.metric_math import QuerySet
from scaleproof.scaling.metrics import MetricStat, Window
from scaleproof.simulation.metrics import STATISTICS, Probe
from scaleproof.simulation.workload import INTERVAL

ANYTHING = (-math.inf, math.inf)
NOTHING = (math.inf, -math.inf)
"""Ranges of values."""

SAME_MOMENT = 1e-4
"""Seconds; more than the rounding errors of times."""

Values: TypeAlias = Sequence[Any]
"""Numbers, None where there is none."""


class Meter:
    """The statistic of one metric. `value`: of the period that ended last."""

    def __init__(self, metric: MetricStat, probe: Probe) -> None:
        """Nothing was sampled."""
        self.metric = metric
        self.value: float | None = None
        self._probe = probe
        self._statistic = STATISTICS[metric.statistic]
        self._parts: list[Any] = []
        self._short = metric.period == INTERVAL

    def read(self) -> float | None:
        """The value of the period that ends now; if that is one interval, of the samples there are now."""
        if self._short:
            samples = self._probe()
            self.value = self._statistic.of(samples) if samples else None
        return self.value

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
    """A metric or an expression, and the alarms that watch it.

    Attributes: `period` in seconds, `latest` (the value of the last period, None without), `lag` (seconds
    from the end of a period until it can be read), `values` (of the newest periods, None without), `end` (of
    the newest, epoch seconds), `unbroken` (how many of the newest periods have a value).
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
        self.lag = delay
        self.values: list[Any] = []
        self.end = self.unbroken = 0
        self._source = source
        self._math = math
        self._meters = (
            {name: meters[metric] for name, metric in source.metrics.items()}
            if isinstance(source, QuerySet)
            else {"": meters[source]}
        )
        self._single = None if isinstance(source, QuerySet) else meters[source]
        self._reach, self._most = 1, 8
        self._alarms: list[PointwiseAlarm] = []
        self._low, self._high = ANYTHING

    def add(self, alarm: PointwiseAlarm, reach: int) -> None:
        """Adds an alarm that looks at the newest `reach` periods."""
        self._alarms.append(alarm)
        self._reach = max(reach, self._reach)
        self._most = 8 * self._reach

    def close(self, end: int, number: int = 1) -> int:
        """Periods have ended, the first at `end` (epoch seconds), so their data points exist.

        Returns how many: all of `number` equal ones, but only one if its value matters to a paused alarm.
        """
        value = self._single.read() if self._single is not None else self._computed(end - self.period)
        self.latest = value
        matters = value is None or not self._low <= value <= self._high
        if matters:
            number = 1
        self.end = end + (number - 1) * self.period
        self.unbroken = 0 if value is None else self.unbroken + number
        values = self.values
        if number == 1:
            values.append(value)
        else:
            values += [value] * min(number, self._reach)
        if len(values) > self._most:
            del values[: -self._reach]
        if matters:
            for alarm in self._alarms:
                alarm.reconsider(value)
        return number

    def rearrange(self) -> None:
        """Updates the values that all paused alarms allow, after one of them paused or was rearmed."""
        lows, highs = zip(*(alarm.band for alarm in self._alarms), strict=True)
        self._low, self._high = max(lows), min(highs)

    def _computed(self, start: int) -> float | None:
        assert isinstance(self._source, QuerySet)
        values = {name: meter.read() for name, meter in self._meters.items()}
        points = {name: {} if value is None else {start: value} for name, value in values.items()}
        window = Window(start, start + self.period, self.period)
        return self._source.points(points, window, self._math).get(start)


class PointwiseAlarm:
    """An alarm whose data points never change once they can be read.

    It pauses while the data cannot change its state and nothing comes of its repeats. A pause saves
    evaluations and changes no result. Attributes: `alarm`, `state`, `band` (while it is paused, the values
    that need no second look, from and to).
    """

    def __init__(self, alarm: Alarm, reading: Reading, wake: Callable[[Alarm, float], None]) -> None:
        """`wake` is called with the alarm and the time from which on it is evaluated again."""
        self.alarm = alarm
        self.band = ANYTHING
        self._status = NEW
        self._wake = wake
        self._reading = reading
        self._number, self._enough = alarm.settings.evaluation_periods, alarm.settings.m
        self._breaching, self._fine = _bands(alarm)
        # The evaluation range, and periods that are too new for it.
        self._length = alarm.clock.length // alarm.clock.period
        self._reach = self._length + 4 + int(reading.lag // alarm.clock.period)
        self._paused: Literal["missing", "fine", "breaching"] | None = None
        self._spare = 0
        self._idle: Callable[[Values], Idle] | None = None
        self._outcome: Idle | None = None
        reading.add(self, self._reach)

    @property
    def state(self) -> State:
        """The state of the alarm."""
        return self._status.state

    def evaluate(self, at: float) -> Evaluation:
        """The evaluation at `at` (epoch seconds)."""
        unread, alarm, reading = self._unread(at), self.alarm, self._reading
        values = reading.values[-self._length - unread : len(reading.values) - unread]
        if reading.unbroken - unread >= self._number:
            values = values[-self._number :]
            state = State.ALARM if self._breaches(values) >= self._enough else State.OK
            evaluation = alarm.conclude(self._status, at, state, lambda: tuple(values))
        else:
            start = reading.end - (unread + len(values)) * reading.period
            points = {
                start + number * reading.period: value
                for number, value in enumerate(values)
                if value is not None
            }
            evaluation = alarm.evaluate(self._status, at, points)
        self._status = evaluation.status
        return evaluation

    def pause(self, at: float, idle: Callable[[Values], Idle] | None) -> float | None:
        """Pauses if further data like the latest makes nothing happen; says until when (epoch s), or None.

        `at` is the time of the last evaluation. In ALARM, `idle` says until when nothing comes of a repeat
        with such values; None: something always does.
        """
        reading, unread = self._reading, self._unread(at)
        if self.state is State.INSUFFICIENT_DATA:
            lasts = evaluate_state(self.alarm.settings, 0, 0, 0, 0) in (None, self.state)
            if lasts and not any(value is not None for value in reading.values[-self._reach :]):
                self._pause("missing", NOTHING)
                return math.inf
        elif (seen := min(reading.unbroken - unread, self._number)) > 0:
            values = reading.values[-seen - unread :]
            breaches = self._breaches(values[seen:])
            if self.state is State.OK:
                self._spare = self._room(values[:seen]) - breaches
                if self._spare >= 0:
                    self._pause("fine", self._fine)
                    return math.inf
            elif idle is not None and seen == self._number and breaches == unread:
                found = {idle(values[number : number + self._number]) for number in range(unread + 1)}
                self._idle, self._outcome = idle, found.pop()
                if not found and self._outcome.until > at + self.alarm.clock.interval:
                    self._pause("breaching", self._breaching if self._outcome.anyway else NOTHING)
                    return self._outcome.until
        return None

    def reconsider(self, value: float | None) -> None:
        """Ends the pause if the value of the period that ended last does not fit it."""
        if self._paused is None:
            return
        if value is None:
            fits = self._paused == "missing"
        elif self._paused == "fine":
            self._spare -= not self._fine[0] <= value <= self._fine[1]
            if self._spare < 0:
                seen = min(self._reading.unbroken, self._number)
                self._spare = self._room(self._reading.values[-seen:])
            fits = self._spare >= 0
        elif self._paused == "breaching":
            assert self._idle is not None
            fits = self._breaching[0] <= value <= self._breaching[1]
            fits = fits and self._idle(self._reading.values[-self._number :]) == self._outcome
        else:
            fits = False
        if not fits:
            # No evaluation sees this value before.
            self.rearm(self._reading.end + max(self._reading.lag, self.alarm.clock.cutoff) - SAME_MOMENT)

    def rearm(self, now: float) -> None:
        """Ends the pause: the alarm is evaluated again from `now` on."""
        if self._paused is not None:
            self._pause(None, ANYTHING)
        self._wake(self.alarm, now)

    def _pause(
        self, paused: Literal["missing", "fine", "breaching"] | None, band: tuple[float, float]
    ) -> None:
        self._paused, self.band = paused, band
        self._reading.rearrange()

    def _unread(self, at: float) -> int:
        """How many of the newest periods an evaluation at `at` does not look at."""
        reading, last = self._reading, self.alarm.clock.end(at)
        number, end = 0, reading.end
        while number < len(reading.values) and (end > last or end + reading.lag > at):
            number, end = number + 1, end - reading.period
        return number

    def _breaches(self, values: Values) -> int:
        """How many values breach."""
        low, high = self._breaching
        return sum([low <= value <= high for value in values])

    def _room(self, values: Values) -> int:
        """After these, how many values may breach for certain before the state is no longer OK; -1 if it may
        have another one already."""
        low, high = self._breaching
        breaching = [low <= value <= high for value in values]
        number, spare = sum(breaching), -1
        if len(values) < self._number:
            return 0 if len(values) - number > self._number - self._enough else -1
        for leaves in breaching:
            if number >= self._enough:
                break
            spare += 1
            number += 1 - leaves
        return spare


def _bands(alarm: Alarm) -> tuple[tuple[float, float], tuple[float, float]]:
    """The values that breach, and those that do not."""
    threshold, breaches = alarm.settings.threshold, COMPARISONS[alarm.settings.comparison]
    above = breaches(math.inf, threshold)
    # The least value that is on the upper side of the threshold.
    edge = threshold if breaches(threshold, threshold) is above else math.nextafter(threshold, math.inf)
    upper, lower = (edge, math.inf), (-math.inf, math.nextafter(edge, -math.inf))
    return (upper, lower) if above else (lower, upper)
