"""CloudWatch alarms: when they are evaluated, on which data, to which state, and what they set off.

What the documentation leaves open is an assumption.

[put] https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
[missing] https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
[evaluation] https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
[actions] https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html
[captures] https://github.com/radkawar/stackd, commit 9dc356f5, testdata/aws: cloudwatch/alarm_evaluation.json
and applicationautoscaling/scaling.json, scale_in.json and alarm_signals.json
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.assumptions import DEFAULT, AlarmAssumptions, MetricMathAssumptions
from scaleproof.scaling.metric_math import Points, QuerySet
from scaleproof.scaling.metrics import MetricStat, Window
from scaleproof.times import DAY, HOUR, MINUTE, WEEK

_SAME_MOMENT = 1e-6
"""Of an interval. Epoch seconds as floats are good to a quarter of a microsecond."""

Reader = Callable[[MetricStat, Window], Mapping[int, float]]
"""Gives the data points of a metric that can be read now, by where their period starts."""


class AlarmError(ScaleproofError):
    """An alarm that CloudWatch refuses, or one that is not modelled here; names the parameter."""


class State(StrEnum):
    """The states of an alarm. Every alarm starts with insufficient data."""

    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


class Missing(StrEnum):
    """TreatMissingData: what a missing data point counts as where it has to count [missing]."""

    MISSING = "missing"
    IGNORE = "ignore"
    BREACHING = "breaching"
    NOT_BREACHING = "notBreaching"


COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
"""ComparisonOperator: when a value breaches, as a function of value and threshold. Those of anomaly detection
are not modelled."""


@dataclass(frozen=True)
class AlarmSettings:
    """An alarm on one metric or on the result of a set of queries, with a fixed threshold.

    It goes to ALARM when `datapoints_to_alarm` (M) of `evaluation_periods` (N) data points breach; M is N if
    left out. Alarms on metrics of DynamoDB ignore missing data whatever `missing` says [missing].
    Raises AlarmError for what CloudWatch refuses [put].
    """

    source: MetricStat | QuerySet
    comparison: str
    threshold: float
    evaluation_periods: int
    datapoints_to_alarm: int | None = None
    missing: Missing = Missing.MISSING

    def __post_init__(self) -> None:
        """Checks the ranges that [put] gives, and applies the rule of DynamoDB."""
        period, number = self.period, self.evaluation_periods
        if self.comparison not in COMPARISONS:
            raise AlarmError(
                f"The ComparisonOperator {self.comparison} is not supported.",
                advice=f"Supported are {', '.join(COMPARISONS)}.",
            )
        if period not in (10, 20, 30) and (period < MINUTE or period % MINUTE):
            raise AlarmError(f"The Period is 10, 20, 30 or a multiple of 60 s, not {period} s.")
        longest = WEEK if period >= HOUR else DAY
        if number < 1 or number * period > longest:
            raise AlarmError(
                f"EvaluationPeriods is {number} at a Period of {period} s.",
                advice=f"It is at least 1, and all periods together are at most {longest} s long.",
            )
        if not 1 <= self.m <= number:
            raise AlarmError(f"DatapointsToAlarm is 1 to EvaluationPeriods ({number}), not {self.m}.")
        if self.metrics and all(metric.namespace == "AWS/DynamoDB" for metric in self.metrics):
            object.__setattr__(self, "missing", Missing.IGNORE)

    @property
    def metrics(self) -> tuple[MetricStat, ...]:
        """Every metric that it reads."""
        return (self.source,) if isinstance(self.source, MetricStat) else tuple(self.source.metrics.values())

    @property
    def period(self) -> int:
        """Seconds that one data point covers."""
        return self.source.period

    @property
    def m(self) -> int:
        """Breaching data points that make an alarm."""
        return self.evaluation_periods if self.datapoints_to_alarm is None else self.datapoints_to_alarm


def evaluate_state(settings: AlarmSettings, breaching: int, fine: int, age: int) -> State | None:
    """The state after an evaluation, None if the alarm keeps the one it has.

    Of the data points that exist in the range the newest N are used [missing]: `breaching` of them breach,
    `fine` do not. `age` is how many periods ago the oldest breaching one started.

    M that breach make an ALARM, and so many that do not that M cannot be reached make OK, however many are
    missing. Otherwise the treatment of missing data decides:
    - ignore: OK with at least one point that does not breach, else the state is kept;
    - breaching: missing points count towards M;
    - notBreaching: OK;
    - missing: no point at all is insufficient data, one that does not breach is OK, and only breaching ones
      are an ALARM once the oldest is at least M periods old (the "premature alarm" of [missing]), till then
      insufficient data.
    The tables of [missing] and all transitions in [captures] follow: tests/vectors/alarm_*.csv.
    """
    number, enough = settings.evaluation_periods, settings.m
    if breaching >= enough:
        return State.ALARM
    if fine > number - enough:
        return State.OK
    match settings.missing:
        case Missing.IGNORE:
            return State.OK if fine else None
        case Missing.BREACHING:
            return State.ALARM if number - fine >= enough else State.OK
        case Missing.NOT_BREACHING:
            return State.OK
        case Missing.MISSING:
            if fine:
                return State.OK
            return State.ALARM if breaching and age >= enough else State.INSUFFICIENT_DATA


def decide(settings: AlarmSettings, window: Window, points: Mapping[int, float]) -> State | None:
    """The state that the data points within an evaluation range give, None if the alarm keeps the one it has.

    `points` are the values by where their period starts; those outside the window are not looked at.
    """
    breaches, threshold = COMPARISONS[settings.comparison], settings.threshold
    used = _used(settings, window, points)
    breaching = [time for time in used if breaches(points[time], threshold)]
    age = (window.end - breaching[0]) // window.period if breaching else 0
    return evaluate_state(settings, len(breaching), len(used) - len(breaching), age)


def recent(settings: AlarmSettings, window: Window, points: Mapping[int, float]) -> tuple[float | None, ...]:
    """The data points an evaluation used, oldest first, None for gaps between them.

    As `recentDatapoints` in the alarm's reason data: from the oldest of the newest N points that exist to the
    newest; gaps before and after are not listed, and nothing is if no point exists [captures].
    """
    used = _used(settings, window, points)
    if not used:
        return ()
    return tuple(points.get(time) for time in range(used[0], used[-1] + window.period, window.period))


def _used(settings: AlarmSettings, window: Window, points: Mapping[int, float]) -> list[int]:
    """The newest N periods of the range that have a data point, oldest first."""
    return [time for time in window.times if time in points][-settings.evaluation_periods :]


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


NEW = AlarmStatus()
"""An alarm that was just created: insufficient data until an evaluation says otherwise. Data points from
before its creation count [evaluation]."""


@dataclass(frozen=True)
class Transition:
    """A change of an alarm's state at `time`, that of the evaluation behind it, as far as it is known."""

    time: float
    alarm: str
    old: State
    new: State


