"""Judges one level by everything that it gave: which replies count, and whether the objective held."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from statistics import median

from scaleproof.errors import ScaleproofError
from scaleproof.measuring import estimates
from scaleproof.measuring.finding import Judged
from scaleproof.measuring.levels import Level
from scaleproof.measuring.objective import Objective

LATE = 0.1
"""By what share of the limit a generator may be late before a level's failure may be its own."""
SLOW = 3.0
"""The longest that a request is waited for at the end of a hold, in medians of all."""


@dataclass
class Tried:
    """What all holds of one level gave, in the order in which it came. Times are in seconds.

    Attributes:
        seconds: How long they lasted, without the warm-ups.
        succeeded: Requests that succeeded in that time.
        typical: The median of what a request takes, in the longest-lasting hold.
        values: What the objective judges.
        failed: Of every request, those of the warm-ups among them, whether it failed.
        errors: Requests that failed, by the error's code.
        generator_lag: The worst of the holds.
    """

    seconds: float = 0.0
    succeeded: int = 0
    typical: float = 0.0
    values: list[float] = field(default_factory=list)
    failed: list[bool] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    generator_lag: float = 0.0

    def add(self, level: Level, warm_up: float, objective: Objective) -> None:
        """Takes in one more hold. Raises ScaleproofError where replies have nothing of what is judged."""
        self.seconds += max(level.seconds - warm_up, 0.0)
        self.generator_lag = max(self.generator_lag, level.generator_lag)
        # Errors count from the first moment on: nobody waits for the warm-up to stop.
        self.failed += [one.error is not None for one in level.replies]
        self.errors.update(one.error for one in level.replies if one.error is not None)
        good = [one for one in level.replies if one.error is None]
        if not good:
            return
        self.succeeded += sum(warm_up <= one.started + one.seconds <= level.seconds for one in good)
        typical = median(one.seconds for one in good)
        self.typical = max(self.typical, typical)
        # What starts near the end may be cut short, and has ever less beside it: it would flatter the level.
        last = level.seconds - min(SLOW * typical, max(one.seconds for one in good))
        counted = [one for one in good if warm_up <= one.started <= last]
        values = objective.values(counted)
        if counted and not values:
            raise ScaleproofError(
                f"The replies have no {objective.measure}, which the objective judges.",
                advice="Choose another objective: latency is there for every request, first_chunk for every "
                "stream, and lag for streams that are sent at the pace of their audio.",
            )
        self.values += values

    def and_then(self, later: Tried) -> Tried:
        """This and what came later."""
        return Tried(
            self.seconds + later.seconds,
            self.succeeded + later.succeeded,
            max(self.typical, later.typical),
            self.values + later.values,
            self.failed + later.failed,
            self.errors + later.errors,
            max(self.generator_lag, later.generator_lag),
        )

    def judged(self, concurrency: int, objective: Objective) -> Judged:
        """Whether the level holds, and whether that is without doubt."""
        estimate = (
            estimates.mean(self.values)
            if objective.percentile is None
            else estimates.percentile(self.values, objective.percentile)
        )
        errors = estimates.proportion(self.failed)
        fails = errors.low > objective.errors
        held = estimate.value <= objective.limit and not errors.value > objective.errors
        clear = estimate.high <= objective.limit if held else estimate.low > objective.limit
        late = self.generator_lag > LATE * objective.limit
        return Judged(
            concurrency=concurrency,
            seconds=self.seconds,
            replies=len(self.failed),
            errors=dict(self.errors),
            estimate=estimate,
            throughput=self.succeeded / self.seconds if self.seconds else 0.0,
            held=held,
            # What a late generator saw fail may hold; what it saw hold does.
            sure=fails or (clear and (held or not late)),
            late=late,
            generator_lag=self.generator_lag,
        )
