"""An alarm on one series that is fed as data arrives, for simulating months of evaluations.

The rule is that of `decide` and the result is the same; the work per evaluation does not grow with the number
of evaluation periods, since what is counted is kept between evaluations.
"""

from __future__ import annotations

import math
from collections import deque

from scaleproof.scaling.alarms.alarm import NEW, Alarm, Evaluation
from scaleproof.scaling.alarms.decision import evaluate_state
from scaleproof.scaling.alarms.settings import COMPARISONS, State


class IncrementalEvaluator:
    """One alarm with its data and its status, both of which change.

    Not for percentiles that ignore few samples, nor for expressions whose values change afterwards (see
    QuerySet.pointwise): these take Alarm.evaluate. Attributes: `alarm`, `status`.
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
        newest = self.newest
        if newest is not None and time <= newest:
            raise ValueError(f"the point at {time} comes after that at {newest}")
        self._arrived.append((time, value))

    def lasts(self, breaching: bool | None) -> int:
        """How long the state lasts while every further period has a point that breaches, one that does not
        (False), or none (None): for how many that are unlike, though not missing; -1 if it may change anyway.

        OK lasts while points do not breach, and for as many that do as M is not reached by; ALARM while they
        breach, until one does not. What is sent while a state lasts is another matter: see Alarm.conclude.
        """
        settings, times = self.alarm.settings, self._times
        state, number = self.status.state, settings.evaluation_periods
        if breaching is None:
            found = evaluate_state(settings, 0, 0, 0, 0)
            return 0 if not times and not self._arrived and found in (None, state) else -1
        if not times or times[-1] - times[0] != (len(times) - 1) * settings.period:
            return -1
        unlike = sum(self.breaches(value) is not breaching for _, value in self._arrived)
        # Each further point takes the place of the oldest, so what is counted here can only grow by new ones.
        beyond = len(self._breaching)
        if breaching:
            return 0 if state is State.ALARM and beyond >= settings.m and not unlike else -1
        if state is not State.OK:
            return -1
        if len(times) == number:
            return settings.m - 1 - beyond - unlike
        return 0 if len(times) - beyond > number - settings.m and not unlike else -1

    @property
    def newest(self) -> int | None:
        """Where the newest period starts that has a point, None if none has been fed."""
        return self._arrived[-1][0] if self._arrived else self._times[-1] if self._times else None

    @property
    def extremes(self) -> tuple[float, float]:
        """The least and the most of the points that the last evaluation used and of those that came later."""
        values = [*self._values, *(value for _, value in self._arrived)]
        return min(values, default=math.inf), max(values, default=-math.inf)

    def breaches(self, value: float) -> bool:
        """Whether a value is beyond the threshold."""
        return self._breaches(value, self._threshold)

    def evaluate(self, at: float) -> Evaluation:
        """The evaluation at `at` (epoch seconds), later than those before; `status` is the one after it."""
        alarm, times, breaching = self.alarm, self._times, self._breaching
        clock = alarm.clock
        end = clock.end(at)
        while self._arrived and self._arrived[0][0] < end:
            time, value = self._arrived.popleft()
            times.append(time)
            self._values.append(value)
            if self._breaches(value, self._threshold):
                breaching.append(time)
        start = end - clock.length
        while times and (len(times) > self._number or times[0] < start):
            self._values.popleft()
            oldest = times.popleft()
            if breaching and breaching[0] == oldest:
                breaching.popleft()
        count = len(breaching)
        age = (end - breaching[0]) // clock.period if count else 0
        state = evaluate_state(alarm.settings, count, len(times) - count, 0, age)
        result = alarm.conclude(self.status, at, state, self._recent)
        self.status = result.status
        return result

    def _recent(self) -> tuple[float | None, ...]:
        """As `recent` of the points that were used."""
        times, period = self._times, self.alarm.clock.period
        if not times or times[-1] - times[0] == (len(times) - 1) * period:
            return tuple(self._values)
        values = dict(zip(times, self._values, strict=True))
        return tuple(values.get(time) for time in range(times[0], times[-1] + period, period))
