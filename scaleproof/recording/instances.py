"""Counts the instances in service over time, from their metrics in CloudWatch.

No metric counts instances.
[count] https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-troubleshooting.html: the number of
samples of CPUUtilization in a minute is that of the active instances
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from scaleproof.recording.series import Series
from scaleproof.scaling.autoscaling import Activity, Status


@dataclass(frozen=True)
class Counts:
    """How many instances there were: `steps` of a time (epoch seconds) and the count from then on.

    `source`: how they were counted. `period`: seconds between two counts.
    """

    steps: tuple[tuple[float, int], ...]
    source: str
    period: float

    def at(self, time: float) -> int:
        """The count at a time; before the first step, the first count."""
        after = bisect_right(self.steps, time, key=lambda step: step[0])
        return self.steps[max(after - 1, 0)][1]


def by_samples(samples: Series, seconds: float, source: str, present: Iterable[int] = ()) -> Counts | None:
    """Counts from the number of samples, of which each instance sends one every `seconds`.

    `present`: periods in which the endpoint was there; one of these without a sample had no instance. None if
    there are none.
    """
    counts = {time: round(number * seconds / samples.period) for time, number in samples.values.items()}
    if not counts:
        return None
    missing = {time // samples.period * samples.period for time in present} - counts.keys()
    return _counts(counts | dict.fromkeys(missing, 0), source, samples.period)


def by_activities(activities: Iterable[Activity], initial: int) -> Counts | None:
    """Counts from scaling activities, each from when it reached its own on; `initial` before the first.

    None if there are none.
    """
    reached = {
        activity.end: activity.desired
        for activity in activities
        if activity.status is Status.SUCCESSFUL and activity.end is not None and activity.desired is not None
    }
    return _counts({0.0: initial, **reached}, "scaling activities", 0.0) if reached else None


def constant(count: int) -> Counts:
    """A count that nothing changes."""
    return Counts(((0.0, count),), "DescribeEndpoint", 0.0)


def _counts(counts: Mapping[float, int] | Mapping[int, int], source: str, period: float) -> Counts:
    steps: list[tuple[float, int]] = []
    for time, count in sorted(counts.items()):
        if not steps or steps[-1][1] != count:
            steps.append((time, count))
    return Counts(tuple(steps), source, period)
