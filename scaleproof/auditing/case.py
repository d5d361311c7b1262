"""The record of one scalable target: what its alarms saw, and what alarms, policies and schedules did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from scaleproof.scaling.alarms import AlarmSettings, State, Transition
from scaleproof.scaling.autoscaling import Activity
from scaleproof.scaling.endpoint import ScalableTarget, Suspended
from scaleproof.scaling.metrics import MetricStat


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
