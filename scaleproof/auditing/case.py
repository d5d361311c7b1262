"""A record of one scalable target: what its alarms saw, and what they, its policies and its schedules did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from scaleproof.scaling.alarms import AlarmSettings, State
from scaleproof.scaling.autoscaling import NotScaled, Status
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
class Transition:
    """A new state of an alarm. `time`: of the evaluation behind it, where the record has it."""

    time: float
    alarm: str
    before: State
    after: State


@dataclass(frozen=True)
class Scaling:
    """A scaling activity that set an instance count, or tried to.

    `end` is None while it is in progress. `alarm` caused it, None for bounds and schedules. `refused`: the
    endpoint was being updated.
    """

    time: float
    desired: int
    end: float | None = None
    status: Status = Status.SUCCESSFUL
    alarm: str | None = None
    refused: bool = False


@dataclass(frozen=True)
class Unscaled:
    """An activity that says why an alarm scaled nothing."""

    time: float
    alarm: str
    reason: NotScaled


@dataclass(frozen=True)
class Bounds:
    """New bounds (instances) by a scheduled action; None where it left one as it was."""

    time: float
    min: int | None
    max: int | None


@dataclass(frozen=True)
class Case:
    """One target from `start` to `end` (epoch seconds); events before `judged` are not compared.

    `target` as it was at the start; each of its policies names its alarms, which are those of `alarms`.
    `dimensions`: of the predefined metrics. `count`: instances at the start. `data`: by metric and start of
    the period, with the `pieces` of each metric that an alarm watches. `suspensions`: by time. `moved`: the
    bounds that somebody set by hand, which are given and not compared. `notes`: what the record leaves open,
    for people.
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
    scalings: tuple[Scaling, ...] = ()
    unscaled: tuple[Unscaled, ...] = ()
    bounds: tuple[Bounds, ...] = ()
    suspensions: tuple[tuple[float, Suspended], ...] = ()
    moved: tuple[Bounds, ...] = ()
    notes: tuple[str, ...] = ()
