"""The verdict on a simulation: did the policies do their job, and what held them back?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from scaleproof.simulation import Cause, Result
from scaleproof.studies.wording import DAY, count, duration, per_day, share

# Our own thresholds, not AWS's: overload as a share of the time, lost work as a share of the requests.
HOLDS_OVERLOAD, HOLDS_LOST = 0.001, 0.0001
STRAINED_OVERLOAD, STRAINED_LOST = 0.01, 0.001
LONG_WAIT = 1_800.0
"""Seconds. What has waited for less at the end may be on its way: an alarm, then an instance that starts."""
FLAPPING = 24
"""More changes of direction than this, in total and per day, are flapping."""


class Level(StrEnum):
    """How a policy did: it holds, it is strained, or it fails."""

    HOLDS = "holds"
    STRAINED = "strained"
    FAILS = "fails"

    @property
    def words(self) -> str:
        """What an endpoint does: it holds, is strained or fails."""
        return "is strained" if self is Level.STRAINED else self.value

    @property
    def rank(self) -> int:
        """0 for the best; a worse one has more."""
        return list(Level).index(self)


@dataclass(frozen=True)
class Overload:
    """The seconds with a demand above the capacity, by what the fleet did meanwhile.

    `at_max`: the maximum allowed no more; `starting`: instances were starting; `short`: instances were not
    available; `unasked`: policies asked for no more, because alarms had not gone off yet or because the
    signal does not see the load. `unasked_longest` is the longest such stretch, an estimate.
    """

    at_max: float = 0.0
    starting: float = 0.0
    short: float = 0.0
    unasked: float = 0.0
    unasked_longest: float = 0.0

    @property
    def total(self) -> float:
        """The sum."""
        return self.at_max + self.starting + self.short + self.unasked


@dataclass(frozen=True)
class Verdict:
    """The level, one sentence, and findings, the most important first.

    `cut_per_day`: requests that scale-in cut off, per day.
    """

    level: Level
    sentence: str
    findings: tuple[str, ...]
    overload: Overload
    cut_per_day: float = 0.0


def verdict(result: Result) -> Verdict:
    """The verdict on a result. An asynchronous endpoint may queue: lost requests count against it, and a
    queue that it does not work off."""
    overload = breakdown(result)
    findings = tuple(_findings(result, overload))
    return Verdict(_level(result), _sentence(result), findings, overload, cut_per_day(result))


def losses(result: Result) -> dict[str, int]:
    """Requests that were not served, by what became of them, in the words of people.

    What a real-time endpoint cuts off is the price of every scale-in, not a want of capacity: `cut_per_day`.
    """
    totals = result.totals
    found = {"refused": totals.refused, "expired": totals.expired}
    if result.kind == "async":
        found |= {"cut off": totals.cut, "left in the queue": stuck(result)}
    return found


def lost(result: Result) -> int:
    """Requests that were not served."""
    return sum(losses(result).values())


def left_over(result: Result) -> int:
    """Requests that wait in a queue at the end, if the oldest has waited for longer than LONG_WAIT or half of
    the time."""
    totals = result.totals
    late = totals.oldest_waiting > min(LONG_WAIT, result.duration / 2)
    return totals.still_waiting if result.kind == "async" and late else 0


def stuck(result: Result) -> int:
    """What is left over, if the queue is no shorter than half of the oldest wait ago: since then no more were
    started than came, so nothing says that the endpoint ever gets to the end of it."""
    line, left = result.timeline, left_over(result)
    if not left:
        return 0
    then = int((result.duration - result.totals.oldest_waiting / 2) / line.step)
    return left if left >= line.waiting[then] else 0


def cut_per_day(result: Result) -> float:
    """Requests that were still open when their instance was taken away, per day."""
    return result.totals.cut / (result.duration / DAY)


def changes_per_day(result: Result) -> float:
    """Changes of the number of instances, per day."""
    return (result.totals.scale_outs + result.totals.scale_ins) / (result.duration / DAY)


def flapping(result: Result) -> float:
    """Changes between scaling out and scaling in, per day, if that is flapping; else 0."""
    reversals = result.totals.elasticity.reversals
    often = reversals / (result.duration / DAY)
    return often if reversals >= FLAPPING and often > FLAPPING else 0.0


def overload_share(result: Result) -> float:
    """The share of the time with a demand above the capacity."""
    return result.totals.overload_seconds / result.duration


def breakdown(result: Result) -> Overload:
    """The overload by cause. The longest stretch without a cause is an estimate, from the rows of the
    timeline: a row counts as overloaded if any moment in it was.
    """
    line = result.timeline
    parts = {cause.value: seconds for cause, seconds in result.totals.overload.items()}
    longest = current = seen = 0.0
    for row in range(len(line)):
        if line.demand[row] <= line.capacity[row]:
            current = 0.0
            continue
        cause = Cause.of(
            desired=line.desired[row],
            present=sum(column[row] for column in line.in_service.values()),
            starting=line.starting[row],
            maximum=line.maximum[row],
        )
        current = current + line.step if cause is Cause.UNASKED else 0.0
        longest = max(longest, current)
        seen += line.step
    scale = result.totals.overload_seconds / seen if seen else 0.0
    return Overload(**parts, unasked_longest=min(longest * scale, parts[Cause.UNASKED]))


def shortfall(result: Result) -> float:
    """How far the worst measure of a result is over what `holds` allows, as a factor: 1 or less holds."""
    share_lost, share_left, over = _shares(result)
    return max(over / HOLDS_OVERLOAD, share_lost / HOLDS_LOST, share_left / HOLDS_LOST)


def _shares(result: Result) -> tuple[float, float, float]:
    """Of the requests, what is lost and what is left over; of the time, the overload that counts."""
    number = max(result.totals.arrivals, 1)
    over = 0.0 if result.kind == "async" else overload_share(result)
    return lost(result) / number, left_over(result) / number, over


def _level(result: Result) -> Level:
    share_lost, share_left, over = _shares(result)
    if over <= HOLDS_OVERLOAD and max(share_lost, share_left) <= HOLDS_LOST:
        return Level.HOLDS
    if over <= STRAINED_OVERLOAD and share_lost <= STRAINED_LOST:
        return Level.STRAINED
    return Level.FAILS


def _sentence(result: Result) -> str:
    totals = result.totals
    if not totals.arrivals:
        return "Nothing arrived."
    gone = lost(result)
    answered = f"{share(totals.served / totals.arrivals)} of {count(totals.arrivals, 'request')} served"
    if gone:
        answered += f", {gone:,} lost"
    if result.kind != "async" and totals.cut:
        answered += f", {totals.cut:,} cut off by scale-in"
    if result.kind == "async":
        waited = totals.waiting
        most = f"95 % waited for up to {duration(waited.p95)}, all for up to {duration(waited.max)}"
        return f"{answered}; {most}."
    if not totals.overload_seconds:
        return f"{answered}; the demand was never above the capacity."
    return (
        f"{answered}; the demand was above the capacity for {duration(totals.overload_seconds)} "
        f"({share(overload_share(result))} of the time)."
    )


def _findings(result: Result, overload: Overload) -> Iterator[str]:
    totals, line = result.totals, result.timeline
    if result.kind != "async" and totals.overload_seconds:
        causes = [
            (overload.unasked, "before policies asked for more"),
            (overload.starting, "while instances were starting"),
            (overload.short, "while instances were not available"),
            (overload.at_max, f"at the maximum of {max(line.maximum, default=0)} instances"),
        ]
        told = [f"{duration(seconds)} {what}" for seconds, what in causes if seconds >= 1]
        if told:
            yield f"Of the overload, {', '.join(told)}."
    if overload.unasked_longest >= 900:
        yield (
            f"It was overloaded for about {duration(overload.unasked_longest)} without a break, and no "
            "policy asked for more: the signal does not see this load."
        )
    if totals.expired:
        yield f"{count(totals.expired, 'request')} expired in the queue."
    if totals.cut:
        yield f"Scale-in cut off {count(totals.cut, 'request')}, {per_day(cut_per_day(result))} a day."
    if left := left_over(result):
        oldest = duration(totals.oldest_waiting)
        queue = f"{count(left, 'request')} waited at the end, the oldest for {oldest}"
        if stuck(result):
            yield f"{queue}, and the queue was not getting shorter: the endpoint does not keep up."
        else:
            yield f"{queue}; the queue was getting shorter. Simulate for longer to see whether it empties."
    elif totals.unfinished:
        were = "was" if totals.unfinished == 1 else "were"
        yield f"{count(totals.unfinished, 'request')} {were} still in flight or waiting at the end."
    if result.kind == "async":
        empty = sum(1 for row in range(len(line)) if line.desired[row] == 0) / max(len(line), 1)
        if empty:
            yield f"It was at zero instances for {share(empty)} of the time."
    elif not totals.scale_outs and totals.overload_seconds:
        yield "It never scaled out."
    if often := flapping(result):
        yield f"It changed direction {often:.0f} times a day: it flaps."
