"""From samples to data points that an alarm can read: statistics by period, and results of metric math."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from enum import Enum
from functools import reduce

from scaleproof.scaling import metric_math
from scaleproof.scaling.alarms import NEW, Alarm, Evaluation, State, Watch
from scaleproof.scaling.metric import MetricStat
from scaleproof.scaling.metric_math import QuerySet
from scaleproof.scaling.series import Window
from scaleproof.simulation.metrics import STATISTICS, Probe, Samples
from scaleproof.simulation.workload import INTERVAL


class Data(Enum):
    """What the data of an alarm that rests has to be like."""

    BREACHING = True
    FINE = False
    MISSING = None


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

    Attributes: `period` in seconds, `latest` (the value of the last period, None without), `lag` (seconds
    from the end of a period until it can be read).
    """

    def __init__(
        self,
        source: MetricStat | QuerySet,
        meters: Mapping[MetricStat, Meter],
        delay: float,
        math: metric_math.Assumptions,
    ) -> None:
        """`meters` has those of all metrics of the source; `delay` is the lag."""
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
        self._points: deque[tuple[int, float]] = deque(maxlen=1)
        """The newest points, as many as an alarm can need that has not looked for long."""
        self._count = 0
        self._closed = 0
        self._alarms: list[Fed] = []

    def add(self, alarm: Fed, reach: int) -> None:
        """An alarm that looks at the newest `reach` points at most."""
        self._alarms.append(alarm)
        self._points = deque(maxlen=max(reach, self._points.maxlen or 0))

    def close(self, start: int) -> None:
        """A period that started at `start` (epoch seconds) has ended: its data point is there."""
        value = self._single.value if self._single is not None else self._computed(start)
        self.latest = value
        self._closed = start
        if value is not None:
            self._points.append((start, value))
            self._count += 1
        for alarm in self._alarms:
            if alarm.resting is not None:
                alarm.rest_on(value, start + self.period)

    def feed(self, watch: Watch, fed: int, reach: int, now: float) -> int:
        """Gives a watch that has had `fed` points those after them that can be read at `now` (epoch seconds).

        Returns how many that has had then. It gets no more than the newest `reach` points.
        """
        points = self._points
        for number in range(-min(self._count - fed, reach), 0):
            start, value = points[number]
            if start + self.period + self.lag > now:
                return self._count + number
            watch.feed(start, value)
        return self._count

    def alike(self, watch: Watch, fed: int, breaching: bool | None) -> bool:
        """Whether the points that a watch has not had are all alike, and one per period since the last."""
        unread = self._count - fed
        if breaching is None:
            return not unread and self.latest is None
        return (
            self.latest is not None
            and watch.newest == self._closed - unread * self.period
            and all(watch.breaches(self._points[i][1]) is breaching for i in range(-unread, 0))
        )

    def _computed(self, start: int) -> float | None:
        assert isinstance(self._source, QuerySet)
        points = {
            name: {} if meter.value is None else {start: meter.value} for name, meter in self._meters.items()
        }
        window = Window(start, start + self.period, self.period)
        return self._source.points(points, window, self._math).get(start)


class Fed:
    """An alarm whose data points never change once they can be read: fed as they come.

    Once its state lasts as long as the data stays on its side of the threshold it may rest: it is not
    evaluated until that changes, which makes no difference but to the time it takes. Attributes: `alarm`,
    `resting` (what its data has to be like; None while it does not rest).
    """

    def __init__(self, alarm: Alarm, reading: Reading, wake: Callable[[Alarm, float], None]) -> None:
        """A new alarm on a reading. `wake` is called, with the time, when it may rest no longer."""
        self.alarm = alarm
        self.resting: Data | None = None
        self._wake = wake
        self._reading = reading
        self._watch = Watch(alarm)
        self._fed = 0
        # Those of the range, and those that are not read yet or too new for it.
        self._reach = alarm.clock.length // alarm.clock.period + 4 + int(reading.lag // alarm.clock.period)
        reading.add(self, self._reach)

    @property
    def state(self) -> State:
        """The state it is in."""
        return self._watch.standing.state

    def evaluate(self, at: float) -> Evaluation:
        """The evaluation at `at` (epoch seconds)."""
        self._fed = self._reading.feed(self._watch, self._fed, self._reach, at)
        return self._watch.evaluate(at)

    def rest(self) -> bool:
        """Rests if the state lasts; whether it does."""
        watch = self._watch
        data = {State.OK: Data.FINE, State.ALARM: Data.BREACHING}.get(watch.standing.state, Data.MISSING)
        if watch.lasts(data.value) and self._reading.alike(watch, self._fed, data.value):
            self.resting = data
        return self.resting is not None

    def rest_on(self, value: float | None, now: float) -> None:
        """Another period has ended at `now`: an alarm that rests does so no longer if the value is unlike."""
        if self.resting is not None and self.resting.value is not (
            None if value is None else self._watch.breaches(value)
        ):
            self.rouse(now)

    def rouse(self, now: float) -> None:
        """Is evaluated again from `now` on."""
        self.resting = None
        self._wake(self.alarm, now)


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
        self.resting: Data | None = None
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
                if time + metric.period + self._delay <= at
                and (value := history.statistic(metric, time)) is not None
            }

        points = self.alarm.points(self.alarm.window(at), read, self._math)
        evaluation = self.alarm.evaluate(self._standing, at, points)
        self._standing = evaluation.standing
        self.latest = points[max(points)] if points else None
        return evaluation

    def rest(self) -> bool:
        """Never does: what it sees changes with time alone."""
        return False

    def rouse(self, now: float) -> None:
        """Nothing to do: it does not rest."""
