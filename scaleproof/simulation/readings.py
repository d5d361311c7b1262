"""Computes the data points that alarms read: statistics by period, and results of metric math."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from scaleproof.scaling.alarms import COMPARISONS, NEW, Alarm, Evaluation, State, evaluate_state
from scaleproof.scaling.assumptions import MetricMathAssumptions
from scaleproof.scaling.autoscaling.activities import ANY_VALUE, NO_VALUE, Idle
from scaleproof.scaling.driver import SAME_MOMENT, Happening
from scaleproof.scaling.metric_math import QuerySet
from scaleproof.scaling.metrics import MetricStat, Window
from scaleproof.simulation.metrics import Metric

Values: TypeAlias = Sequence[Any]
"""Numbers, None where there is none."""


class Reading:
    """A metric or an expression, and the alarms that watch it.

    Attributes: `period` in seconds, `lag` (seconds from the end of a period until it can be read), `values`
    (of the newest periods, None without), `end` (of the newest, epoch seconds).
    """

    def __init__(
        self,
        source: MetricStat | QuerySet,
        metrics: Mapping[MetricStat, Metric],
        delay: float,
        math: MetricMathAssumptions,
    ) -> None:
        """`metrics`: all of the source; `delay`: the lag."""
        self.period = source.period
        self.lag = delay
        self.values: deque[Any] = deque(maxlen=1)
        self.end = self._gap = 0
        self._read = _computed(source, metrics, math) if isinstance(source, QuerySet) else metrics[source].newest
        self._alarms: list[PointwiseAlarm] = []
        self._low, self._high = ANY_VALUE
        self._look = 0

    @property
    def latest(self) -> float | None:
        """The value of the last period, None without."""
        return self.values[-1] if self.values else None

    @property
    def unbroken(self) -> int:
        """How many of the newest periods have a value."""
        return min((self.end - self._gap) // self.period, len(self.values))

    def add(self, alarm: PointwiseAlarm, reach: int) -> None:
        """Adds an alarm that looks at the newest `reach` periods."""
        self._alarms.append(alarm)
        self.values = deque(self.values, max(reach, self.values.maxlen or 0))

    def close(self, end: int, number: int = 1) -> int:
        """Periods have ended, the first at `end` (epoch seconds), so their data points exist.

        Returns how many: all of `number` equal ones, but only one if its value matters to a paused alarm.
        """
        value = self._read(end)
        if value is None:
            number, self._gap = 0, end
        elif not self._low <= value <= self._high:
            number = min(number, (self._look - end) // self.period)
        if number > 1:
            end += (number - 1) * self.period
            self.values += [value] * (number - 1)
        self.end = end
        self.values.append(value)
        if number > 0:
            return number
        for alarm in self._alarms:
            if value is None or (end >= alarm.look and not alarm.band[0] <= value <= alarm.band[1]):
                alarm.reconsider(value)
        return 1

    def rearrange(self) -> None:
        """Updates which values all paused alarms allow, after one of them paused or was rearmed."""
        lows, highs = zip(*[alarm.band for alarm in self._alarms], strict=True)
        self._low, self._high = max(lows), min(highs)
        self._look = min([alarm.look for alarm in self._alarms])


def _computed(
    queries: QuerySet, metrics: Mapping[MetricStat, Metric], math: MetricMathAssumptions
) -> Callable[[int], float | None]:
    """Gives the result of pointwise queries, which depends on nothing but the values of the metrics."""
    window = Window(0, queries.period, queries.period)
    watched = [metrics[stat] for stat in queries.metrics.values()]

    @lru_cache(4_096)
    def result(*values: float | None) -> float | None:
        named = zip(queries.metrics, values, strict=True)
        points = {name: {} if value is None else {0: value} for name, value in named}
        return queries.points(points, window, math).get(0)

    return lambda end: result(*[metric.newest(end) for metric in watched])


class PointwiseAlarm:
    """An alarm whose data points never change once they can be read.

    It pauses while the data cannot change its state and nothing comes of its repeats. A pause saves
    evaluations and changes no result. Attributes: `alarm`, `status`, and while it is paused `band` (the
    values that need no second look, from and to) and `look` (the end of the first period whose value needs
    one if it is another). `wake` is called with the time from which on it is evaluated again: set it before
    a pause.
    """

    wake: Happening

    def __init__(self, alarm: Alarm, reading: Reading) -> None:
        self.alarm = alarm
        self.status = NEW
        self.band = ANY_VALUE
        self.look = 0
        self._reading = reading
        self._number, self._enough = alarm.settings.evaluation_periods, alarm.settings.m
        self._breaching, self._fine = _bands(alarm)
        # The evaluation range, and periods that are too new for it.
        self._length = alarm.length // alarm.settings.period
        self._reach = self._length + 4 + int(reading.lag // alarm.settings.period)
        self._unread = self._seen = 0
        """How many of the newest periods were too new for the last evaluation, and how many before those have
        a value, without a gap."""
        self._paused: Literal["missing", "fine", "breaching"] | None = None
        self._idle: Callable[[Values], Idle] | None = None
        self._outcome: Idle | None = None
        reading.add(self, self._reach)

    def evaluate(self, at: float) -> Evaluation:
        """The evaluation at `at` (epoch seconds)."""
        unread, alarm, reading = self._too_new(at), self.alarm, self._reading
        self._unread, self._seen = unread, reading.unbroken - unread
        if self._seen >= self._number:
            values = self._newest(self._number, unread)
            state = State.ALARM if self._breaches(values) >= self._enough else State.OK
            evaluation = alarm.conclude(self.status, at, state, lambda: tuple(values))
        else:
            values = self._newest(self._length, unread)
            start = reading.end - (unread + len(values)) * reading.period
            points = {
                start + number * reading.period: value for number, value in enumerate(values) if value is not None
            }
            evaluation = alarm.evaluate(self.status, at, points)
        self.status = evaluation.status
        return evaluation

    def pause(self, at: float, idle: Callable[[Values], Idle] | None) -> float | None:
        """Pauses if further data like the latest makes nothing happen; says until when (epoch s), or None.

        `at` is the time of the last evaluation. In ALARM, `idle` says until when nothing comes of a repeat
        with such values; None: something always does.
        """
        unread, state = self._unread, self.status.state
        if state is State.INSUFFICIENT_DATA:
            lasts = evaluate_state(self.alarm.settings, 0, 0, 0) in (None, state)
            if lasts and not any(value is not None for value in self._newest(self._reach)):
                self._pause("missing", NO_VALUE)
                return math.inf
        elif (seen := min(self._seen, self._number)) > 0:
            values = self._newest(seen + unread)
            breaches = self._breaches(values[seen:])
            if state is State.OK:
                room = self._room(values[:seen])
                if room >= breaches:
                    self._pause("fine", self._fine, max(room - unread, 0))
                    return math.inf
            elif idle is not None and seen == self._number and breaches == unread:
                self._idle, self._outcome = idle, idle(values[:seen])
                if self._outcome.until > at + self.alarm.interval:
                    band = self._idle_band(values)
                    later = [] if band != NO_VALUE else range(1, unread + 1)
                    if all(idle(values[first : first + seen]) == self._outcome for first in later):
                        self._pause("breaching", band)
                        return self._outcome.until
        return None

    def reconsider(self, value: float | None) -> None:
        """Ends the pause unless the value of the period that ended last, outside the band, fits."""
        if self._paused is None:
            return
        if value is None:
            fits = self._paused == "missing"
        elif self._paused == "fine":
            room = self._room(self._newest(min(self._reading.unbroken, self._number)))
            fits = room >= 0
            if fits:
                self._pause("fine", self._fine, room)
        elif self._paused == "breaching":
            assert self._idle is not None
            values = self._newest(self._number)
            fits = self._breaches((value,)) > 0 and self._idle(values) == self._outcome
            if fits and (band := self._idle_band(values)) != self.band:
                self._pause("breaching", band)
        else:
            fits = False
        if not fits:
            # No evaluation sees this value before.
            self.rearm(self._reading.end + max(self._reading.lag, self.alarm.cutoff) - SAME_MOMENT)

    def rearm(self, now: float) -> None:
        """Ends the pause: the alarm is evaluated again from `now` on."""
        if self._paused is not None:
            self._pause(None, ANY_VALUE)
        self.wake(now)

    def _pause(
        self,
        paused: Literal["missing", "fine", "breaching"] | None,
        band: tuple[float, float],
        spare: int = 0,
    ) -> None:
        """`spare`: how many more periods need no look, whatever their values are."""
        self._paused, self.band = paused, band
        self.look = self._reading.end + (spare + 1) * self._reading.period
        self._reading.rearrange()

    def _idle_band(self, values: Values) -> tuple[float, float]:
        """The values after these of which nothing comes for certain."""
        assert self._outcome is not None
        (low, high), (least, most) = self._outcome.band, self._breaching
        inside = low <= high and low <= min(values) and max(values) <= high
        return (max(low, least), min(high, most)) if inside else NO_VALUE

    def _newest(self, number: int, but: int = 0) -> list[Any]:
        """The values of the newest periods, but for some that are too new."""
        values = list(self._reading.values)
        return values[-number - but : len(values) - but]

    def _too_new(self, at: float) -> int:
        """How many of the newest periods an evaluation at `at` does not look at."""
        reading, last = self._reading, self.alarm.end(at)
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