class Evaluation(NamedTuple):
    """What an evaluation did: the status after it, whether the state changed, and the signal it sent."""

    status: AlarmStatus
    changed: bool
    signal: Signal | None


@dataclass(frozen=True)
class Alarm:
    """An alarm with what AWS gives it. Nothing here keeps time or state: both are passed in.

    `phase`: where in the interval it is evaluated, in seconds from 0, a constant of each alarm, seen to keep
    to some 10 ms [captures]; draw it evenly from the interval if it is not known. `acting` are the states
    that have actions.
    """

    settings: AlarmSettings
    phase: float = 0.0
    acting: Container[State] = (State.ALARM,)
    assumptions: AlarmAssumptions = DEFAULT.alarms

    @cached_property
    def interval(self) -> int:
        """Seconds between evaluations: 10 with a period below 60 s, else a minute, and over more than a day
        an hour [evaluation]."""
        return HOUR if self._long else 10 if self._high_resolution else MINUTE

    @cached_property
    def slide(self) -> int:
        """Where the newest period may end, in seconds of the clock: the ends of whole periods below 60 s; from
        60 s on the range slides by the minute, so that the periods of a 300 s alarm start at any minute; over
        more than a day by the hour [evaluation]."""
        return HOUR if self._long else min(self.settings.period, MINUTE)

    @cached_property
    def length(self) -> int:
        """Seconds over which an evaluation retrieves periods: more than are evaluated."""
        period, assumed = self.settings.period, self.assumptions
        extra = assumed.extra_high_resolution // period if self._high_resolution else assumed.extra_periods
        return (self.settings.evaluation_periods + extra) * period

    @cached_property
    def cutoff(self) -> float:
        """How long before an evaluation the newest period has ended, in seconds."""
        if self._long:
            return 0.0
        expression = isinstance(self.settings.source, QuerySet)
        return self.assumptions.expression_cutoff if expression else self.assumptions.metric_cutoff

    @cached_property
    def repeat(self) -> float:
        """Seconds between signals while a state lasts."""
        return self.assumptions.repeat_high_resolution if self._high_resolution else self.assumptions.repeat_standard

    @property
    def _high_resolution(self) -> bool:
        return self.settings.period < MINUTE

    @property
    def _long(self) -> bool:
        """Whether its evaluation periods are more than a day."""
        return self.settings.period * self.settings.evaluation_periods > DAY

    def next_evaluation(self, after: float) -> float:
        """The first evaluation later than `after`, such as the creation or an evaluation (epoch seconds)."""
        number = math.floor((after - self.phase) / self.interval + _SAME_MOMENT) + 1
        return number * self.interval + self.phase

    def end(self, at: float) -> int:
        """Where the newest period ends that an evaluation at `at` looks at (epoch seconds)."""
        return int((at - self.cutoff) // self.slide) * self.slide

    def window(self, at: float) -> Window:
        """The periods that an evaluation at `at` looks at."""
        end = self.end(at)
        return Window(end - self.length, end, self.settings.period)

    def points(self, window: Window, read: Reader, math: MetricMathAssumptions = DEFAULT.math) -> Mapping[int, float]:
        """The data points to evaluate: the metric's own, or the result of the queries over the whole window.

        `math` is what to assume of metric math.
        """
        source = self.settings.source
        if isinstance(source, MetricStat):
            return read(source, window)
        metrics: dict[str, Points] = {}
        for name, metric in source.metrics.items():
            points = read(metric, window)
            metrics[name] = {time: points[time] for time in window.times if time in points}
        return source.points(metrics, window, math)

    def evaluate(self, status: AlarmStatus, at: float, points: Mapping[int, float]) -> Evaluation:
        """One evaluation at `at`, on the data points that can be read then (see `decide`)."""
        window = self.window(at)
        state = decide(self.settings, window, points)
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
        return at - status.signalled >= self.repeat - self.interval / 2


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
