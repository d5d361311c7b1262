"""Searches for the highest level that holds: doubles until one fails, narrows in, and repeats it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from scaleproof.errors import ScaleproofError
from scaleproof.measuring.levels import SLOW, Hold, Load, LoadLevel, judge, typical_latency
from scaleproof.measuring.measurement import Answer, Measurement, measurement
from scaleproof.measuring.objective import Objective


@dataclass(frozen=True)
class SearchPlan:
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


_PLAN = SearchPlan()


def search(
    load: Load,
    objective: Objective,
    plan: SearchPlan = _PLAN,
    progress: Callable[[LoadLevel], None] = lambda _: None,
) -> Measurement:
    """Finds the last level that holds the objective; `progress` gets a level each time it was looked at.

    Raises ScaleproofError where the replies have nothing of what the objective judges, as a lag of requests
    that are no streams, and where none ends. What `load` raises passes through.
    """
    run = _Search(load, objective, plan, progress)
    answer = Answer.UNFINISHED
    with suppress(_TimeUpError):
        answer = run.last_level()
        run.bracket()
    return measurement(objective, answer, run.last, run.levels.values(), run.spent)


class _TimeUpError(Exception):
    """The budget does not last for the next hold."""


class _Search:
    """A search under way.

    `levels` are those that were looked at. `last`: the last level that held, as far as known; 0 for none.
    `spent`: how long all holds took, in seconds.
    """

    def __init__(
        self, load: Load, objective: Objective, plan: SearchPlan, progress: Callable[[LoadLevel], None]
    ) -> None:
        self.load, self.objective, self.plan, self.progress = load, objective, plan, progress
        self.levels: dict[int, LoadLevel] = {}
        self.last, self.spent = 0, 0.0
        self._holds: dict[int, list[Hold]] = {}
        self._typical = 0.0
        """How long a request takes, in seconds, as far as known."""

    def last_level(self) -> Answer:
        """Finds the last level that holds."""
        failed = self._climb()
        while self.last:
            while failed is not None and failed - self.last > 1:
                middle = (self.last + failed) // 2
                if self._holds_up(middle):
                    self.last = middle
                else:
                    failed = middle
            if self._confirmed(self.last):
                return Answer.BEYOND if failed is None else Answer.FOUND
            failed = self.last
            self.last = max((n for n, level in self.levels.items() if level.held), default=0)
        return Answer.NEVER

    def bracket(self) -> None:
        """Looks for the next levels that hold below what was found, and fail above it, without doubt."""
        lower, step = self.last, 1
        while lower > step and not any(level.held and level.sure for level in self._from(lower)):
            lower, step = lower - step, 2 * step
            self._holds_up(lower)
        upper, step = self.last + 1, 1
        # Nothing beyond a level that failed requests, or that the generator could not serve.
        while (
            self.last
            and upper < self.plan.most
            and not any(level.sure or level.late or level.errors for level in self._from(self.last + 1))
        ):
            upper, step = min(upper + step, self.plan.most), 2 * step
            self._holds_up(upper)

    def _from(self, lowest: int) -> list[LoadLevel]:
        return [level for level in self.levels.values() if level.concurrency >= lowest]

    def _climb(self) -> int | None:
        """Doubles until a level fails; this level, None where none does."""
        level = 1
        while self._holds_up(level, brief=True):
            self.last = level
            if level == self.plan.most:
                return None
            level = min(2 * level, self.plan.most)
        return level

    def _holds_up(self, concurrency: int, *, brief: bool = False) -> bool:
        """Whether a level holds: looks at it until there is no doubt, or `longest` is up.

        `brief`: that it seems to hold is enough, since a higher level follows and this one is repeated later.
        """
        level = self.levels.get(concurrency)
        seen = level.seconds if level else 0.0
        while level is None or not (level.sure or (brief and level.held) or level.late or seen >= self.plan.longest):
            more = min(max(seen, self.plan.hold), self.plan.longest - seen)
            self._hold(concurrency, more)
            level = self._judge(concurrency)
            # A load that ends a hold early must not be asked for ever.
            seen = max(level.seconds, seen + more)
        return level.held

    def _confirmed(self, concurrency: int) -> bool:
        """Whether a level holds once more, alone and together with what was seen of it."""
        before = self._holds.pop(concurrency)
        self._hold(concurrency, self.plan.hold)
        alone = judge(concurrency, self._holds[concurrency], self.plan.warm_up, self.objective)
        if alone.held or not alone.sure:
            self._holds[concurrency] = before + self._holds[concurrency]
        self._judge(concurrency)
        return self._holds_up(concurrency)

    def _hold(self, concurrency: int, seconds: float) -> None:
        # A hold that is shorter than a few requests says little of them.
        duration = self.plan.warm_up + max(seconds, SLOW * self._typical)
        if self.spent + duration > self.plan.budget:
            raise _TimeUpError
        hold = self.load.hold(concurrency, duration)
        self.spent += hold.seconds
        self._holds.setdefault(concurrency, []).append(hold)
        self._typical = max(self._typical, typical_latency(hold))

    def _judge(self, concurrency: int) -> LoadLevel:
        level = judge(concurrency, self._holds[concurrency], self.plan.warm_up, self.objective)
        # Where a lower level held, one that ends no request in this time does not hold.
        if not self.last and level.value is None and not level.sure and level.seconds >= self.plan.longest:
            raise ScaleproofError(
                f"At {concurrency} in flight, no request both began and ended in time within {level.seconds:g} s.",
                advice="Use shorter requests, or raise --hold and --longest.",
            )
        self.levels[concurrency] = level
        self.progress(level)
        return level
