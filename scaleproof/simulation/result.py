"""The result of a simulation; times are seconds from its start unless a name says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from scaleproof.scaling.alarms import Transition
from scaleproof.scaling.autoscaling import Activity
from scaleproof.simulation.behaviour import Shortage


@dataclass(frozen=True)
class Timeline:
    """Columns of equal length, one row per `step` seconds; at most a few thousand rows for any duration.

    A row covers [time, time + step). Instances and bounds are those at its end. `demand`, `in_flight` and
    `waiting` are the highest in it, each on its own, `capacity` is the lowest, `refused` the count. A signal
    is the last value that a policy's alarms could read, None if there was none.
    """

    step: float
    time: tuple[float, ...]
    desired: tuple[int, ...]
    in_service: Mapping[str, tuple[int, ...]]
    """Instances that take requests, by type; every type is a key."""
    starting: tuple[int, ...]
    draining: tuple[int, ...]
    """Instances that take no more requests and still finish some."""
    demand: tuple[int, ...]
    """Requests that need a slot: in flight, waiting, and refused ones until they would have ended."""
    in_flight: tuple[int, ...]
    waiting: tuple[int, ...]
    capacity: tuple[float, ...]
    """Requests that the instances in service sustain, plus those on draining instances."""
    refused: tuple[int, ...]
    minimum: tuple[int, ...]
    maximum: tuple[int, ...]
    signals: Mapping[str, tuple[float | None, ...]]
    """By policy."""

    @classmethod
    def empty(cls) -> Self:
        """A timeline without rows."""
        return cls(0.0, (), (), {}, (), (), (), (), (), (), (), (), (), {})

    def __len__(self) -> int:
        return len(self.time)


class Cause(StrEnum):
    """What the fleet does while the demand is above the capacity."""

    AT_MAX = "at_max"
    """The maximum allows no more."""
    STARTING = "starting"
    """Instances are starting."""
    SHORT = "short"
    """Instances are not available."""
    UNASKED = "unasked"
    """Policies ask for no more: alarms have not gone off yet, or the signal does not see the load."""

    @classmethod
    def from_counts(cls, *, desired: int, present: int, starting: int, maximum: int) -> Cause:
        """The cause that follows from counts of instances."""
        if present + starting < desired:
            return cls.SHORT
        if starting:
            return cls.STARTING
        return cls.AT_MAX if desired >= maximum else cls.UNASKED


@dataclass(frozen=True)
class ScalingActivity:
    """A scaling activity of Application Auto Scaling. `end` is None while it is in progress.

    `status` is one of Pending, InProgress, Successful, Overridden, Unfulfilled and Failed. `before` and
    `desired`: the change of the count, None if there was none. `policy` and `alarm`: the cause, None for
    bounds and schedules. `not_scaled`: codes of the reasons for doing nothing, such as AlreadyAtMaxCapacity.
    """

    time: float
    end: float | None
    status: str
    description: str
    cause: str
    message: str
    before: int | None
    desired: int | None
    policy: str | None
    alarm: str | None
    not_scaled: tuple[str, ...]

    @classmethod
    def from_activity(cls, activity: Activity, start: float) -> Self:
        """The activity with times from `start` (epoch seconds)."""
        return cls(
            time=activity.start - start,
            end=None if activity.end is None else activity.end - start,
            status=activity.status.value,
            description=activity.description,
            cause=activity.cause,
            message=activity.message,
            before=activity.before,
            desired=activity.desired,
            policy=activity.policy,
            alarm=activity.alarm,
            not_scaled=tuple(str(reason.code) for reason in activity.not_scaled),
        )


@dataclass(frozen=True)
class Waiting:
    """Seconds between arrival and start, of all requests that were not refused at once.

    Who did not start has waited until it gave up, expired or was cut off, or until the end. Percentiles are
    within 1 % of the exact ones, because waits are counted in classes.
    """

    mean: float = 0.0
    p50: float = 0.0
    p95: float = 0.0
    p99: float = 0.0
    max: float = 0.0


@dataclass(frozen=True)
class Elasticity:
    """How well supply s followed demand d, both in requests at a time, over a time T.

    `under_percent` is 100/T * sum(max(d - s, 0) / d * dt) and `over_percent` the same of s - d, over the time
    with a demand. `under_time` and `over_time` are the shares of T with d > s and with s
    > d, in percent. `reversals` counts the changes between scaling out and scaling in. Source: theta_U,
    theta_O, T_U and T_O of https://link.springer.com/article/10.1007/s00521-019-04507-z, after the SPEC
    Research Group's metrics of elasticity.
    """

    under_percent: float
    over_percent: float
    under_time: float
    over_time: float
    reversals: int


@dataclass(frozen=True)
class Tally:
    """What there is so far, in the middle of a simulation, of that which only grows."""

    lost: int
    """Refused or expired."""
    cut: int
    overload_seconds: float
    instance_seconds: Mapping[str, float]


@dataclass(frozen=True)
class Totals:
    """Totals. Each arrival is served, refused, expired, cut or unfinished."""

    arrivals: int
    served: int
    refused: int
    """Refused at once, or given up by the caller."""
    expired: int
    """Too old in the queue of an asynchronous endpoint."""
    cut: int
    """Ended with their instance."""
    unfinished: int
    """In flight or waiting at the end."""
    still_waiting: int
    """Waiting when the traffic ended."""
    oldest_waiting: float
    """Seconds that the oldest of these had waited then, 0 without any."""
    waiting: Waiting
    overload_seconds: float
    """Time with a demand above the capacity, or above the share of it that the assumption `objective` is."""
    overload: Mapping[Cause, float]
    """Seconds of overload by cause; every cause is a key."""
    instance_seconds: Mapping[str, float]
    """By type, from in service to gone; every type is a key."""
    demand_seconds: float
    """Demand integrated over time: requests x seconds."""
    peak_demand: int
    peak_instances: int
    scale_outs: int
    scale_ins: int
    elasticity: Elasticity


@dataclass(frozen=True)
class Result:
    """The whole result. Times are seconds from its start."""

    endpoint: str
    kind: str
    traffic: str
    work: str
    start: datetime
    duration: float
    traffic_duration: float
    """Of these seconds, those of the traffic. In the others an asynchronous endpoint works off its queue."""
    seed: int
    group_size: float
    """How many requests were simulated as one, on average; 1 where each was simulated by itself."""
    targets: Mapping[str, float | None]
    """By policy: its target, or the threshold of a step policy's alarm."""
    timeline: Timeline
    transitions: tuple[Transition, ...]
    activities: tuple[ScalingActivity, ...]
    totals: Totals
    shortages: tuple[Shortage, ...] = ()
    """When types were out of stock."""

    @property
    def bare(self) -> Result:
        """This result without timeline, transitions and activities."""
        return replace(self, timeline=Timeline.empty(), transitions=(), activities=())

    @property
    def notes(self) -> tuple[str, ...]:
        """How the simulation was shortened: sentences, none for most."""
        if self.group_size == 1:
            return ()
        return (
            f"The traffic is dense: requests were simulated in groups of {self.group_size:.0f} on average, "
            "which changes what is served by at most 1 %; where instances are full, waits come out up to "
            "60 % and demand up to 15 % higher.",
        )
