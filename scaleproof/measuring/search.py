"""Searches the last level that holds: doubles until one fails, narrows in, and repeats what it found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from scaleproof.measuring.finding import Finding, Judged
from scaleproof.measuring.levels import Load
from scaleproof.measuring.objective import Objective


@dataclass(frozen=True)
class Plan:
    """How far and how long a search goes. Times are in seconds.

    Attributes:
        most: The highest level that is tried.
        warm_up: The beginning of each hold, which is not judged.
        hold: What is judged of a level before the first look at it. Each further look takes twice as much.
        longest: The most that is judged of one level.
        budget: The most that all holds take together.
    """

    most: int = 1000
    warm_up: float = 5.0
    hold: float = 20.0
    longest: float = 320.0
    budget: float = 3600.0


Progress = Callable[[Judged], None]
"""Called with a level each time it has been looked at."""


def search(
    load: Load, objective: Objective, plan: Plan = Plan(), progress: Progress = lambda _: None
) -> Finding:
    """Finds the last level that holds the objective.

    Raises ScaleproofError where the replies have nothing of what the objective judges, as a lag of requests
    that are no streams. What `load` raises passes through.
    """
    raise NotImplementedError
