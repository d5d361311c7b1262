"""Overload during which no policy scaled out: the longest stretch of it, and why."""

from __future__ import annotations

from itertools import groupby

from scaleproof.scaling.alarms import State
from scaleproof.scaling.assumptions import DEFAULT
from scaleproof.scaling.autoscaling.rules import PolicyRule, rules
from scaleproof.scaling.endpoint import ScalableTarget
from scaleproof.simulation import Cause, Result, Timeline
from scaleproof.studies.wording import duration


def causes(line: Timeline) -> list[Cause | None]:
    """The cause of the overload in each row, None where there was none. A row is overloaded if any moment in it was."""
    return [
        Cause.from_counts(
            desired=line.desired[row],
            present=sum(column[row] for column in line.in_service.values()),
            starting=line.starting[row],
            maximum=line.maximum[row],
        )
        if line.demand[row] > line.capacity[row]
        else None
        for row in range(len(line))
    ]


def longest_unasked(line: Timeline) -> range:
    """The rows of the longest stretch of overload in which policies asked for no more, empty without."""
    by_row = causes(line)
    stretches = [list(rows) for _, rows in groupby(range(len(by_row)), key=by_row.__getitem__)]
    unasked = [range(rows[0], rows[-1] + 1) for rows in stretches if by_row[rows[0]] is Cause.UNASKED]
    return max(unasked, key=len, default=range(0))


def why_unasked(result: Result, target: ScalableTarget | None) -> str:
    """Why no policy scaled out in the longest such stretch; a clause. `target`: what scaled the endpoint."""
    if target is None or not target.policies:
        return "it has none"
    if target.suspended.scale_out:
        return "scaling out is suspended"
    rows, step = longest_unasked(result.timeline), result.timeline.step
    begin, end = rows.start * step, rows.stop * step
    high = [
        rule
        for policy in target.policies
        for rule in rules(policy, {}, DEFAULT.autoscaling)
        if rule.settings.comparison.startswith("Greater") and _in_alarm(result, rule.alarm, begin, end)
    ]
    if not high:
        return "their metrics do not show this load"
    if cooldowns := [rule.out_cooldown for rule in high if _cools_down(result, rule, begin, end)]:
        return f"it had scaled out before, and the scale-out cooldown is {duration(max(cooldowns))}"
    return "their alarms went off, but asked for no more instances"


def _in_alarm(result: Result, alarm: str, begin: float, end: float) -> bool:
    """Whether an alarm was in ALARM at any time from `begin` to `end`."""
    breached = False
    for transition in result.transitions:
        if transition.alarm == alarm and transition.time < end:
            breached = transition.new is State.ALARM or (breached and transition.time > begin)
    return breached


def _cools_down(result: Result, rule: PolicyRule, begin: float, end: float) -> bool:
    """Whether a scale-out of its policy, before `end`, cooled down at `begin` or later."""
    return any(
        activity.policy == rule.policy
        and (activity.desired or 0) > (activity.before or 0)
        and activity.end is not None
        and activity.time < end
        and activity.end + rule.out_cooldown > begin
        for activity in result.activities
    )
