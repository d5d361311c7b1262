"""From samples to data points that an alarm can read: statistics by period, and results of metric math."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from functools import reduce

from scaleproof.scaling import metric_math
from scaleproof.scaling.alarms import NEW, Alarm, Evaluation, State, Watch
from scaleproof.scaling.metric import MetricStat
from scaleproof.scaling.metric_math import QuerySet
from scaleproof.scaling.series import Window
from scaleproof.simulation.metrics import STATISTICS, Probe, Samples
from scaleproof.simulation.workload import INTERVAL

MINUTE = 60


class Meter:
    """The statistic of one metric, period by period. `value` is that of the period that ended last."""

    def __init__(self, metric: MetricStat, probe: Probe) -> None:
        """Nothing was sampled."""
        self.metric = metric
        self.value: float | None = None
        self._probe = probe
        self._statistic = STATISTICS[metric.statistic]
        self._samples: Samples | None = None

    def sample(self, ends: bool) -> None:
        """Takes what is emitted at the end of an interval. `ends`: a period ends with it."""
        samples = self._probe()
        if self._samples is not None:
            samples = self._samples.merged(samples) if samples is not None else self._samples
        if not ends:
            self._samples = samples
            return
        self.value = None if samples is None else self._statistic(samples)
        self._samples = None


class Reading:
    """What alarms watch, a metric or an expression, and those of them that can be fed point by point.

    Attributes: `period` in seconds, `latest` (the value of the last period, None without), `delay` (seconds
    from the end of a period until it can be read).
    """

    def __init__(
        self,
        source: MetricStat | QuerySet,
        meters: Mapping[MetricStat, Meter],
        delay: float,
        math: metric_math.Assumptions,
    ) -> None:
        """`meters` has those of all metrics of the source."""
        self.period = source.period
        self.latest: float | None = None
        self._source = source
        self._delay = delay
        self._math = math
        self._meters = (
            {name: meters[metric] for name, metric in source.metrics.items()}
            if isinstance(source, QuerySet)
            else {"": meters[source]}
        )
        self._single = None if isinstance(source, QuerySet) else meters[source]
        self._unread: deque[tuple[float, int, float]] = deque()
        self._watches: list[Watch] = []

    def close(self, start: int) -> None:
        """A period that started at `start` (epoch seconds) has ended: its data point is there."""
        value = self._single.value if self._single is not None else self._computed(start)
        self.latest = value
        if value is not None:
            self._unread.append((start + self.period + self._delay, start, value))

    def watch(self, alarm: Alarm) -> Watch:
        """A new alarm on this reading."""
        watch = Watch(alarm)
        self._watches.append(watch)
        return watch

    def feed(self, now: float) -> None:
        """Gives the watches what can be read at `now` (epoch seconds)."""
        unread = self._unread
        while unread and unread[0][0] <= now:
            _, start, value = unread.popleft()
            for watch in self._watches:
                watch.feed(start, value)

    def _computed(self, start: int) -> float | None:
        assert isinstance(self._source, QuerySet)
        points = {
            name: {} if meter.value is None else {start: meter.value} for name, meter in self._meters.items()
        }
        window = Window(start, start + self.period, self.period)
        return self._source.points(points, window, self._math).get(start)


class Fed:
    """An alarm whose data points never change once they can be read: fed as they come."""

    def __init__(self, alarm: Alarm, reading: Reading) -> None:
        """A new alarm on a reading."""
        self.alarm = alarm
        self._reading = reading
        self._watch = reading.watch(alarm)

    def evaluate(self, at: float) -> tuple[State, Evaluation]:
        """The state before the evaluation at `at` (epoch seconds), and what that did."""
        self._reading.feed(at)
        before = self._watch.standing.state
        return before, self._watch.evaluate(at)


class History:
    """The samples of a metric over the last `length` seconds, by slices of `slice` seconds."""

    def __init__(self, probe: Probe, piece: int, length: int) -> None:
        """Nothing was sampled. `piece`: seconds of the slices, which periods are made of."""
        self._probe = probe
        self._piece = piece
        self._length = length
        self._slices: dict[int, Samples] = {}

    def sample(self, end: int) -> None:
        """Takes what is emitted at the end of an interval (epoch seconds)."""
        samples = self._probe()
        start = (end - INTERVAL) // self._piece * self._piece
        if samples is not None:
            earlier = self._slices.get(start)
            self._slices[start] = samples if earlier is None else earlier.merged(samples)
        while self._slices and (oldest := next(iter(self._slices))) < end - self._length:
            del self._slices[oldest]

    def statistic(self, metric: MetricStat, start: int) -> float | None:
        """The statistic of the period that starts at `start`, None if nothing was emitted in it."""
        found = [
            samples
            for time in range(start, start + metric.period, self._piece)
            if (samples := self._slices.get(time)) is not None
        ]
        return STATISTICS[metric.statistic](reduce(Samples.merged, found)) if found else None


class Recalled:
    """An alarm that reads its whole range at every evaluation: its periods slide, or its expression looks at
    more than one of them."""

    def __init__(
        self,
        alarm: Alarm,
        histories: Mapping[MetricStat, History],
        delay: float,
        math: metric_math.Assumptions,
    ) -> None:
        """A new alarm; `delay` is how long after its end a period can be read (s)."""
        self.alarm = alarm
        self.latest: float | None = None
        self._standing = NEW
        self._histories = histories
        self._delay = delay
        self._math = math

    def evaluate(self, at: float) -> tuple[State, Evaluation]:
        """See Fed."""

        def read(metric: MetricStat, window: Window) -> dict[int, float]:
            history = self._histories[metric]
            return {
                time: value
                for time in window.times
                if time + metric.period + self._delay <= at
                and (value := history.statistic(metric, time)) is not None
            }

        points = self.alarm.points(self.alarm.window(at), read, self._math)
        before = self._standing.state
        evaluation = self.alarm.evaluate(self._standing, at, points)
        self._standing = evaluation.standing
        self.latest = points[max(points)] if points else None
        return before, evaluation
