"""Searches the last level that holds: doubles until one fails, narrows in, and repeats what it found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from statistics import median

from scaleproof.errors import ScaleproofError
from scaleproof.measuring import estimates
from scaleproof.measuring.finding import Answer, Estimate, Finding, Judged
from scaleproof.measuring.levels import Load
from scaleproof.measuring.objective import Objective

LATE = 0.1
"""By what share of the limit a generator may be late before a level's failure may be its own."""


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
        answer, found = run.run()
    except _TimeUpError:
        held = [one.concurrency for one in run.levels.values() if one.held]
        answer, found = Answer.UNFINISHED, max(held, default=None)
    else:
        with suppress(_TimeUpError):
            run.bracket(found or 0)
    levels = tuple(run.levels[concurrency] for concurrency in sorted(run.levels))
    low = max((one.concurrency for one in levels if one.held and one.sure), default=0)
    failed = min((one.concurrency for one in levels if not one.held and one.sure), default=None)
    return Finding(
        objective=objective,
        answer=answer,
        max_concurrency=found,
        low=min(low, found or 0),
        high=None if failed is None else max(failed - 1, found or 0),
        levels=levels,
        seconds=run.spent,
    )


class _TimeUpError(Exception):
    """The budget does not last for the next hold."""


@dataclass
class _Tried:
    """Everything that one level gave, in the order in which it came. `seconds` without the warm-ups."""

    seconds: float = 0.0
    succeeded: int = 0
    values: list[float] = field(default_factory=list)
    failed: list[bool] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    generator_lag: float = 0.0


def _median(values: list[float]) -> list[float]:
    return [median(values)] if values else []


class _Search:
    """A search under way."""

    def __init__(self, load: Load, objective: Objective, plan: Plan, progress: Progress) -> None:
        self.load, self.objective, self.plan, self.progress = load, objective, plan, progress
        self.levels: dict[int, Judged] = {}
        self.spent = 0.0
        self._tried: dict[int, _Tried] = {}
        self._typical = 0.0
        """How long a request takes, in seconds, as far as known."""

    def run(self) -> tuple[Answer, int | None]:
        """The answer, and the last level that held."""
        low, high = self._climb()
        while low:
            while high is not None and high - low > 1:
                middle = (low + high) // 2
                if self._decide(middle):
                    low = middle
                else:
                    high = middle
            if self._confirm(low):
                return (Answer.BEYOND if high is None else Answer.FOUND), low
            high = low
            below = (level for level, judged in self.levels.items() if judged.held and level < low)
            low = max(below, default=0)
        return Answer.NEVER, None

    def bracket(self, found: int) -> None:
        """Looks for the next levels below `found` that hold, and above it that fail, without doubt."""
        lower, step = found, 1
        while lower > 0 and not any(
            one.held and one.sure and level >= lower for level, one in self.levels.items()
        ):
            lower, step = lower - step, 2 * step
            if lower > 0:
                self._decide(lower)
        upper, step = found + 1, 1
        while upper < self.plan.most and not any(one.sure and not one.held for one in self.levels.values()):
            upper, step = min(upper + step, self.plan.most), 2 * step
            self._decide(upper)

    def _climb(self) -> tuple[int, int | None]:
        """Doubles until a level fails: the last that held (0 for none), and the one that failed, if any."""
        low, level = 0, 1
        while self._decide(level, brief=True):
            low = level
            if level == self.plan.most:
                return low, None
            level = min(2 * level, self.plan.most)
        return low, level

    def _decide(self, level: int, *, brief: bool = False) -> bool:
        """Whether a level holds: looks at it until there is no doubt, or `longest` is up.

        `brief`: that it seems to hold is enough, since a higher level follows and this one is repeated later.
        """
        seen = self._tried.get(level, _Tried()).seconds
        while True:
            self._hold(level, min(max(seen, self.plan.hold), self.plan.longest - seen))
            judged = self._judge(level)
            seen = self._tried[level].seconds
            if judged.sure or (brief and judged.held) or judged.late or seen >= self.plan.longest * 0.999:
                return judged.held

    def _confirm(self, level: int) -> bool:
        """Whether a level holds once more, alone and together with what was seen of it."""
        before = self._tried.pop(level)
        self._hold(level, self.plan.hold)
        alone = self._tried[level]
        if self._judge(level, quiet=True).held or not self.levels[level].sure:
            self._tried[level] = _Tried(
                before.seconds + alone.seconds,
                before.succeeded + alone.succeeded,
                before.values + alone.values,
                before.failed + alone.failed,
                before.errors + alone.errors,
                max(before.generator_lag, alone.generator_lag),
            )
        judged = self._judge(level)
        return judged.held if judged.sure or judged.seconds >= self.plan.longest else self._decide(level)

    def _hold(self, level: int, seconds: float) -> None:
        # Requests that are cut at the end of a hold say nothing: most have to begin and end within it.
        asked = self.plan.warm_up + max(seconds, 2 * self._typical)
        if self.spent + asked > self.plan.budget:
            raise _TimeUpError
        given = self.load.hold(level, asked)
        self._typical = max([self._typical, *_median([one.seconds for one in given.replies])])
        self.spent += given.seconds
        tried = self._tried.setdefault(level, _Tried())
        tried.seconds += max(given.seconds - self.plan.warm_up, 0.0)
        tried.generator_lag = max(tried.generator_lag, given.generator_lag)
        # Errors count from the first moment on: nobody waits for the warm-up to stop.
        tried.failed += [one.error is not None for one in given.replies]
        tried.errors.update(one.error for one in given.replies if one.error is not None)
        warm = [one for one in given.replies if one.started + one.seconds >= self.plan.warm_up]
        succeeded = sum(one.error is None for one in warm)
        values = self.objective.values(warm)
        if succeeded and not values:
            raise ScaleproofError(
                f"The replies have no {self.objective.measure}, which the objective judges.",
                advice="Choose another objective: latency is there for every request, first_chunk for every "
                "stream, and lag for streams that are sent at the pace of their audio.",
            )
        tried.succeeded += succeeded
        tried.values += values

    def _judge(self, level: int, *, quiet: bool = False) -> Judged:
        tried, limit = self._tried[level], self.objective.limit
        if not tried.failed and tried.seconds >= self.plan.longest * 0.999:
            raise ScaleproofError(
                f"No request ended within {self.plan.longest:g} s.",
                advice="Use shorter requests, or hold each level longer.",
            )
        estimate, errors = self._estimate(tried.values), estimates.proportion(tried.failed)
        enough = len(tried.values) >= estimates.FEWEST
        errs = errors.low > self.objective.errors
        held = estimate.value <= limit and not errors.value > self.objective.errors
        late = tried.generator_lag > LATE * limit
        sure = errs or (enough and (estimate.high <= limit if held else estimate.low > limit))
        found = Judged(
            concurrency=level,
            seconds=tried.seconds,
            replies=len(tried.failed),
            errors=dict(tried.errors),
            estimate=estimate,
            throughput=tried.succeeded / tried.seconds if tried.seconds else 0.0,
            held=held,
            sure=sure and (held or errs or not late),
            late=late,
            generator_lag=tried.generator_lag,
        )
        self.levels[level] = found
        if not quiet:
            self.progress(found)
        return found

    def _estimate(self, values: list[float]) -> Estimate:
        if self.objective.percentile is None:
            return estimates.mean(values)
        return estimates.percentile(values, self.objective.percentile)
