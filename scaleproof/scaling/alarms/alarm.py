"""Runs an alarm: evaluates it at its own times, changes its state and signals its actions.

[actions] https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html
[captures] https://github.com/radkawar/stackd, commit 9dc356f5, testdata/aws/applicationautoscaling:
scaling.json and alarm_signals.json
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from scaleproof.scaling import metric_math
from scaleproof.scaling.alarms.decision import decide, recent
from scaleproof.scaling.alarms.settings import MINUTE, AlarmSettings, Clock, State
from scaleproof.scaling.assumptions import DEFAULT, AlarmAssumptions, MetricMathAssumptions
from scaleproof.scaling.metrics import MetricStat, Window

Reader = Callable[[MetricStat, Window], Mapping[int, float]]
"""Gives the data points of a metric that can be read now, by where their period starts."""


class Signal(NamedTuple):
    """What an action learns from an evaluation at `at` (epoch seconds).

    `points` are the data points used, oldest first, None in gaps. `repeated`: the state is not new; only Auto
    Scaling actions are sent these.
    """

    at: float
    state: State
    points: tuple[float | None, ...]
    repeated: bool


class AlarmStatus(NamedTuple):
    """The state of an alarm, since when, and when it last sent a signal of it (epoch s; None: never)."""

    state: State = State.INSUFFICIENT_DATA
    since: float | None = None
    signalled: float | None = None


class Evaluation(NamedTuple):
    """What an evaluation did: the status after it, whether the state changed, and the signal it sent."""

    status: AlarmStatus
    changed: bool
    signal: Signal | None


NEW = AlarmStatus()
"""An alarm that was just created: insufficient data until an evaluation says otherwise. Data points from
before its creation count (alarm-evaluation.html)."""


@dataclass(frozen=True)
class Alarm:
    """An alarm with what AWS gives it: its `phase` within the interval, in seconds.

    `acting` are the states that have actions. Nothing here keeps time or state: both are passed in.
    """

    settings: AlarmSettings
    phase: float = 0.0
    acting: Container[State] = (State.ALARM,)
    assumptions: AlarmAssumptions = DEFAULT.alarms

    @cached_property
    def clock(self) -> Clock:
        """When the alarm is evaluated, and on which periods."""
        return Clock.from_settings(self.settings, self.assumptions)

    @cached_property
    def repeat(self) -> float:
        """Seconds between signals while a state lasts."""
        high = self.settings.period < MINUTE
        return self.assumptions.repeat_high_resolution if high else self.assumptions.repeat_standard

    def next_evaluation(self, after: float) -> float:
        """The first evaluation later than `after`, such as the creation or an evaluation (epoch seconds)."""
        return self.clock.next_evaluation(self.phase, after)

    def window(self, at: float) -> Window:
        """The periods that an evaluation at `at` looks at."""
        return self.clock.window(at)

    def points(self, window: Window, read: Reader, math: MetricMathAssumptions = DEFAULT.math) -> Mapping[int, float]:
        """The data points to evaluate: the metric's own, or the result of the queries over the whole window.

        `math` is what to assume of metric math.
        """
        source = self.settings.source
        if isinstance(source, MetricStat):
            return read(source, window)
        metrics: dict[str, metric_math.Points] = {}
        for name, metric in source.metrics.items():
            points = read(metric, window)
            metrics[name] = {time: points[time] for time in window.times if time in points}
        return source.points(metrics, window, math)

    def evaluate(
        self,
        status: AlarmStatus,
        at: float,
        points: Mapping[int, float],
        samples: Mapping[int, int] | None = None,
    ) -> Evaluation:
        """One evaluation at `at`, on the data points that can be read then (`decide` has both mappings)."""
        window = self.window(at)
        state = decide(self.settings, window, points, samples)
        return self.conclude(status, at, state, lambda: recent(self.settings, window, points))

    def conclude(
        self,
        status: AlarmStatus,
        at: float,
        state: State | None,
        points: Callable[[], tuple[float | None, ...]],
    ) -> Evaluation:
        """What follows from the state that an evaluation at `at` found; None keeps the one there is.

        A signal is sent when the state changes to one with actions, and again as long as it lasts: once per
        minute [actions], below periods of 60 s as `repeat_high_resolution` of AlarmAssumptions says. A repeat
        carries what its own evaluation saw; since when the alarm is in its state does not change [captures].
        `points` gives what a signal carries.
        """
        changed = state is not None and state is not status.state
        if state is not None and changed:
            status = AlarmStatus(state, at)
        if status.state not in self.acting or not (changed or self._repeats(status, at)):
            return Evaluation(status, changed, None)
        signal = Signal(at, status.state, points(), repeated=not changed)
        return Evaluation(AlarmStatus(status.state, status.since, at), changed, signal)

    def _repeats(self, status: AlarmStatus, at: float) -> bool:
        if status.signalled is None:
            # The state of a new alarm is no transition; one that was found in its state has had its signals.
            return status.since is not None
        # Half an interval of tolerance: on a real clock evaluations are some milliseconds early or late.
        return at - status.signalled >= self.repeat - self.clock.interval / 2


def arrives(signal: Signal, assumptions: AlarmAssumptions = DEFAULT.alarms) -> float:
    """When the action of a signal runs (epoch seconds)."""
    return signal.at + assumptions.action_delay


def admissible(signal: Signal, received: float, assumptions: AlarmAssumptions = DEFAULT.alarms) -> bool:
    """Whether Application Auto Scaling acts on a signal that it receives at `received` (epoch seconds).

    It refuses one without data points, such as of an alarm whose missing data breaches, and one whose
    evaluation is outdated [captures].
    """
    known = any(value is not None for value in signal.points)
    return known and received - signal.at <= assumptions.oldest_signal
