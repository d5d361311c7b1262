"""Searches the last level that holds: doubles until one fails, narrows in, and repeats what it found."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from scaleproof.errors import ScaleproofError
from scaleproof.measuring.finding import Answer, Finding, Judged
from scaleproof.measuring.judging import SLOW, Tried
from scaleproof.measuring.levels import Load
from scaleproof.measuring.objective import Objective


@dataclass(frozen=True)
class Plan:
    """How far and how long a search goes. Times are in seconds.

    Attributes:
        most: The highest level that is tried.
        warm_up: The beginning of each hold, which is not judged.
        hold: What is judged of a level before the first look at it. Each further look takes twice as much.
        longest: The most that is judged of one level before it is decided.
        budget: The most that all holds take together.
    """

    most: int = 1000
    warm_up: float = 5.0
    hold: float = 20.0
    longest: float = 320.0
    budget: float = 3600.0


Progress = Callable[[Judged], None]
"""Called with a level each time it has been looked at."""
_PLAN = Plan()


def search(
    load: Load, objective: Objective, plan: Plan = _PLAN, progress: Progress = lambda _: None
) -> Finding:
    """Finds the last level that holds the objective.

    Raises ScaleproofError where the replies have nothing of what the objective judges, as a lag of requests
    that are no streams, and where none ends. What `load` raises passes through.
    """
    run = _Search(load, objective, plan, progress)
    try:
        answer = run.run()
    except _TimeUpError:
        answer = Answer.UNFINISHED
    else:
        with suppress(_TimeUpError):
            run.bracket()
    found = run.low
    levels = tuple(run.levels[concurrency] for concurrency in sorted(run.levels))
    low = max((one.concurrency for one in levels if one.held and one.sure), default=0)
    failed = min((one.concurrency for one in levels if not one.held and one.sure), default=None)
    return Finding(
        objective=objective,
        answer=answer,
        max_concurrency=found or None,
        low=min(low, found),
        high=None if failed is None else max(failed - 1, found),
        levels=levels,
        seconds=run.spent,
    )


class _TimeUpError(Exception):
    """The budget does not last for the next hold."""


class _Search:
    """A search under way."""

    def __init__(self, load: Load, objective: Objective, plan: Plan, progress: Progress) -> None:
        self.load, self.objective, self.plan, self.progress = load, objective, plan, progress
        self.levels: dict[int, Judged] = {}
        self.spent = 0.0
        self.low = 0
        """The last level that held, as far as known; 0 for none."""
        self._tried: dict[int, Tried] = {}
        self._typical = 0.0
        """How long a request takes, in seconds, as far as known."""

    def run(self) -> Answer:
        """Finds the last level that holds."""
        high = self._climb()
        while self.low:
            while high is not None and high - self.low > 1:
                middle = (self.low + high) // 2
                if self._decide(middle):
                    self.low = middle
                else:
                    high = middle
            if self._confirm(self.low):
                return Answer.BEYOND if high is None else Answer.FOUND
            high = self.low
            below = (level for level, judged in self.levels.items() if judged.held and level < high)
            self.low = max(below, default=0)
        return Answer.NEVER

    def bracket(self) -> None:
        """Looks for the next levels that hold below what was found, and fail above it, without doubt."""
        lower, step = self.low, 1
        while lower > 0 and not any(one.held and one.sure for one in self._from(lower)):
            lower, step = lower - step, 2 * step
            if lower > 0:
                self._decide(lower)
        upper, step = self.low + 1, 1
        # Nothing beyond a level that failed requests, or that the generator could not serve.
        while (
            self.low
            and upper < self.plan.most
            and not any(one.sure or one.late or one.errors for one in self._from(self.low + 1))
        ):
            upper, step = min(upper + step, self.plan.most), 2 * step
            self._decide(upper)

    def _from(self, lowest: int) -> list[Judged]:
        return [one for one in self.levels.values() if one.concurrency >= lowest]

    def _climb(self) -> int | None:
        """Doubles until a level fails; this level, None where none does."""
        level = 1
        while self._decide(level, brief=True):
            self.low = level
            if level == self.plan.most:
                return None
            level = min(2 * level, self.plan.most)
        return level

    def _decide(self, level: int, *, brief: bool = False) -> bool:
        """Whether a level holds: looks at it until there is no doubt, or `longest` is up.

        `brief`: that it seems to hold is enough, since a higher level follows and this one is repeated later.
        """
        judged, seen = self.levels.get(level), self._tried.get(level, Tried()).seconds
        while judged is None or not (
            judged.sure or (brief and judged.held) or judged.late or seen >= self.plan.longest
        ):
            more = min(max(seen, self.plan.hold), self.plan.longest - seen)
            self._hold(level, more)
            judged = self._judge(level)
            # A load that ends a hold early must not be asked for ever.
            seen = max(self._tried[level].seconds, seen + more)
        return judged.held

    def _confirm(self, level: int) -> bool:
        """Whether a level holds once more, alone and together with what was seen of it."""
        before = self._tried.pop(level)
        self._hold(level, self.plan.hold)
        alone = self._tried[level]
        if self._judge(level, quiet=True).held or not self.levels[level].sure:
            self._tried[level] = before.and_then(alone)
        self._judge(level)
        return self._decide(level)

    def _hold(self, level: int, seconds: float) -> None:
        # A hold that is shorter than a few requests says little of them.
        asked = self.plan.warm_up + max(seconds, SLOW * self._typical)
        if self.spent + asked > self.plan.budget:
            raise _TimeUpError
        given = self.load.hold(level, asked)
        self.spent += given.seconds
        tried = self._tried.setdefault(level, Tried())
        tried.add(given, self.plan.warm_up, self.objective)
        self._typical = max(self._typical, tried.typical)

    def _judge(self, level: int, *, quiet: bool = False) -> Judged:
        tried = self._tried[level]
        found = tried.judged(level, self.objective)
        # Where a lower level held, one that ends no request in this time does not hold.
        if not (self.low or tried.values or found.sure) and tried.seconds >= self.plan.longest:
            raise ScaleproofError(
                f"At {level} in flight, no request both began and ended in time within {tried.seconds:g} s.",
                advice="Use shorter requests, or judge each level for longer.",
            )
        self.levels[level] = found
        if not quiet:
            self.progress(found)
        return found
