"""Application Auto Scaling of one scalable target, as a state machine without a clock."""

from __future__ import annotations

from collections.abc import Mapping

from scaleproof.scaling.alarms import DEFAULT as ALARM_DEFAULT
from scaleproof.scaling.alarms import AlarmSettings, Signal, State
from scaleproof.scaling.alarms import Assumptions as AlarmAssumptions
from scaleproof.scaling.autoscaling.activity import Activity, Capacity, Decision, Status
from scaleproof.scaling.autoscaling.assumptions import DEFAULT, Assumptions
from scaleproof.scaling.endpoint import ScalableTarget, Suspended


class Autoscaler:
    """One scalable target. Times are epoch seconds and never go back.

    Attributes: `min`, `max` (the bounds as they are now), `suspended`, `alarms` (settings by name: those that
    target tracking makes and those that invoke step policies; whoever drives this evaluates them).
    """

    min: int
    max: int
    suspended: Suspended
    alarms: Mapping[str, AlarmSettings]

    def __init__(
        self,
        target: ScalableTarget,
        dimensions: Mapping[str, str],
        *,
        now: float,
        assumptions: Assumptions = DEFAULT,
        alarm_assumptions: AlarmAssumptions = ALARM_DEFAULT,
    ) -> None:
        """A target registered at `now`. `dimensions` are those of the variant's predefined metrics.

        Raises ScaleproofError for a policy or schedule that AWS refuses.
        """
        raise NotImplementedError

    def configure(self, target: ScalableTarget, now: float) -> None:
        """Other policies, schedules and suspension from `now` on; bounds (see `bound`) and cooldowns stay."""
        raise NotImplementedError

    def next_event(self) -> float | None:
        """When `due` has to be called next, None if never (epoch seconds)."""
        raise NotImplementedError

    def due(self, now: float, capacity: Capacity) -> list[Decision]:
        """What is due until `now`: scheduled actions in their order, and bounds that were refused.

        A scheduled action gives one decision for the bounds; one for the count follows if that lies outside.
        """
        raise NotImplementedError

    def bound(self, low: int | None, high: int | None, now: float, capacity: Capacity) -> list[Decision]:
        """New bounds, as RegisterScalableTarget sets them: the count is brought inside at once."""
        raise NotImplementedError

    def changed(self, alarm: str, state: State) -> None:
        """An alarm changed its state (Evaluation.changed), to whichever: policies wait for each other."""
        raise NotImplementedError

    def signalled(self, alarm: str, signal: Signal, now: float, capacity: Capacity) -> Decision:
        """An alarm's action arrives, or its repeat (Evaluation.signal, at alarms.arrives(signal))."""
        raise NotImplementedError

    def ended(self, activity: int, now: float, status: Status, message: str = "") -> Activity:
        """The count that a decision asked for was reached, or not; cooldowns run from here.

        Successful: all instances are in service. Overridden: somebody else changed the count. Returns the
        activity as it is now. Raises KeyError for one that is not in progress.
        """
        raise NotImplementedError
