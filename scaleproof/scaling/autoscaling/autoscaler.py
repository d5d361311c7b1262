"""Application Auto Scaling of one scalable target, as a state machine without a clock.

[overview] https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html
[suspend] https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-suspend-resume-scaling.html
[register] https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.alarms import Signal, State, admissible
from scaleproof.scaling.assumptions import DEFAULT, AlarmAssumptions, AutoscalingAssumptions
from scaleproof.scaling.autoscaling.activities import (
    ANY_VALUE,
    NEVER_IDLE,
    NOTHING,
    Activity,
    Capacity,
    Code,
    Decision,
    Idle,
    Journal,
    NotScaled,
    Status,
)
from scaleproof.scaling.autoscaling.rules import Cooldowns, Credit, Key, PolicyRule, rules
from scaleproof.scaling.endpoint import ScalableTarget
from scaleproof.scaling.schedules import Timetable
from scaleproof.scaling.target_tracking import steady


@dataclass(frozen=True)
class _Change:
    """A change of the count that is under way; `rule` is None for bounds, which know no cooldowns."""

    activity: Activity
    rule: PolicyRule | None
    out: bool
    enlarged: Credit | None = None


class Autoscaler:
    """One scalable target. Times are epoch seconds and never go back.

    Attributes: `min`, `max` (the bounds as they are now), `suspended`, `rules` (what policies do, by alarm),
    `alarms` (settings by name: those that target tracking makes and those that invoke step policies; whoever
    drives this evaluates them).
    """

    def __init__(
        self,
        target: ScalableTarget,
        dimensions: Mapping[str, str],
        *,
        now: float,
        assumptions: AutoscalingAssumptions = DEFAULT.autoscaling,
        alarm_assumptions: AlarmAssumptions = DEFAULT.alarms,
    ) -> None:
        """A target registered at `now`. `dimensions` are those of the variant's predefined metrics.

        Raises ScaleproofError for a policy or schedule that AWS refuses.
        """
        self.min, self.max = target.min, target.max
        self._dimensions = dimensions
        self._assumptions = assumptions
        self._alarm_assumptions = alarm_assumptions
        self._states: dict[str, State] = {}
        self._values: dict[str, list[float]] = {}
        self._cooldowns = Cooldowns()
        self._journal = Journal()
        self._changes: dict[int, _Change] = {}
        self._retry: float | None = None
        self._timetable = Timetable((), now, assumptions)
        self.configure(target, now)

    def configure(self, target: ScalableTarget, now: float) -> None:
        """Other policies, schedules and suspension from `now` on; bounds (see `bound`) and cooldowns stay.

        Raises ScaleproofError as when the target is made, and then changes nothing.
        """
        rules_by_alarm: dict[str, PolicyRule] = {}
        for policy in target.policies:
            for rule in rules(policy, self._dimensions, self._assumptions):
                other = rules_by_alarm.setdefault(rule.alarm, rule)
                if other is not rule:
                    raise ScaleproofError(
                        f"The alarm {rule.alarm} invokes the policies {other.policy} and {rule.policy} of "
                        "one target, which is not modelled.",
                        advice="Use a different alarm for each policy.",
                    )
        self._timetable = Timetable(target.schedules, now, self._assumptions, self._timetable)
        self.rules = rules_by_alarm
        # What repeats tell of one policy's metric may count in what another one does, but what those for a
        # scale-in tell, only in another scale-in.
        single_policy = len({rule.policy for rule in rules_by_alarm.values()}) == 1
        inward = [rule for rule in rules_by_alarm.values() if rule.inward or not rule.tracks]
        self._alone = {name for name, rule in rules_by_alarm.items() if single_policy or inward == [rule]}
        self.alarms = {name: rule.settings for name, rule in rules_by_alarm.items()}
        self.suspended = target.suspended

    def next_event(self) -> float | None:
        """When `due` has to be called next, None if never (epoch seconds)."""
        times = [self._timetable.next, self._retry]
        limit = self._assumptions.unfulfilled_after
        if limit is not None:
            times += [change.activity.start + limit for change in self._changes.values()]
        return min([time for time in times if time is not None], default=None)

    def due(self, now: float, capacity: Capacity) -> list[Decision]:
        """What is due until `now`: scheduled actions in their order, and bounds that were refused.

        A scheduled action gives one decision for the bounds; one for the count follows if that lies outside.
        Those that come due while scheduled scaling is suspended are lost [suspend].
        """
        decisions = self._unfulfilled(now)
        moved = self._retry is not None and self._retry <= now
        for action in self._timetable.due(now, self.suspended.scheduled):
            low = self.min if action.min is None else action.min
            high = self.max if action.max is None else action.max
            decisions.append(Decision(None, self._journal.bounds(low, high, action.name, now)))
            if low <= high:
                self.min, self.max, moved = low, high, True
        return decisions + (self._inside(now, capacity) if moved else [])

    def bound(self, low: int | None, high: int | None, now: float, capacity: Capacity) -> list[Decision]:
        """New bounds: the count is brought inside at once [register]. None leaves a bound as it is."""
        self.min = self.min if low is None else low
        self.max = self.max if high is None else high
        return self._inside(now, capacity)

    def changed(self, alarm: str, state: State) -> None:
        """An alarm changed its state (Evaluation.changed), to whichever: policies wait for each other.

        Raises KeyError for an alarm that is none of `alarms`.
        """
        self._states[self.rules[alarm].alarm] = state
        if state is not State.ALARM:
            self._values.pop(alarm, None)

    def signalled(self, alarm: str, signal: Signal, now: float, capacity: Capacity) -> Decision:
        """An alarm's action arrives, or its repeat (Evaluation.signal, at alarms.arrives(signal)).

        Any policy that is ready makes for a scale-out; for a scale-in all target tracking policies that scale
        in must be ready, but not for that of a step policy. The policy that wants most wins [overview].
        Raises KeyError for an alarm that is none of `alarms`.
        """
        rule = self.rules[alarm]
        self._states[alarm] = signal.state
        self._values[alarm] = [value for value in signal.points if value is not None]
        if not admissible(signal, now, self._alarm_assumptions):
            return NOTHING
        if rule.tracks and signal.state is not State.ALARM:
            return NOTHING
        proposed = rule.proposed(capacity.running, self._values[alarm])
        if proposed is None:
            return NOTHING
        if proposed > capacity.running:
            return self._scale_out(rule, proposed, now, capacity)
        if proposed < capacity.running or rule.inward:
            return self._scale_in(rule, proposed, now, capacity)
        return self._not_scaled(Code.AT_DESIRED, rule, now, capacity)

    def idle(self, alarm: str, now: float, capacity: Capacity, values: Sequence[float]) -> Idle:
        """Until when repeats of an alarm's action, of such values, are for nothing unless something happens.

        That is while target tracking wants no more than is on its way or has just been added, while a
        scale-in cools down, and for ever once the reason for doing nothing is recorded. What may happen is a
        change of the count, of the instances that run, of another alarm's state, and a record. Raises
        KeyError for an alarm that is none of `alarms`.
        """
        rule, running, desired = self.rules[alarm], capacity.running, capacity.desired
        reason = self._journal.reason
        if rule.inward and desired <= self.min and reason == NotScaled(Code.AT_MIN, min=self.min):
            return Idle(math.inf, ANY_VALUE)
        if rule.target is None or not running:
            return NEVER_IDLE
        alone, proposed = alarm in self._alone, rule.proposed(running, values)
        if rule.inward:
            if not alone:
                return NEVER_IDLE
            if proposed == running >= desired and reason == NotScaled(Code.FLAPPING, current=desired):
                return Idle(math.inf)
            return Idle(self._cooldowns.cooled_in(self._key(rule)), ANY_VALUE)
        if proposed is None or proposed <= running:
            return NEVER_IDLE
        credit = self._cooldowns.live(self._key(rule), now)
        # Whether what another policy does is the same for any value by which more are wanted than there are.
        same = alone or (running == desired and credit is None)
        if same and desired >= self.max and reason == NotScaled(Code.AT_MAX, max=self.max):
            return Idle(math.inf, steady(running, math.inf, rule.target))
        if not alone:
            return NEVER_IDLE
        added, until = (credit.added(running), credit.until) if credit else (0, math.inf)
        most = desired + added
        return Idle(until, steady(running, most, rule.target)) if proposed <= most else NEVER_IDLE

    def ended(self, activity: int, now: float, status: Status, reason: str = "") -> Activity | None:
        """The count that a decision asked for was reached, or not (`reason`); cooldowns run from here.

        Successful: all instances are in service. Overridden: somebody else changed the count. Returns the
        activity as it is now, None for one that is not in progress.
        """
        change = self._changes.pop(activity, None)
        if change is None:
            return None
        if change.rule is not None:
            key = self._key(change.rule)
            if status is Status.SUCCESSFUL:
                cooldown = change.rule.out_cooldown if change.out else change.rule.in_cooldown
                self._cooldowns.completed(key, change.out, now + cooldown)
            else:
                self._cooldowns.failed(key, change.out, change.enlarged)
        return self._journal.ended(change.activity, now, status, reason)

    def _key(self, rule: PolicyRule) -> Key:
        return rule.policy if self._assumptions.cooldown_scope == "policy" else None

    def _ready(self, acting: PolicyRule, own: int, running: int, now: float) -> list[tuple[int, PolicyRule]]:
        """What all policies want whose alarm acts or is in ALARM, less what they have added already."""
        candidates = []
        for name, rule in self.rules.items():
            values = self._values.get(name) if self._states.get(name) is State.ALARM else None
            proposed = own if rule is acting else rule.proposed(running, values) if values else None
            if proposed is not None:
                added = self._cooldowns.credit(self._key(rule), running, now) if proposed > running else 0
                candidates.append((proposed - added, rule))
        return candidates

    def _scale_out(self, rule: PolicyRule, own: int, now: float, capacity: Capacity) -> Decision:
        if self.suspended.scale_out:
            return NOTHING
        ready = self._ready(rule, own, capacity.running, now)
        # Of equals the one whose alarm acts now.
        proposed, winner = max(ready, key=lambda candidate: (candidate[0], candidate[1] is rule))
        desired = min(proposed, self.max)
        if desired > capacity.desired:
            return self._change(desired, now, capacity, winner)
        if proposed > capacity.desired:
            return self._not_scaled(Code.AT_MAX, rule, now, capacity)
        # What is wanted is on its way or has just been added. A step policy records that, target tracking was
        # seen not to (tests/vectors/audit_sched_step10.json and audit_track60.json).
        return NOTHING if rule.tracks else self._not_scaled(Code.AT_DESIRED, rule, now, capacity)

    def _scale_in(self, rule: PolicyRule, own: int, now: float, capacity: Capacity) -> Decision:
        inward = [name for name, other in self.rules.items() if other.inward]
        agreed = not rule.tracks or all(self._states.get(name) is State.ALARM for name in inward)
        if self.suspended.scale_in or not agreed or self._cooldowns.cooling_in(self._key(rule), now):
            return NOTHING
        if capacity.desired <= self.min:
            return self._not_scaled(Code.AT_MIN, rule, now, capacity)
        proposed = max(proposed for proposed, _ in self._ready(rule, own, capacity.running, now))
        desired = max(proposed, self.min)
        if desired < capacity.desired:
            return self._change(desired, now, capacity, rule)
        if proposed > own:
            return NOTHING
        if not rule.tracks:
            return self._not_scaled(Code.AT_DESIRED, rule, now, capacity)
        # One instance fewer would bring the metric above the target again.
        return self._not_scaled(Code.FLAPPING, rule, now, capacity) if own == capacity.running else NOTHING

    def _inside(self, now: float, capacity: Capacity) -> list[Decision]:
        """The decision that brings the count between the bounds, if it lies outside."""
        self._retry = None
        desired = min(max(capacity.desired, self.min), self.max)
        return [] if desired == capacity.desired else [self._change(desired, now, capacity)]

    def _change(self, desired: int, now: float, capacity: Capacity, rule: PolicyRule | None = None) -> Decision:
        out, updating = desired > capacity.desired, capacity.updating
        activity = self._journal.scaling(capacity.desired, desired, now, rule, refused=updating)
        if updating:
            if rule is None:
                self._retry = now + self._assumptions.refused_retry
            return Decision(None, activity)
        enlarged = None
        if rule and out:
            enlarged = self._cooldowns.scaled_out(self._key(rule), capacity.desired, now)
        elif rule:
            self._cooldowns.scaled_in(self._key(rule))
        self._changes[activity.id] = _Change(activity, rule, out, enlarged)
        return Decision(desired, activity)

    def _not_scaled(self, code: Code, rule: PolicyRule, now: float, capacity: Capacity) -> Decision:
        reason = NotScaled(
            code,
            max=self.max if code is Code.AT_MAX else None,
            min=self.min if code is Code.AT_MIN else None,
            current=capacity.desired if code in (Code.AT_DESIRED, Code.FLAPPING) else None,
        )
        return Decision(None, self._journal.not_scaled(reason, rule, now))

    def _unfulfilled(self, now: float) -> list[Decision]:
        limit = self._assumptions.unfulfilled_after
        if limit is None:
            return []
        late = [number for number, change in self._changes.items() if change.activity.start + limit <= now]
        return [Decision(None, self.ended(number, now, Status.UNFULFILLED)) for number in late]
