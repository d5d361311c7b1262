"""An alarm on one series that is fed as data arrives, for the peer.

The rule is that of `decide` and the result is the same; the work per evaluation does not grow with the number
of evaluation periods, since what is counted is kept between evaluations.
"""

from __future__ import annotations

from collections import deque

from scaleproof.scaling.alarms import COMPARISONS, NEW, Alarm, Evaluation, evaluate_state


class IncrementalEvaluator:
    """One alarm with its data and its status, both of which change.

    Not for expressions whose values change afterwards (see QuerySet.pointwise): these take
    Alarm.evaluate. Attributes: `alarm`, `status`.
    """

    def __init__(self, alarm: Alarm) -> None:
        """A new alarm without data."""
        self.alarm = alarm
        self.status = NEW
        self._number = alarm.settings.evaluation_periods
        self._breaches = COMPARISONS[alarm.settings.comparison]
        self._threshold = alarm.settings.threshold
        self._arrived: deque[tuple[int, float]] = deque()
        """Points that no evaluation has looked at yet, oldest first."""
        # The newest N points that exist in the range, oldest first, and where those that breach start.
        self._times: deque[int] = deque()
        self._values: deque[float] = deque()
        self._breaching: deque[int] = deque()

    def feed(self, time: int, value: float) -> None:
        """A data point becomes readable: `time` is where its period starts (epoch seconds).

        Points come in the order of time, at most one per period. Raises ValueError for one that does not.
        """
        newest = self._arrived[-1][0] if self._arrived else self._times[-1] if self._times else None
        if newest is not None and time <= newest:
            raise ValueError(f"the point at {time} comes after that at {newest}")
        self._arrived.append((time, value))

    def evaluate(self, at: float) -> Evaluation:
        """The evaluation at `at` (epoch seconds), later than those before; `status` is the one after it."""
        alarm, times, breaching = self.alarm, self._times, self._breaching
        end = alarm.end(at)
        while self._arrived and self._arrived[0][0] < end:
            time, value = self._arrived.popleft()
            times.append(time)
            self._values.append(value)
            if self._breaches(value, self._threshold):
                breaching.append(time)
        start = end - alarm.length
        while times and (len(times) > self._number or times[0] < start):
            self._values.popleft()
            oldest = times.popleft()
            if breaching and breaching[0] == oldest:
                breaching.popleft()
        count = len(breaching)
        age = (end - breaching[0]) // alarm.settings.period if count else 0
        state = evaluate_state(alarm.settings, count, len(times) - count, age)
        result = alarm.conclude(self.status, at, state, self._recent)
        self.status = result.status
        return result

    def _recent(self) -> tuple[float | None, ...]:
        """As `recent` of the points that were used."""
        times, period = self._times, self.alarm.settings.period
        if not times or times[-1] - times[0] == (len(times) - 1) * period:
            return tuple(self._values)
        values = dict(zip(times, self._values, strict=True))
        return tuple(values.get(time) for time in range(times[0], times[-1] + period, period))
