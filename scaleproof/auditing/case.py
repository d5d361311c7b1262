"""The record of one scalable target: what its alarms saw, and what alarms, policies and schedules did."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.alarms import AlarmSettings, State, Transition
from scaleproof.scaling.autoscaling import Activity
from scaleproof.scaling.endpoint import ScalableTarget, Suspended
from scaleproof.scaling.metrics import MetricStat, Window
from scaleproof.times import MINUTE


@dataclass(frozen=True)
class Watched:
    """An alarm with its state at `since` (epoch seconds), from when on it is evaluated.

    `acting`: the states that invoke its policy.
    """

    settings: AlarmSettings
    since: float
    state: State = State.INSUFFICIENT_DATA
    acting: tuple[State, ...] = (State.ALARM,)


@dataclass(frozen=True)
class Case:
    """One target from `start` to `end` (epoch seconds); events before `judged` are not compared.

    `target` as it was at the start; each of its policies names its alarms, which are those of `alarms`.
    `dimensions`: of the predefined metrics. `count`: instances at the start. `data`: by metric and start of
    the period, with the `pieces` of each metric that an alarm watches. `activities`: oldest first.
    `suspensions`: by time. `moved`: the bounds that somebody set by hand, by time, which are given and not
    compared. `notes`: what the record leaves open, for people.
    """

    name: str
    start: float
    end: float
    target: ScalableTarget
    count: int
    alarms: Mapping[str, Watched]
    data: Mapping[MetricStat, Mapping[int, float]]
    dimensions: Mapping[str, str] = field(default_factory=dict)
    judged: float = 0.0
    transitions: tuple[Transition, ...] = ()
    activities: tuple[Activity, ...] = ()
    suspensions: tuple[tuple[float, Suspended], ...] = ()
    moved: tuple[tuple[float, int | None, int | None], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def changes(self) -> tuple[Activity, ...]:
        """The activities that set the count, or tried to."""
        return tuple(activity for activity in self.activities if activity.desired is not None)


_WHOLE: Mapping[str, tuple[tuple[str, ...], Callable[[Sequence[Sequence[float]]], float]]] = {
    "Maximum": (("Maximum",), lambda parts: max(parts[0])),
    "Minimum": (("Minimum",), lambda parts: min(parts[0])),
    "Sum": (("Sum",), lambda parts: sum(parts[0])),
    "SampleCount": (("SampleCount",), lambda parts: sum(parts[0])),
    "Average": (("Sum", "SampleCount"), lambda parts: sum(parts[0]) / sum(parts[1])),
}
"""The statistics of a minute that those of a longer period are made of, and how.

The periods of an alarm from 60 s on start at any minute.
"""


def pieces(metric: MetricStat) -> tuple[MetricStat, ...]:
    """What is to be recorded of a metric that an alarm watches: itself up to 60 s, else its minutes.

    Raises ScaleproofError for a statistic that minutes do not give.
    """
    if metric.period <= MINUTE:
        return (metric,)
    if metric.statistic not in _WHOLE:
        raise ScaleproofError(
            f"{metric.name}: the {metric.statistic} of {metric.period} s cannot be made of minutes.",
            advice="An audit computes percentiles for periods of up to 60 s.",
        )
    parts, _ = _WHOLE[metric.statistic]
    return tuple(replace(metric, statistic=part, period=MINUTE) for part in parts)


def readable(
    data: Mapping[MetricStat, Mapping[int, float]], metric: MetricStat, window: Window, until: float
) -> dict[int, float]:
    """The data points of a metric within a window whose periods ended by `until` (epoch seconds)."""
    points = {}
    parts = [data.get(piece, {}) for piece in pieces(metric)]
    for time in (start for start in window.times if start + window.period <= until):
        if metric.period <= MINUTE:
            if time in parts[0]:
                points[time] = parts[0][time]
            continue
        minutes = [
            minute for minute in range(time, time + metric.period, MINUTE) if all(minute in part for part in parts)
        ]
        if minutes:
            _, whole = _WHOLE[metric.statistic]
            points[time] = whole([[part[minute] for minute in minutes] for part in parts])
    return points
