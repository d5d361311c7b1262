"""The verdict on a simulation: whether the policies did their job, and what limited them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from scaleproof.errors import ScaleproofError
from scaleproof.scaling.endpoint import ScalableTarget
from scaleproof.simulation import Cause, Result
from scaleproof.studies.unasked import causes, longest_unasked, why_unasked
from scaleproof.studies.wording import DAY, count, duration, per_day, share
from scaleproof.texts import number as parse_number

# Our own limits, not AWS's: docs/simulation.md has the reason of each.
HOLDS_OVERLOAD, STRAINED_OVERLOAD = 0.001, 0.01
"""Shares of the time."""
HOLDS_LOST, HOLDS_CUT, STRAINED_FAILED = 0.0001, 0.001, 0.01
"""Shares of the requests. One request lost and one cut off always hold."""
LONG_WAIT = 1_800.0
"""Seconds. What has waited for less when the traffic ends may be on its way: an alarm, then an instance that starts."""
FLAPPING = 24
"""More changes of direction than this, in total and per day, are flapping."""


@dataclass(frozen=True)
class CutLimit:
    """The most requests that scale-in may cut off: a share of all, but always one; or `per_day`, exactly."""

    most: float = HOLDS_CUT
    per_day: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """The limit in words: a number a day, a share as in `0.5%`, or `any`. Raises ScaleproofError."""
        share_of_all = text.rstrip().endswith("%")
        most = math.inf if text.strip() == "any" else parse_number(text.strip().removesuffix("%"))
        if not most >= 0:
            raise ScaleproofError(
                f"{text!r} is not a limit for requests that scale-in cuts off.",
                advice="Write a number of requests a day such as 20, a share of all requests such as 0.5%, or any.",
            )
        return cls(most / 100, per_day=False) if share_of_all else cls(most, per_day=True)

    def requests(self, ended: int, days: float) -> float:
        """The most of `ended` requests in so many days."""
        return self.most * days if self.per_day else max(self.most * ended, 1.0)

    @property
    def words(self) -> str:
        """The limit in words, such as "0.1 % of all"."""
        return f"{per_day(self.most)} a day" if self.per_day else f"{share(self.most)} of all"


CUT_LIMIT = CutLimit()
CUT_OFF = "cut off"


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
    available; `unasked`: policies asked for no more, because alarms had not gone off yet, because the signal
    does not see the load, or because of a cooldown or a suspension. `unasked_longest` is the longest such
    stretch, an estimate.
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
    """The level, why in one sentence (`headline`), what became of the requests (`sentence`), and findings,
    the most important first.

    `cut_per_day`: requests that scale-in cut off, per day. `distance`: how far it is from holding, 0 if it
    holds; else by how many times its measures exceed what is allowed, in sum.
    """

    level: Level
    headline: str
    sentence: str
    findings: tuple[str, ...]
    overload: Overload
    cut_per_day: float = 0.0
    distance: float = 0.0


@dataclass(frozen=True)
class Harm:
    """Something that callers notice: how much of it there is, how much `holds` allows, and a sentence."""

    amount: float
    allowed: float
    words: str

    @property
    def times(self) -> float:
        """The amount as a multiple of what is allowed; more than 1 is too much."""
        return multiple(self.amount, self.allowed)


def verdict(
    result: Result, limit: CutLimit = CUT_LIMIT, grace: float = 30.0, target: ScalableTarget | None = None
) -> Verdict:
    """The verdict on a result. What callers see counts: requests that are refused, expire or are cut off, and
    the overload of a real-time endpoint. An asynchronous one may queue, but has to work off its queue.

    `limit`: of what scale-in cuts off. `grace`: seconds that released instances were assumed to work on.
    `target`: what scaled the endpoint.
    """
    overload = breakdown(result)
    harms_by_name = harms(result, limit, grace)
    level = _level(result, harms_by_name)
    distance = sum(harm.times - 1 for harm in harms_by_name.values() if harm.times > 1)
    headline, cut = _headline(level, harms_by_name), harms_by_name["cut"].words
    findings = tuple(_findings(result, overload, "" if cut in headline else cut, target))
    per_day = cut_per_day(result)
    return Verdict(level, headline, _sentence(result), findings, overload, per_day, distance)


def harms(result: Result, limit: CutLimit, grace: float) -> dict[str, Harm]:
    """What callers notice, by name: lost, cut, behind and overload."""
    totals, number = result.totals, ended(result)
    gone, late, over = lost(result), behind(result), overload_share(result)
    few = max(HOLDS_LOST * number, 1.0)
    cut = f"scale-in cuts off {_part(totals.cut, number)} of the requests, {per_day(cut_per_day(result))} a day"
    harms_by_name = {
        "lost": Harm(gone, few, f"{_part(gone, number)} of the requests are lost, {gone:,} in all"),
        "cut": Harm(totals.cut, limit.requests(number, result.duration / DAY), f"{cut}, {_if_ended(grace)}"),
        "behind": Harm(late, few, f"{count(late, 'request')} waited when the traffic ended, in a queue that grew"),
    }
    if result.kind != "async":
        words = f"the demand is above the capacity for {share(over)} of the time"
        harms_by_name["overload"] = Harm(over, HOLDS_OVERLOAD, words)
    return harms_by_name


def multiple(amount: float, allowed: float) -> float:
    """An amount as a multiple of what is allowed; of nothing allowed, 1 more than the amount."""
    return amount / allowed if allowed else 1.0 + amount if amount else 0.0


def cuts_too_many(result: Result, limit: CutLimit) -> bool:
    """Whether scale-in cuts off more than the limit."""
    return result.totals.cut > limit.requests(ended(result), result.duration / DAY)


def losses(result: Result) -> dict[str, int]:
    """Requests that failed, by what became of them, in the words of people."""
    totals = result.totals
    numbers = {"refused": totals.refused, "expired": totals.expired, CUT_OFF: totals.cut}
    return {**numbers, "left in the queue": totals.unfinished} if result.kind == "async" else numbers


def lost(result: Result) -> int:
    """Requests that failed for want of capacity: refused, expired, or left in the queue."""
    return sum(losses(result).values()) - result.totals.cut


def ended(result: Result) -> int:
    """Requests that were served or failed. What a real-time endpoint has in flight at the end is neither; the
    queue of an asynchronous one was worked off, or else what is left is lost."""
    return result.totals.arrivals - (0 if result.kind == "async" else result.totals.unfinished)


def served_share(result: Result) -> float:
    """The share of the requests that were served, of those that ended; some did."""
    return result.totals.served / ended(result)


def behind(result: Result) -> int:
    """Requests that waited when the traffic ended, if the oldest had for longer than LONG_WAIT or half of the time,
    and the queue was no shorter than half of that wait ago: since then no more were started than came, so nothing
    says that the endpoint would keep up with traffic that goes on."""
    totals, line = result.totals, result.timeline
    if result.kind != "async" or totals.oldest_waiting <= min(LONG_WAIT, result.traffic_duration / 2):
        return 0
    then = int((result.traffic_duration - totals.oldest_waiting / 2) / line.step)
    return totals.still_waiting if totals.still_waiting >= line.waiting[then] else 0


def cut_per_day(result: Result) -> float:
    """Requests that were still open when their instance was taken away, per day."""
    return result.totals.cut / (result.duration / DAY)


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
    parts = {cause.value: seconds for cause, seconds in result.totals.overload.items()}
    overloaded = sum(1 for cause in causes(result.timeline) if cause)
    longest = len(longest_unasked(result.timeline))
    scaled = longest * result.totals.overload_seconds / overloaded if overloaded else 0.0
    return Overload(**parts, unasked_longest=min(scaled, parts[Cause.UNASKED]))


def _level(result: Result, harms: Mapping[str, Harm]) -> Level:
    over = {name: harm for name, harm in harms.items() if harm.times > 1}
    failed = sum(over[name].amount for name in ("lost", "cut", "behind") if name in over)
    if not over:
        return Level.HOLDS
    strained = failed <= STRAINED_FAILED * ended(result)
    if strained and ("overload" not in over or over["overload"].amount <= STRAINED_OVERLOAD):
        return Level.STRAINED
    return Level.FAILS


def _headline(level: Level, harms: Mapping[str, Harm]) -> str:
    """The level with the largest harm: that to most requests; overload if too few fail to matter."""
    over = {name: harm for name, harm in harms.items() if harm.times > 1}
    to_requests = [harm for name, harm in (over or harms).items() if name != "overload" and harm.amount]
    if not over:
        harm = max(to_requests, key=lambda harm: harm.amount, default=None)
        return f"It holds, but {harm.words}." if harm else "It holds."
    harm = max(to_requests or over.values(), key=lambda harm: harm.amount)
    return f"It {level.words}: {harm.words}."


def _part(number: float, whole: int) -> str:
    return share(number / whole if whole else 0.0)


def _if_ended(grace: float) -> str:
    """The assumption on which it hangs what is cut off."""
    if grace == math.inf:
        return "if SageMaker lets requests end before it removes their instance (an assumption)"
    return f"if SageMaker ends them {duration(grace)} after it removes their instance (an assumption)"


def _sentence(result: Result) -> str:
    totals = result.totals
    if not totals.arrivals:
        return "Nothing arrived."
    if not ended(result):
        return f"{count(totals.arrivals, 'request')} came, and none ended."
    gone = lost(result)
    answered = f"{share(served_share(result))} of {count(ended(result), 'request')} served"
    if gone:
        answered += f", {gone:,} lost"
    if totals.cut:
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


def _findings(result: Result, overload: Overload, cut: str, target: ScalableTarget | None) -> Iterator[str]:
    """What else is to be said. `cut`: what scale-in cuts off, empty where the headline says it."""
    totals, line = result.totals, result.timeline
    if result.kind != "async" and totals.overload_seconds:
        causes = [
            (overload.unasked, "before the policies scaled out"),
            (overload.starting, "while instances were starting"),
            (overload.short, "while instances were not available"),
            (overload.at_max, f"at the maximum of {count(max(line.maximum, default=0), 'instance')}"),
        ]
        shares = [f"{duration(seconds)} {cause}" for seconds, cause in causes if seconds >= 1]
        if shares:
            yield f"Overload: {', '.join(shares)}."
    if overload.unasked_longest >= 900:
        yield (
            f"It was overloaded for about {duration(overload.unasked_longest)} without a break, and no "
            f"policy scaled out: {why_unasked(result, target)}."
        )
    if totals.expired:
        yield f"{count(totals.expired, 'request')} expired in the queue."
    if totals.cut and cut:
        yield f"{cut[0].upper()}{cut[1:]}."
    if result.kind != "async" and totals.unfinished:
        yield f"{_were(totals.unfinished)} still in flight or waiting at the end."
    if result.kind == "async":
        yield from _queue(result)
        empty = sum(1 for row in range(len(line)) if line.desired[row] == 0) / max(len(line), 1)
        if empty:
            yield f"It was at zero instances for {share(empty)} of the time."
    elif not totals.scale_outs and totals.overload_seconds:
        yield "It never scaled out."
    if often := flapping(result):
        yield f"It changed direction {often:.0f} times a day: it flaps."


def _queue(result: Result) -> Iterator[str]:
    """What was left of the traffic when it ended, and how long that took."""
    totals, more = result.totals, duration(result.duration - result.traffic_duration)
    if totals.still_waiting:
        queue = f"When the traffic ended, {count(totals.still_waiting, 'request')} waited, the oldest for"
        grew = ", and the queue was not getting shorter: the endpoint does not keep up" if behind(result) else ""
        yield f"{queue} {duration(totals.oldest_waiting)}{grew}."
    if totals.unfinished:
        yield f"{_were(totals.unfinished)} left when the simulation ended, {more} after the traffic."
    elif totals.still_waiting:
        yield f"The last request was processed {more} after the traffic ended."


def _were(requests: int) -> str:
    return f"{count(requests, 'request')} {'was' if requests == 1 else 'were'}"
